from ptcpdump.sinks.output import Output
from ptcpdump.sinks.sink import Sink

class SavefileSink(Sink):
    """Base of the savefile writers."""

    output: Output
