from collections.abc import Callable
from typing import final

from ptcpdump.context.stage import ContextStage
from ptcpdump.filters.packet_filter import PacketFilter
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.sink import Sink
from ptcpdump.sources.source import Source

@final
class Driver:
    """Pulls packets from a source and hands those that are wanted to a sink: source → filter → context → sink."""

    source: Source
    sink: Sink
    filter: PacketFilter | None
    read: int
    matched: int
    passed: int
    undirected: int
    refused: bool

    def __init__(
        self,
        source: Source,
        sink: Sink,
        contexts: ContextStage,
        table: InterfaceTable,
        *,
        filter: PacketFilter | None = None,
        directions: int = 0,
        by_owner: bool = False,
        skip: int = 0,
        limit: int = 0,
    ) -> None: ...
    @property
    def full(self) -> bool:
        """Whether as many packets as wanted have been handed over."""

    @property
    def done(self) -> bool:
        """Whether no packet will be handed over any more."""

    def step(self, most: int = 0) -> int:
        """Hand over what is there now; returns how many packets."""

    @property
    def held(self) -> bool:
        """Whether leave() was called, and the sink has not come back yet from the packet that it was at."""

    def leave(self) -> None:
        """End the step that is going on behind the packet that it is at; for signal handlers."""

    def wait(self, stopped: Callable[[], bool] | None = None, seconds: float | None = None) -> None:
        """Wait until another step is worth it, `stopped` says so, or the time is over."""

    def run(self, stopped: Callable[[], bool] | None = None) -> None:
        """Hand over packets until the source ends, the limit is reached, or `stopped` says so."""
