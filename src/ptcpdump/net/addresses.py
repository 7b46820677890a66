"""Addresses of the network namespaces of this host: captured ones' own, and those of others, as these see them.

A packet that is routed, bridged or translated on its way to a container has its socket in the container's namespace.
The kernel's programs can look into another namespace by the number that theirs has for it (nsid, ip-netns(8)); the
kernel gives such numbers to the ends of veth pairs. So an address leads to a namespace, and the namespace to a socket.

Only namespaces with a number matter. One socket in a captured namespace is told of changes in all of these
(NETLINK_LISTEN_ALL_NSID, Linux 4.2), and of new numbers, so that namespaces that have nothing to do with it cost
neither descriptors nor time, however many somebody makes.
"""

import contextlib
import os
import select
import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from ptcpdump.errors import PtcpdumpError
from ptcpdump.net.local import Prefix, local_prefixes
from ptcpdump.net.netlink import (
    NO_NSID,
    RTM_NEWNSID,
    RTMGRP_LINK,
    all_nsids_socket,
    drain,
    dump_addresses,
    dump_links,
    dump_nsids,
    link_socket,
    namespace_number,
)
from ptcpdump.net.netns import Namespace, all_namespaces, enter
from ptcpdump.records import dataclass, field

_SETTINGS = Path("/proc/sys/net")     # those of the namespace of whoever opens them
_RTMGRP_IPV4_IFADDR, _RTMGRP_IPV6_IFADDR = 0x10, 0x100
_NEWS = RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR

# inode of a captured namespace and an address (16 bytes, IPv4 as ::ffff:a.b.c.d)
Key = tuple[int, bytes]
# the captured namespace's number for the one that has the address, and that one's inode
Place = tuple[int, int]


@dataclass(slots=True)
class _Captured:
    """A namespace from which is looked."""

    namespace: Namespace
    news: socket.socket
    numbers: dict[int, int] = field(default_factory=dict)   # nsid by inode of the other namespace
    stale: bool = True                                      # it may have numbers that are not in there
    own: frozenset[Prefix] | None = None                    # see net/local.py; None: not known
    moved: bool = True                                      # that may have changed


