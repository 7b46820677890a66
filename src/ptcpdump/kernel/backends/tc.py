"""The ``tc`` backend: a program at ingress and egress of each interface.

tcx links (Linux 6.6) vanish with us whatever happens, but each costs the kernel an RCU grace period under the rtnl
lock, 8 to 24 ms, to attach and again to detach. So with more than a few interfaces, and on kernels without tcx, the
programs stand in clsact qdiscs, where a process of its own removes them at the end (keeper). What others have at a
device decides, too (places).
"""

import contextlib
import errno
import os
from collections.abc import Callable

from ptcpdump.errors import InterfaceError, PtcpdumpError, UnsupportedError
from ptcpdump.filters import hooks
from ptcpdump.kernel.backends.base import Expression, FilterPrograms, directions
from ptcpdump.kernel.backends.keeper import FilterKeeper
from ptcpdump.kernel.backends.places import GONE, PLACES, Placed, has_links
from ptcpdump.kernel.bindings import tcx
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.net.clsact import NAME, remove_remains
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import RAW
from ptcpdump.net.netlink import link_socket
from ptcpdump.threads import is_shortage

FEW = 4                 # interfaces for which tcx links are quick enough: some 0.2 s in all
_SCHED_CLS = 3          # BPF_PROG_TYPE_SCHED_CLS
_LOOKED_AT = 64         # devices in one look for other programs
_SWEPT = 64             # network namespaces that are searched for what dead captures have left


def needs_keeper(interfaces: int) -> bool:
    """Whether programs on so many interfaces are to stand in clsact qdiscs."""
    return interfaces > FEW or not has_links()


class TcBackend:
    """The programs of one run on its interfaces.

    keeper: holds clsact filters; without one all programs are tcx links. Everything is detached by close(), and when
    the process dies.
    """

    def __init__(self, loaded: Loaded, expression: Expression, direction: str,
                 keeper: FilterKeeper | None = None) -> None:
        self._loaded = loaded
        self._expression = expression
        self._directions = directions(direction)
        self._programs: dict[tuple[int, bool], int | None] = {}
        self._filters = FilterPrograms()
        self._tags: set[bytes] = set()      # of capture programs
        self._attached: dict[tuple[int, int], Placed] = {}
        self._keeper = keeper
        self._next_look = 0
        self._swept: set[int] = set()       # namespaces, by inode

    def attach(self, interface: Interface) -> None:
        """Attach to an interface of the current network namespace.

        Raises InterfaceError when it is gone, FilterError, and UnsupportedError when the kernel can't.
        """
        key = (interface.netns, interface.index)
        if key in self._attached:
            return
        self._sweep(interface.netns)
        try:
            placed = Placed(interface, self._programs_of(interface), self._keeper, self._is_ours)
            self._attached[key] = placed
            placed.attach()
        except OSError as error:
            self.detach(interface)
            reason = os.strerror(error.errno or 0)
            if error.errno in GONE:
                raise InterfaceError(f"interface {interface.name} is gone: {reason}") from error
            if error.errno == errno.ERANGE:
                raise PtcpdumpError(
                    f"can't attach to interface {interface.name}: {PLACES} tcx programs stand there, as many as the "
                    "kernel takes: detach one (see bpftool net), or try --backend socket-filter") from error
            if is_shortage(error):
                raise PtcpdumpError(f"can't attach to interface {interface.name}: {reason}") from error
            raise UnsupportedError(
                f"can't attach to interface {interface.name}: {reason}; the kernel needs tcx (6.6) or "
                "CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF, or try --backend socket-filter") from error
        except BaseException:
            self.detach(interface)
            raise

    def detach(self, interface: Interface) -> None:
        """Let go of an interface; nothing happens for one that is not attached or has gone away."""
        placed = self._attached.pop((interface.netns, interface.index), None)
        if placed is not None:
            placed.detach()

    def look_around(self, run_inside: Callable[[Interface, Callable[[], None]], None]) -> list[str]:
        """Look for programs of others that came before ours, some interfaces at each call, and say what that means.

        run_inside(interface, function): call the function in the interface's namespace.
        """
        keys = list(self._attached)
        if not keys:
            return []
        start = self._next_look % len(keys)
        self._next_look = start + _LOOKED_AT
        said: list[str] = []
        for key in (keys[start:] + keys[:start])[:_LOOKED_AT]:
            placed = self._attached[key]

            def look(placed: Placed = placed) -> None:
                if text := placed.look():
                    said.append(text)

            with contextlib.suppress(InterfaceError):       # its namespace is gone: the watcher will tell
                run_inside(placed.interface, look)
        return said

    def close(self) -> None:
        """Let go of all interfaces and free the filter programs."""
        for placed in self._attached.values():
            placed.close_links()
        self._attached.clear()
        if self._keeper is not None:
            self._keeper.close()
        self._filters.close()

    def _sweep(self, netns: int) -> None:
        """Remove what dead captures have left in the current network namespace, once."""
        if netns not in self._swept and len(self._swept) < _SWEPT:
            self._swept.add(netns)
            with contextlib.suppress(OSError), link_socket() as netlink:
                remove_remains(netlink)

    def _is_ours(self, program: int) -> bool | None:
        """Whether a tcx program is a capture's, this one's or another one's, which gives no verdict; None: that is not
        for us to know (CAP_SYS_ADMIN)."""
        try:
            name, tag = tcx.described_by_id(program)
        except OSError:
            return None
        return name.startswith(NAME.encode()) or tag in self._tags

    # ------------------------------------------------------------------ programs

    def _programs_of(self, interface: Interface) -> dict[bool, int]:
        """The programs to attach to an interface, by direction."""
        return {egress: program for egress in self._directions
                if (program := self._program(interface, egress)) is not None}

    def _program(self, interface: Interface, egress: bool) -> int | None:
        """The program to attach for this kind of interface; None when the expression can't match its packets."""
        key = (interface.linktype, egress)
        if key not in self._programs:
            l3 = "_l3" if interface.linktype == RAW else ""
            capture = self._loaded.packet_program(f"tc_{'egress' if egress else 'ingress'}{l3}", interface.name)
            self._tags.add(tcx.described(capture)[1])
            self._programs[key] = self._filter(interface, egress, capture) if self._expression.text else capture
        return self._programs[key]

    def _filter(self, interface: Interface, egress: bool, capture: int) -> int | None:
        program = self._expression.compile_among_others(interface)
        hook = hooks.tc("out" if egress else "in")
        return None if program is None else self._filters.load(program, hook, capture, _SCHED_CLS)
