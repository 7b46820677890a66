from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.sink import Sink

class TextSink(Sink):
    """Writes a line (or more) per packet; ValueError for an unknown -T name."""

    output: Output

    def __init__(self, output: Output, options: TextOptions | None = None) -> None: ...
