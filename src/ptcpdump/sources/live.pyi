"""The live source: records of the kernel's buffers become packets with their owner's text."""

from collections.abc import Callable
from typing import final

from ptcpdump.context.model import Context
from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.text_cache import ContextCache
from ptcpdump.kernel.bindings.lanes import Lanes
from ptcpdump.kernel.bindings.ring import Ring
from ptcpdump.sinks.sink import Sink

@final
class LiveSource:
    """Reads packets and process events of one run and hands the packets to a sink.

    resolve(pid, tid, start, uid, cgroup, found, comm, time) gives (Context, since, until, key of its
    process), times in CLOCK_MONOTONIC ns;
    unknown_interface(netns, ifindex) enrolls an interface that has no row. limit: stop after so many packets, 0: never.
    """

    captured: int

    def __init__(
        self,
        sink: Sink,
        cache: ContextCache,
        processes: ProcessTable,
        resolve: Callable[..., tuple[Context, int, int, tuple[int, int]]],
        unknown_interface: Callable[[int, int], None],
        limit: int = 0,
    ) -> None: ...
    def read_rings(self, packets: Ring, events: Ring) -> None:
        """Take records from ring buffers."""

    def read_lanes(self, lanes: Lanes) -> None:
        """Take packets from each CPU's own buffer; their ring, which read_rings() was told of, only wakes us."""

    def read_perf(self, packets_fd: int, events_fd: int, pages: int) -> None:
        """Take records from perf buffers of `pages` pages a CPU (a power of two)."""

    @property
    def lost_perf(self) -> int:
        """Packets lost in perf buffers."""

    def filenos(self) -> list[int]:
        """Descriptors to poll(2): readable when there is something to consume."""

    @property
    def done(self) -> bool:
        """Whether the limit is reached."""

    def consume(self, *, ended: bool = False) -> int:
        """Hand over the packets that are there; returns how many (call again until 0).

        ended: no new ones will come; without it the last millisecond may be left for the next call.
        """

    def add_interface(self, netns: int, ifindex: int, number: int, linktype: int) -> None:
        """Packets of this interface belong to row `number` of the run's interface table from now on."""

    def interface_packets(self, netns: int, ifindex: int) -> int:
        """Packets handed over of this interface."""

    def forget_all(self) -> None:
        """Look all owners up anew: more is known of some."""
