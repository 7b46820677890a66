from collections.abc import Callable, Sequence
from typing import Any

from ptcpdump.context.model import Context
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.sink import Sink

class BatchSink(Sink):
    """Gathers packets as columns, and hands over a batch of them at a time; ValueError for an unknown -T name."""

    def __init__(
        self,
        options: TextOptions,
        chosen: Callable[[Context], Context],
        give: Callable[[Any, Sequence[Context | None], int], float],
        finish: Callable[[], None],
        *,
        span: int,
        begin: Callable[[], float] | None = None,
        lent: bool = False,
    ) -> None: ...