class AddressTable:
    """Follows the addresses of the namespaces that captured ones have numbers for.

    captured: the namespaces from which is looked; more come by add_captured(). everything: all namespaces that there
    are. What can't be entered is left out.
    """

    def __init__(self, captured: Iterable[Namespace], everything: Iterable[Namespace]) -> None:
        self._epoll = select.epoll()
        self._captured: dict[int, _Captured] = {}
        self._addresses: dict[int, frozenset[bytes]] = {}
        self._at_home = False
        for namespace in captured:
            self.add_captured(namespace)
        self.rescan(everything)

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when read() may find a change."""
        return self._epoll.fileno()

    def add_captured(self, namespace: Namespace) -> None:
        """Look from this namespace, too."""
        if namespace.inode in self._captured:
            return
        try:
            news = enter(namespace, lambda: all_nsids_socket(groups=_NEWS))
        except (PtcpdumpError, OSError):    # gone again already, or not for us
            return
        self._epoll.register(news.fileno(), select.EPOLLIN)
        self._captured[namespace.inode] = _Captured(namespace, news)

    def read(self) -> None:
        """Take in what changed; never waits."""
        changed: set[int] = set()
        for captured in self._captured.values():
            kinds, nsids = drain(captured.news)
            captured.stale |= RTM_NEWNSID in kinds or None in nsids     # None: news were lost
            captured.moved |= bool(nsids & {NO_NSID, None})
            changed |= captured.numbers.keys() if None in nsids else {
                inode for inode, nsid in captured.numbers.items() if nsid in nsids}
        if self._at_home:
            return
        if any(captured.stale for captured in self._captured.values()):
            self.rescan(all_namespaces(), changed)
        elif changed:
            self.rescan((), changed)

    def rescan(self, everything: Iterable[Namespace], changed: Iterable[int] = ()) -> None:
        """Take in all namespaces that there are now.

        changed: inodes of those whose addresses are to be asked for anew. Without any namespaces, only that is done.
        """
        found = {namespace.inode: namespace for namespace in everything}
        for inode in set(changed):
            self._addresses.pop(inode, None)
        if found:
            self._forget_gone(found)
            for captured in self._captured.values():
                self._ask_numbers(captured, found)
        else:
            found = {namespace.inode: namespace for namespace in all_namespaces()} if changed else {}
        wanted = {inode for captured in self._captured.values() for inode in captured.numbers}
        for inode in wanted - self._addresses.keys():
            if inode in found:
                self._addresses[inode] = _addresses(found[inode])

    def table(self) -> dict[Key, Place]:
        """The namespace that has an address; addresses that two have are left out."""
        table: dict[Key, Place] = {}
        for here, captured in self._captured.items():
            twice: set[bytes] = set()
            for inode, number in captured.numbers.items():
                for address in self._addresses.get(inode, ()):
                    if address in twice or (here, address) in table:
                        twice.add(address)
                    table[here, address] = (number, inode)
            for address in twice:
                del table[here, address]
        return table

    def own(self) -> dict[int, frozenset[Prefix]]:
        """What is the captured namespaces' own, by their inodes; what can't be asked is left out."""
        for captured in self._captured.values():
            if captured.moved and (captured.namespace.own or not self._at_home):
                captured.moved, captured.own = False, None
                with contextlib.suppress(PtcpdumpError, OSError, struct.error):     # gone again
                    captured.own = local_prefixes(captured.namespace)
        return {inode: captured.own for inode, captured in self._captured.items() if captured.own is not None}

    def forwards(self) -> bool:
        """Whether a captured namespace forwards packets: it routes (ip_forward) or has a bridge."""
        for captured in self._captured.values():
            with contextlib.suppress(PtcpdumpError, OSError):   # gone again
                if enter(captured.namespace, _forwards):
                    return True
        return False

    def stay_at_home(self) -> None:
        """Without privileges from now on: only the namespace that we are in can be asked; others stay as they were."""
        self._at_home = True

    def leave_to_others(self) -> None:
        """Keep no namespace from here any more: a process that was forked from this one follows them from now on."""
        for captured in self._captured.values():
            captured.news.close()

    def close(self) -> None:
        """Close all sockets; a second call does nothing."""
        self.leave_to_others()
        self._captured.clear()
        self._epoll.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _forget_gone(self, found: dict[int, Namespace]) -> None:
        for inode in self._addresses.keys() - found.keys():
            del self._addresses[inode]
        for here in self._captured.keys() - found.keys():
            captured = self._captured.pop(here)
            self._epoll.unregister(captured.news.fileno())
            captured.news.close()
        for captured in self._captured.values():
            for inode in captured.numbers.keys() - found.keys():
                del captured.numbers[inode]

    def _ask_numbers(self, captured: _Captured, found: dict[int, Namespace]) -> None:
        """Learn which namespaces the numbers of a captured one stand for. Once given a number stays."""
        here = captured.namespace.inode

        def ask() -> None:
            with link_socket() as netlink:
                missing = dump_nsids(netlink) - set(captured.numbers.values())
                for inode, namespace in found.items():
                    if not missing:
                        break       # all others have none
                    if inode != here and inode not in captured.numbers:
                        number = _number(netlink, namespace)
                        if number in missing:
                            captured.numbers[inode] = number
                            missing.discard(number)

        captured.stale = False
        with contextlib.suppress(PtcpdumpError, OSError):   # the captured namespace is gone
            enter(captured.namespace, ask)


def _forwards() -> bool:
    for switch in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
        with contextlib.suppress(OSError):      # no IPv6
            if (_SETTINGS / switch).read_text().strip() != "0":
                return True
    with link_socket() as netlink:
        return any(link.kind == "bridge" for link in dump_links(netlink))


def _number(netlink: socket.socket, namespace: Namespace) -> int:
    try:
        with Path(namespace.path).open("rb") as file:
            if os.fstat(file.fileno()).st_ino != namespace.inode:
                return -1
            return namespace_number(netlink, file.fileno())
    except OSError:
        return -1


def _addresses(namespace: Namespace) -> frozenset[bytes]:
    def dump() -> frozenset[bytes]:
        with link_socket() as netlink:
            return frozenset(dump_addresses(netlink))

    try:
        return enter(namespace, dump)
    except (PtcpdumpError, OSError, struct.error):
        return frozenset()
