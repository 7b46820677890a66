"""Where the programs of the ``tc`` backend stand at one interface, and what others put there before them.

A tcx program runs before clsact filters and may keep packets from these: where one stands, or comes later, ours is a
tcx link before all others. So it is at a device with an ingress qdisc, which has no egress; without tcx what goes out
there is not captured.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Mapping

from ptcpdump.kernel.backends.keeper import FilterKeeper
from ptcpdump.kernel.bindings import tcx
from ptcpdump.kernel.loading.features import usable
from ptcpdump.net.clsact import NAME, NO_PLACE, Place, listed
from ptcpdump.net.interface import Interface
from ptcpdump.net.netlink import link_socket
from ptcpdump.net.netns import Namespace

PLACES = 63             # of tcx at a device and direction (bpf_mprog_max())
GONE = (errno.ENODEV, errno.ENXIO)
_SAID = 8               # warnings about one interface
_MOVES = 3


def has_links() -> bool:
    """Whether the kernel has tcx; every network namespace has the loopback device 1."""
    return usable("tcx") and tcx.standing(1, egress=False) is not None


class Placed:
    """The programs on one interface, by direction (True: egress): tcx links, or filters that the keeper has.

    is_ours: whether a tcx program is a capture's, by its number; None where that is not for us to know. All but close()
    are called in the interface's namespace.
    """

    def __init__(self, interface: Interface, programs: Mapping[bool, int], keeper: FilterKeeper | None,
                 is_ours: Callable[[int], bool | None]) -> None:
        self.interface = interface
        self._programs = programs
        self._keeper = keeper
        self._is_ours = is_ours
        self._links: dict[bool, int] = {}
        self._kept = False
        self._one_sided = False         # kept, but what goes out has no place for a filter
        self._said: set[str] = set()
        self._moves = 0                 # of links, to before programs that came later

    def attach(self) -> None:
        """Have the programs stand there. Raises OSError."""
        if self._keeper is None or (self._others() and self._has_room()):
            self._link(self._programs)
        else:
            self._keep(self._keeper)

    def detach(self) -> None:
        """Have them stand there no more; nothing happens where the interface has gone away."""
        self.close_links()
        if self._kept and self._keeper is not None:
            self._keeper.remove(self.interface.netns, self.interface.index)

    def close_links(self) -> None:
        """Let go of links; filters are the keeper's."""
        while self._links:      # a second signal may come in between: none is closed twice
            os.close(self._links.popitem()[1])

    def look(self) -> str:
        """See to it that ours stand before others' programs; what to warn of, once each, "" if there is nothing."""
        try:
            text = self._look()
        except OSError as error:
            if error.errno in GONE:
                return ""           # the watcher will tell
            reason = os.strerror(error.errno or 0)
            text = f"our programs are missing there, and can't be attached again ({reason}), so that packets " \
                   "are missed; that is tried once more at each look"
        if not text or text in self._said or len(self._said) == _SAID:
            return ""
        self._said.add(text)
        return f"{self.interface.shown}: {text}"

    # ------------------------------------------------------------------ attaching

    def _link(self, programs: Mapping[bool, int]) -> None:
        for egress, program in programs.items():
            self._links[egress] = tcx.attach_first(program, self.interface.index, egress=egress)

    def _link_anew(self, egress: bool, program: int) -> None:
        """The same in place of a link that is there, or was."""
        if egress in self._links:
            link = self._links.pop(egress)
            with contextlib.suppress(OSError):      # somebody was first
                tcx.detach(link)                    # after -Z another process of ours has it open, too
            os.close(link)
        self._link({egress: program})

    def _keep(self, keeper: FilterKeeper) -> None:
        """Have filters at an interface; links where these have no place, if the kernel knows such."""
        interface = self.interface
        own = not interface.netns_path
        namespace = Namespace(interface.netns) if own else Namespace(interface.netns, interface.netns_path)
        self._kept = True
        places = [Place(interface.index, egress, program) for egress, program in self._programs.items()]
        errors = [error for error in keeper.add(namespace, places) if error is not None]
        self._one_sided = [error.errno for error in errors] == [NO_PLACE] and (has_links() or len(places) > 1)
        if not self._one_sided:
            for error in errors:
                raise error
        elif has_links():
            self._move_to_the_front()

    def _move_to_the_front(self) -> None:
        """Put tcx links in place of clsact filters. Between the two nothing is captured, which is better than packets
        that are captured twice."""
        if self._keeper is not None:
            self._keeper.remove(self.interface.netns, self.interface.index)
        self._kept = self._one_sided = False
        self._link(self._programs)

    def _restore(self, keeper: FilterKeeper) -> bool:
        """Whether filters of ours were gone, which are there again then; tried at each look where that fails."""
        interface = self.interface
        if keeper.standing(interface.netns, interface.index) == len(self._programs) - self._one_sided:
            return False
        keeper.remove(interface.netns, interface.index)
        self._keep(keeper)
        return True

    # ------------------------------------------------------------------ what others have there

    def _others(self) -> bool:
        """Whether tcx programs stand at a device, which would run before a clsact filter."""
        return usable("tcx") and any(not self._is_ours(program) for egress in self._programs
                                     for program, _ in tcx.standing(self.interface.index, egress=egress) or ())

    def _has_room(self) -> bool:
        """Whether one more tcx program may stand at a device."""
        return all(len(tcx.standing(self.interface.index, egress=egress) or ()) < PLACES for egress in self._programs)

    def _look(self) -> str:
        """What to warn of; "" if ours are first. Raises OSError."""
        others = self._kept and self._others()
        if others and self._has_room():
            self._move_to_the_front()
            return "a tcx program of somebody else came before ours and may have kept " \
                   "packets from us; ours is the first again"
        if self._kept and self._keeper is not None and self._restore(self._keeper):
            return "somebody has removed our filter or its qdisc, so that packets were " \
                   "missed; it is there again"
        if others:
            return f"{PLACES} tcx programs, as many as the kernel takes, stand before " \
                   "ours; what they drop or pass by themselves is not captured (see bpftool net)"
        if self._kept and self._one_sided:
            return "what goes out there is not captured: somebody's ingress qdisc " \
                   "stands where clsact would, and has no egress; try --backend socket-filter"
        for egress, program in self._programs.items():
            text = self._before_filter(egress) if self._kept else self._look_at_link(egress, program)
            if text:
                return text
        return ""

    def _look_at_link(self, egress: bool, program: int) -> str:
        """The same of a tcx link; one that could not be attached anew at an earlier look is tried again."""
        side = _side(egress)
        standing = tcx.standing(self.interface.index, egress=egress) or []
        own = tcx.link_id(self._links[egress]) if egress in self._links else 0
        links = [link for _, link in standing]
        if not own or own not in links:     # bpftool link detach; programs of others may have no link
            was = "was missing" if not own else "was detached by somebody"
            self._link_anew(egress, program)
            return f"our program at {side} {was}, so that packets were missed; it is there again"
        before = {other: self._is_ours(other) for other, _ in standing[:links.index(own)]}
        stranger = next((other for other, ours in before.items() if not ours), None)
        if stranger is None:
            return ""
        if before[stranger] is False and self._moves < _MOVES:     # who does the same would move for ever
            self._moves += 1
            self._link_anew(egress, program)
            return f"tcx program {stranger} of somebody else came before ours at {side} and may " \
                   "have kept packets from us; ours is the first again"
        return f"tcx program {stranger} of somebody else stands before ours at {side}; what " \
               "it drops or passes by itself is not captured (see bpftool net)"

    def _before_filter(self, egress: bool) -> str:
        """What to warn of where ours is a clsact filter; "" if it is the first."""
        interface = self.interface
        with link_socket() as netlink:
            filters = listed(netlink, interface.index, egress=egress)
        if not filters or filters[0].name.startswith(NAME):
            return ""
        return f"a filter of somebody else stands before ours at {_side(egress)}; what it drops or " \
               f"passes by itself is not captured (see tc filter show dev {interface.name} {_side(egress)})"


def _side(egress: bool) -> str:
    return "egress" if egress else "ingress"
