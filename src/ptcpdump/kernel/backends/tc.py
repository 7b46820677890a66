"""The ``tc`` backend: a program at ingress and egress of each interface.

tcx links (Linux 6.6) vanish with us whatever happens, but each costs the kernel an RCU grace period under the rtnl
lock, 8 to 24 ms, to attach and again to detach. So with more than a few interfaces, and on kernels without tcx, the
programs stand in clsact qdiscs, where a process of its own removes them at the end (keeper). tcx programs run before
clsact filters and may keep packets from these: where one stands, or comes later, ours is a tcx link before all others.
So it is at a device with an ingress qdisc, which has no egress; without tcx what goes out there is not captured.
"""

import contextlib
import errno
import os
from collections.abc import Callable

from ptcpdump.errors import InterfaceError, PtcpdumpError, UnsupportedError
from ptcpdump.filters import hooks
from ptcpdump.kernel.backends.base import Expression, FilterPrograms, directions
from ptcpdump.kernel.backends.keeper import FilterKeeper
from ptcpdump.kernel.bindings import tcx
from ptcpdump.kernel.loading.features import usable
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.net.clsact import NAME, NO_PLACE, Place, listed, remove_remains
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import RAW
from ptcpdump.net.netlink import link_socket
from ptcpdump.net.netns import Namespace
from ptcpdump.records import dataclass, field
from ptcpdump.threads import is_shortage

FEW = 4                 # interfaces for which tcx links are quick enough: some 0.2 s in all
_SCHED_CLS = 3          # BPF_PROG_TYPE_SCHED_CLS
_LOOKED_AT = 64         # devices in one look for other programs
_SAID = 8               # warnings about one of them
_MOVES = 3
_SWEPT = 64             # network namespaces that are searched for what dead captures have left
_GONE = (errno.ENODEV, errno.ENXIO)
_PLACES = 63            # of tcx at a device and direction (bpf_mprog_max())


def needs_keeper(interfaces: int) -> bool:
    """Whether programs on so many interfaces are to stand in clsact qdiscs."""
    return interfaces > FEW or not _has_links()


def _has_links() -> bool:
    """Whether the kernel has tcx; every network namespace has the loopback device 1."""
    return usable("tcx") and tcx.standing(1, egress=False) is not None


