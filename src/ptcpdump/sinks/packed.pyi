from ptcpdump.sinks.output import Output

class PackedOutput(Output):
    """An output that is compressed on its way to another one."""
