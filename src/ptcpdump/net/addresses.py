"""Addresses of the other network namespaces of this host, as captured ones see them.

A packet that is routed, bridged or translated on its way to a container has its socket in the container's namespace.
The kernel's programs can look into another namespace by the number that theirs has for it (nsid, ip-netns(8)); the
kernel gives such numbers to the ends of veth pairs. So an address leads to a namespace, and the namespace to a socket.
"""

import contextlib
import os
import select
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ptcpdump.errors import PtcpdumpError
from ptcpdump.net.netlink import RTMGRP_LINK, dump_addresses, dump_links, link_socket, namespace_number
from ptcpdump.net.netns import Namespace, enter, mounted_namespaces

_SETTINGS = Path("/proc/sys/net")     # those of the namespace of whoever opens them
_RTMGRP_IPV4_IFADDR, _RTMGRP_IPV6_IFADDR = 0x10, 0x100
_NEWS = RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR

# inode of a captured namespace and an address (16 bytes, IPv4 as ::ffff:a.b.c.d)
Key = tuple[int, bytes]
# the captured namespace's number for the one that has the address, and that one's inode
Place = tuple[int, int]


@dataclass(slots=True)
class _Other:
    namespace: Namespace
    news: socket.socket
    addresses: frozenset[bytes]


class AddressTable:
    """Follows the addresses of all namespaces of this host.

    captured: the namespaces from which is looked; more come by add_captured(). everything: all namespaces that there
    are. What can't be entered is left out.
    """

    def __init__(self, captured: Iterable[Namespace], everything: Iterable[Namespace]) -> None:
        self._captured = {namespace.inode: namespace for namespace in captured}
        self._epoll = select.epoll()
        self._others: dict[int, _Other] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        self._mounts = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
        self._epoll.register(self._mounts, select.EPOLLPRI)
        self.rescan(everything)

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when read() may find a change."""
        return self._epoll.fileno()

    def add_captured(self, namespace: Namespace) -> None:
        """Look from this namespace, too."""
        self._captured[namespace.inode] = namespace

    def read(self) -> None:
        """Take in what changed; never waits."""
        self._epoll.poll(0)
        self._follow(mounted_namespaces())
        for other in self._others.values():
            if _drain(other.news):
                other.addresses = _addresses(other.namespace)

    def rescan(self, everything: Iterable[Namespace]) -> None:
        """Take in all namespaces that there are now, and let go of those that are gone."""
        found = {namespace.inode: namespace for namespace in everything}
        self._follow(found.values())
        for inode in self._others.keys() - found.keys():
            other = self._others.pop(inode)
            self._epoll.unregister(other.news.fileno())
            other.news.close()
            for pair in [pair for pair in self._numbers if inode in pair]:
                del self._numbers[pair]
        self.read()

    def table(self) -> dict[Key, Place]:
        """The namespace that has an address; addresses that two have are left out."""
        table: dict[Key, Place] = {}
        for captured in self._captured.values():
            numbers = self._ask_numbers(captured)
            twice: set[bytes] = set()
            for inode, number in numbers.items():
                for address in self._others[inode].addresses:
                    if address in twice or (captured.inode, address) in table:
                        twice.add(address)
                    table[captured.inode, address] = (number, inode)
            for address in twice:
                del table[captured.inode, address]
        return table

    def forwards(self) -> bool:
        """Whether a captured namespace forwards packets: it routes (ip_forward) or has a bridge."""
        for captured in self._captured.values():
            with contextlib.suppress(PtcpdumpError, OSError):   # gone again
                if enter(captured, _forwards):
                    return True
        return False

    def close(self) -> None:
        """Close all sockets; a second call does nothing."""
        for other in self._others.values():
            other.news.close()
        self._others.clear()
        if not self._epoll.closed:
            os.close(self._mounts)
            self._epoll.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self, namespaces: Iterable[Namespace]) -> None:
        for namespace in namespaces:
            if namespace.inode in self._others:
                continue
            try:
                news = enter(namespace, lambda: link_socket(groups=_NEWS))
            except (PtcpdumpError, OSError):    # gone again already, or not for us
                continue
            self._epoll.register(news.fileno(), select.EPOLLIN)
            self._others[namespace.inode] = _Other(namespace, news, _addresses(namespace))

    def _ask_numbers(self, captured: Namespace) -> dict[int, int]:
        """Numbers that a namespace has for others, by their inodes. Once given a number stays."""
        unknown = [other.namespace for inode, other in self._others.items()
                   if inode != captured.inode and other.addresses and (captured.inode, inode) not in self._numbers]

        def ask() -> None:
            with link_socket() as netlink:
                for namespace in unknown:
                    number = _number(netlink, namespace)
                    if number >= 0:
                        self._numbers[captured.inode, namespace.inode] = number

        if unknown:
            try:
                enter(captured, ask)
            except (PtcpdumpError, OSError):    # the captured namespace is gone
                return {}
        return {inode: number for (here, inode), number in self._numbers.items() if here == captured.inode}


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


def _drain(news: socket.socket) -> bool:
    """Whether there were any; what they say is asked for afterwards."""
    found = False
    while True:
        try:
            news.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return found
        except OSError:     # ENOBUFS: too many to be told
            return True
        found = True
