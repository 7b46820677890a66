from collections.abc import Callable
from typing import final

from ptcpdump.sinks.sink import Sink

@final
class ForeignSink(Sink):
    """A sink of another package; blame(error) is raised in place of what it raises."""

    def __init__(self, sink: Sink, blame: Callable[[BaseException], BaseException]) -> None: ...
