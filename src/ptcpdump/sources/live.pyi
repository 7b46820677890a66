"""The live source: records of the kernel's buffers become packets."""

from collections.abc import Callable
from typing import final

from ptcpdump.kernel.bindings.lanes import Lanes
from ptcpdump.kernel.bindings.ring import Ring
from ptcpdump.sources.interface_rows import InterfaceRows
from ptcpdump.sources.source import Source

@final
class LiveSource(Source):
    """Packets of one run, as the kernel's programs have recorded them.

    rows: where the interfaces stand; for a packet of one that it lacks, unknown(netns, ifindex) has to put it there.
    process_event(bytes) is called with each event of a process (struct process_event of kernel/bpf/record.h).
    """

    waiting: Callable[[float | None], bool] | None
    find_owner: Callable[[bytes, bool, bool], bytes | None] | None

    def __init__(
        self, rows: InterfaceRows, unknown: Callable[[int, int], object], process_event: Callable[[bytes], object]
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

    @property
    def busy(self) -> bool:
        """Whether the last look has found packets."""

    @property
    def drained(self) -> int:
        """All packets that were recorded before this time (CLOCK_MONOTONIC ns) have been handed out."""

    def filenos(self) -> list[int]:
        """Descriptors to poll(2): readable when there is something to take."""

    def end(self) -> None:
        """No new records will come: what is there is handed out to the last, then it is finished."""
