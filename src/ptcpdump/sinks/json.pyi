from collections.abc import Callable

from ptcpdump.context.model import Context
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.sink import Sink

class JsonSink(Sink):
    """Writes a line of JSON per packet; ValueError for an unknown -T name."""

    output: Output

    def __init__(self, output: Output, options: TextOptions, chosen: Callable[[Context], Context]) -> None: ...
