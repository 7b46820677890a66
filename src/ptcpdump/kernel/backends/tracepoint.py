"""The ``tp-btf`` backend: tracepoints that every packet of every device of every network namespace passes.

Packets that go out are seen before queueing, packets that come in before any handler of theirs. Devices that share the
packets of another one (VLAN, macvlan, bond) are given them past the tracepoint (see kernel.backends.limits).
"""

from functools import cached_property

from ptcpdump.errors import FilterError
from ptcpdump.filters.tracepoint import TracepointHook
from ptcpdump.kernel.backends.base import Expression
from ptcpdump.kernel.backends.watched import WatchingBackend
from ptcpdump.kernel.bindings import rawprog
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.bindings.maps import write_map
from ptcpdump.kernel.bindings.object import Link
from ptcpdump.kernel.bindings.structs import u32
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.kernel.loading.probes import tracepoints_read_all
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import ETHERNET, RAW
from ptcpdump.records import replace

_TRACING = 26           # BPF_PROG_TYPE_TRACING
_TRACE_RAW_TP = 23      # BPF_TRACE_RAW_TP
# program, tracepoint, map of the filters
_WAYS = (("tracepoint_ingress", "netif_receive_skb", "filters_in"),
         ("tracepoint_egress", "net_dev_queue", "filters_out"))


class TracepointBackend(WatchingBackend):
    """Programs at the two tracepoints."""

    def __init__(self, loaded: Loaded, expression: Expression, direction: str) -> None:
        super().__init__(loaded, expression, direction)
        self._links: list[Link] = []

    def close(self) -> None:
        """Detach the programs and free the filters."""
        for link in self._links:
            link.close()
        self._links.clear()
        self._filters.close()

    def _open(self, interface: Interface) -> None:
        for egress in self._directions:
            program, tracepoint, filters = _WAYS[egress]
            if self._expression.text:
                self._fill(interface, egress, f"{program}_filtered", tracepoint, filters)
            self._links.append(self._loaded.object.attach(program))

    def _fill(self, interface: Interface, egress: bool, capture: str, tracepoint: str, filters: str) -> None:
        """Load the filters for devices with and without link header; one that can't match is left out."""
        ethernet = interface if interface.linktype == ETHERNET else replace(
            interface, name="lo", linktype=ETHERNET)
        for number, seen in enumerate((ethernet, replace(interface, linktype=RAW))):
            try:
                program = self._expression.compile(seen)
            except FilterError:
                if number == 0 or interface.linktype == RAW:
                    raise
                continue    # `vlan`, for instance: no packet without link header has what it asks for
            hook = TracepointHook(self._types, "out" if egress else "in", link_header=number == 0,
                                  reads_all=tracepoints_read_all())
            loaded = self._filters.load(
                program, hook, self._loaded.object.program_fd(capture), _TRACING, attach_type=_TRACE_RAW_TP,
                attach_btf_id=rawprog.tracepoint_btf_id(tracepoint))
            write_map(self._loaded.object.map_fd(filters), u32(number), u32(loaded))

    @cached_property
    def _types(self) -> Types:
        return Types()
