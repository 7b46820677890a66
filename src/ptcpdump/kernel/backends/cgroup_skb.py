"""The ``cgroup-skb`` backend: packets as sockets send and get them, at the root of cgroup v2.

It sees the sockets of all network namespaces. A packet begins with its IP header, so there are no MAC addresses and no
VLAN tags, and what no socket takes part in (forwarded packets, ARP) is not seen. One that comes in for several sockets
is seen for each of them.
"""

import os
from collections.abc import Iterable

from ptcpdump.errors import FilterError, UnsupportedError
from ptcpdump.filters import hooks
from ptcpdump.kernel.backends.base import Expression
from ptcpdump.kernel.backends.watched import WatchingBackend
from ptcpdump.kernel.bindings import rawprog
from ptcpdump.kernel.loading import cgroup
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.kernel.traits import CGROUP_SKB
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import ETHERNET
from ptcpdump.records import replace

_CGROUP_SKB = 8         # BPF_PROG_TYPE_CGROUP_SKB
_ATTACH_TYPE = (0, 1)   # BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS


class CgroupBackend(WatchingBackend):
    """Programs at the root of cgroup v2."""

    def __init__(self, loaded: Loaded, expression: Expression, direction: str) -> None:
        super().__init__(loaded, expression, direction)
        self._programs: dict[bool, int] = {}    # by direction: True is egress
        self._links: dict[bool, int] = {}

    def look_around(self, run_inside: object) -> list[str]:
        """Attach again what somebody has detached (bpftool link detach), and say so."""
        lost = [egress for egress, link in self._links.items() if cgroup.is_detached(link)]
        if not lost:
            return []
        try:
            self._attach(lost)
        except (OSError, UnsupportedError):
            return []       # the next look tries it anew
        return ["somebody has detached our programs from the root of the control groups, so that packets were missed; "
                "they are there again"]

    def close(self) -> None:
        """Detach the programs and free the filters."""
        while self._links:
            os.close(self._links.popitem()[1])
        self._filters.close()

    def _open(self, interface: Interface) -> None:
        self._programs = {egress: self._program(interface, egress) for egress in self._directions}
        self._attach(self._programs)

    def _attach(self, wanted: Iterable[bool]) -> None:
        root = cgroup.open_root()
        try:
            for egress in wanted:
                link = rawprog.attach_link(self._programs[egress], root, _ATTACH_TYPE[egress])
                if egress in self._links:
                    os.close(self._links[egress])
                self._links[egress] = link
        finally:
            os.close(root)

    def _program(self, interface: Interface, egress: bool) -> int:
        capture = self._loaded.object.program_fd("cgroup_egress" if egress else "cgroup_ingress")
        if not self._expression.text:
            return capture
        try:
            program = self._expression.compile(CGROUP_SKB.as_seen(interface))
        except FilterError as error:
            self._expression.compile(replace(interface, linktype=ETHERNET))    # not to be had at all?
            raise UnsupportedError(f"--backend cgroup-skb sees packets from their IP header on, so it can't tell "
                                   f"\"{self._expression.text}\": {error}; use --backend tc or tp-btf") from error
        return self._filters.load(program, hooks.cgroup_skb("out" if egress else "in"), capture, _CGROUP_SKB,
                                  attach_type=_ATTACH_TYPE[egress])