@dataclass(slots=True)
class _Attached:
    """The programs on one interface: tcx links by direction (True: egress), or filters that the keeper has."""

    interface: Interface
    links: dict[bool, int] = field(default_factory=dict)
    kept: bool = False
    one_sided: bool = False     # kept, but what goes out has no place for a filter
    said: set[str] = field(default_factory=set)
    moves: int = 0          # of links, to before programs that came later

    def close_links(self) -> None:
        while self.links:       # a second signal may come in between: none is closed twice
            os.close(self.links.popitem()[1])


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
        self._attached: dict[tuple[int, int], _Attached] = {}
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
        attached = self._attached[key] = _Attached(interface)
        try:
            programs = self._programs_of(interface)
            if self._keeper is None or (self._others(interface.index) and self._has_room(interface.index)):
                self._link(attached, programs)
            else:
                self._keep(attached, programs, self._keeper)
        except OSError as error:
            self.detach(interface)
            reason = os.strerror(error.errno or 0)
            if error.errno in _GONE:
                raise InterfaceError(f"interface {interface.name} is gone: {reason}") from error
            if error.errno == errno.ERANGE:
                raise PtcpdumpError(
                    f"can't attach to interface {interface.name}: {_PLACES} tcx programs stand there, as many as the "
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
        attached = self._attached.pop((interface.netns, interface.index), None)
        if attached is None:
            return
        attached.close_links()
        if attached.kept and self._keeper is not None:
            self._keeper.remove(interface.netns, interface.index)

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
            attached = self._attached[key]

            def look(attached: _Attached = attached) -> None:
                try:
                    text = self._look_at(attached)
                except OSError as error:
                    if error.errno in _GONE:
                        return          # the watcher will tell
                    text = f"{attached.interface.shown}: our programs are missing there, and can't be attached again " \
                           f"({os.strerror(error.errno or 0)}), so that packets are missed; that is tried once more " \
                           "at each look"
                if text and text not in attached.said and len(attached.said) < _SAID:
                    attached.said.add(text)
                    said.append(text)

            with contextlib.suppress(InterfaceError):       # its namespace is gone: likewise
                run_inside(attached.interface, look)
        return said

    def close(self) -> None:
        """Let go of all interfaces and free the filter programs."""
        for attached in self._attached.values():
            attached.close_links()
        self._attached.clear()
        if self._keeper is not None:
            self._keeper.close()
        self._filters.close()

    # ------------------------------------------------------------------ where programs stand

    def _sweep(self, netns: int) -> None:
        """Remove what dead captures have left in the current network namespace, once."""
        if netns not in self._swept and len(self._swept) < _SWEPT:
            self._swept.add(netns)
            with contextlib.suppress(OSError), link_socket() as netlink:
                remove_remains(netlink)

    def _others(self, ifindex: int) -> bool:
        """Whether tcx programs stand at a device, which would run before a clsact filter."""
        return usable("tcx") and any(not self._is_ours(program) for egress in self._directions
                                     for program, _ in tcx.standing(ifindex, egress=egress) or ())

    def _has_room(self, ifindex: int) -> bool:
        """Whether one more tcx program may stand at a device."""
        return all(len(tcx.standing(ifindex, egress=egress) or ()) < _PLACES for egress in self._directions)

    def _is_ours(self, program: int) -> bool | None:
        """Whether a tcx program is a capture's, this one's or another one's, which gives no verdict; None: that is not
        for us to know (CAP_SYS_ADMIN)."""
        try:
            name, tag = tcx.described_by_id(program)
        except OSError:
            return None
        return name.startswith(NAME.encode()) or tag in self._tags

    def _link(self, attached: _Attached, programs: dict[bool, int]) -> None:
        for egress, program in programs.items():
            attached.links[egress] = tcx.attach_first(program, attached.interface.index, egress=egress)

    def _link_anew(self, attached: _Attached, egress: bool, program: int) -> None:
        """The same in place of a link that is there, or was."""
        if egress in attached.links:
            link = attached.links.pop(egress)
            with contextlib.suppress(OSError):      # somebody was first
                tcx.detach(link)                    # after -Z another process of ours has it open, too
            os.close(link)
        self._link(attached, {egress: program})

    def _keep(self, attached: _Attached, programs: dict[bool, int], keeper: FilterKeeper) -> None:
        """Have filters at an interface; links where these have no place, if the kernel knows such."""
        interface = attached.interface
        own = not interface.netns_path
        namespace = Namespace(interface.netns) if own else Namespace(interface.netns, interface.netns_path)
        attached.kept = True
        places = [Place(interface.index, egress, program) for egress, program in programs.items()]
        errors = [error for error in keeper.add(namespace, places) if error is not None]
        attached.one_sided = [error.errno for error in errors] == [NO_PLACE] and (_has_links() or len(places) > 1)
        if not attached.one_sided:
            for error in errors:
                raise error
        elif _has_links():
            self._move_to_the_front(attached)

    def _look_at(self, attached: _Attached) -> str:
        """What to warn of at one interface of the current namespace; "" if ours are first. Raises OSError."""
        others = attached.kept and self._others(attached.interface.index)
        if others and self._has_room(attached.interface.index):
            self._move_to_the_front(attached)
            return f"{attached.interface.shown}: a tcx program of somebody else came before ours and may have kept " \
                   "packets from us; ours is the first again"
        if attached.kept and self._keeper is not None and self._restore(attached, self._keeper):
            return f"{attached.interface.shown}: somebody has removed our filter or its qdisc, so that packets were " \
                   "missed; it is there again"
        if others:
            return f"{attached.interface.shown}: {_PLACES} tcx programs, as many as the kernel takes, stand before " \
                   "ours; what they drop or pass by themselves is not captured (see bpftool net)"
        if attached.kept and attached.one_sided:
            return f"{attached.interface.shown}: what goes out there is not captured: somebody's ingress qdisc " \
                   "stands where clsact would, and has no egress; try --backend socket-filter"
        for egress, program in self._programs_of(attached.interface).items():
            text = _before_filter(attached, egress) if attached.kept else self._look_at_link(attached, egress, program)
            if text:
                return text
        return ""

    def _look_at_link(self, attached: _Attached, egress: bool, program: int) -> str:
        """The same of a tcx link; one that could not be attached anew at an earlier look is tried again."""
        interface, side = attached.interface, _side(egress)
        standing = tcx.standing(interface.index, egress=egress) or []
        own = tcx.link_id(attached.links[egress]) if egress in attached.links else 0
        links = [link for _, link in standing]
        if not own or own not in links:     # bpftool link detach; programs of others may have no link
            was = "was missing" if not own else "was detached by somebody"
            self._link_anew(attached, egress, program)
            return f"{interface.shown}: our program at {side} {was}, so that packets were missed; it is there again"
        before = {other: self._is_ours(other) for other, _ in standing[:links.index(own)]}
        stranger = next((other for other, ours in before.items() if not ours), None)
        if stranger is None:
            return ""
        if before[stranger] is False and attached.moves < _MOVES:     # who does the same would move for ever
            attached.moves += 1
            self._link_anew(attached, egress, program)
            return f"{interface.shown}: tcx program {stranger} of somebody else came before ours at {side} and may " \
                   "have kept packets from us; ours is the first again"
        return f"{interface.shown}: tcx program {stranger} of somebody else stands before ours at {side}; what " \
               "it drops or passes by itself is not captured (see bpftool net)"

    def _move_to_the_front(self, attached: _Attached) -> None:
        """Put tcx links in place of clsact filters. Between the two nothing is captured, which is better than packets
        that are captured twice."""
        programs = self._programs_of(attached.interface)
        if self._keeper is not None:
            self._keeper.remove(attached.interface.netns, attached.interface.index)
        attached.kept = attached.one_sided = False
        self._link(attached, programs)

    def _restore(self, attached: _Attached, keeper: FilterKeeper) -> bool:
        """Whether filters of ours were gone, which are there again then; tried at each look where that fails."""
        interface = attached.interface
        programs = self._programs_of(interface)
        if keeper.standing(interface.netns, interface.index) == len(programs) - attached.one_sided:
            return False
        keeper.remove(interface.netns, interface.index)
        self._keep(attached, programs, keeper)
        return True

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


def _before_filter(attached: _Attached, egress: bool) -> str:
    """What to warn of where ours is a clsact filter; "" if it is the first."""
    interface = attached.interface
    with link_socket() as netlink:
        filters = listed(netlink, interface.index, egress=egress)
    if not filters or filters[0].name.startswith(NAME):
        return ""
    return f"{interface.shown}: a filter of somebody else stands before ours at {_side(egress)}; what it drops or " \
           f"passes by itself is not captured (see tc filter show dev {interface.name} {_side(egress)})"


def _side(egress: bool) -> str:
    return "egress" if egress else "ingress"
