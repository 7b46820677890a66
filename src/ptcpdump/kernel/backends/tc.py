"""The ``tc`` backend: a program at ingress and egress of each interface, through tcx or, before 6.6, clsact."""

import errno
import os

from ptcpdump.errors import FilterError, InterfaceError, UnsupportedError
from ptcpdump.filters import hooks
from ptcpdump.kernel.backends.base import Expression, FilterPrograms, directions
from ptcpdump.kernel.bindings.object import ClsactFilter, Link, attach_tcx
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import ETHERNET, RAW

# What a kernel without tcx says (bpf_link_create: unknown attach type).
_NO_TCX = {errno.EINVAL, errno.EOPNOTSUPP}
_SCHED_CLS = 3          # BPF_PROG_TYPE_SCHED_CLS


class TcBackend:
    """The programs of one run and their links on interfaces.

    Everything is detached by close(); with tcx the kernel also does it when the process dies.
    """

    def __init__(self, loaded: Loaded, expression: Expression, direction: str) -> None:
        self._loaded = loaded
        self._expression = expression
        self._directions = directions(direction)
        self._programs: dict[tuple[int, bool], int | None] = {}
        self._filters = FilterPrograms()
        self._links: dict[tuple[int, int], list[Link | ClsactFilter]] = {}
        self._tcx = True

    def attach(self, interface: Interface) -> None:
        """Attach to an interface of the current network namespace.

        Raises InterfaceError when it is gone, FilterError, and UnsupportedError when the kernel can't.
        """
        key = (interface.netns, interface.index)
        if key in self._links:
            return
        links = self._links[key] = []
        try:
            for egress in self._directions:
                program = self._program(interface, egress)
                if program is not None:
                    links.append(self._link(program, interface.index, egress))
        except OSError as error:
            self.detach(interface)
            reason = os.strerror(error.errno or 0)
            if error.errno in (errno.ENODEV, errno.ENXIO):
                raise InterfaceError(f"interface {interface.name} is gone: {reason}") from error
            raise UnsupportedError(
                f"can't attach to interface {interface.name}: {reason}; the kernel needs tcx (6.6) or "
                "CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF, or try --backend socket-filter") from error

    def detach(self, interface: Interface) -> None:
        """Let go of an interface; nothing happens for one that is not attached or has gone away."""
        self._drop((interface.netns, interface.index))

    def close(self) -> None:
        """Let go of all interfaces and free the filter programs."""
        for key in list(self._links):
            self._drop(key)
        self._filters.close()

    def _drop(self, key: tuple[int, int]) -> None:
        links = self._links.pop(key, [])
        for link in links:
            link.close()
        ours = next((link for link in links if isinstance(link, ClsactFilter) and link.created), None)
        if ours is not None:
            ours.drop_qdisc()

    def _link(self, program: int, ifindex: int, egress: bool) -> Link | ClsactFilter:
        if self._tcx:
            try:
                return attach_tcx(program, ifindex, egress)
            except OSError as error:
                if error.errno not in _NO_TCX:
                    raise
                self._tcx = False
        return ClsactFilter(program, ifindex, egress)

    def _program(self, interface: Interface, egress: bool) -> int | None:
        """The program to attach for this kind of interface; None when the expression can't match its packets."""
        key = (interface.linktype, egress)
        if key not in self._programs:
            l3 = "_l3" if interface.linktype == RAW else ""
            capture = self._loaded.packet_program(f"tc_{'egress' if egress else 'ingress'}{l3}", interface.name)
            self._programs[key] = self._filter(interface, egress, capture) if self._expression.text else capture
        return self._programs[key]

    def _filter(self, interface: Interface, egress: bool, capture: int) -> int | None:
        try:
            program = self._expression.compile(interface)
        except FilterError as error:
            if interface.linktype != ETHERNET and "expression rejects all packets" in str(error):
                return None     # `arp` on a tunnel, for instance, next to interfaces that have ARP
            raise
        return self._filters.load(program, hooks.tc("out" if egress else "in"), capture, _SCHED_CLS)
