"""What is a network namespace's own: addresses and networks whose packets are delivered in it, and not passed on."""

import socket
import struct
from collections.abc import Iterator

from ptcpdump.net.netlink import SOL_NETLINK, attributes, in_16_bytes, link_socket, listed_addresses, listing
from ptcpdump.net.netns import Namespace, enter

# bits that count, of an address of 16 bytes (IPv4 as ::ffff:a.b.c.d)
Prefix = tuple[int, bytes]

_RTM_NEWROUTE, _RTM_GETROUTE = 24, 26
_RT_TABLE_LOCAL = 255
_RTN_LOCAL, _RTN_BROADCAST, _RTN_ANYCAST = 2, 3, 4
_RTA_DST = 1
_NETLINK_GET_STRICT_CHK = 12
_RTMSG = struct.Struct("=BBBBBBBBI")    # struct rtmsg: family, bits of the destination, ..., table, ..., type, flags

# in each: no address yet (DHCP), all hosts of a link, groups
_EVERYWHERE = frozenset({
    (128, in_16_bytes(bytes(4))), (128, in_16_bytes(b"\xff" * 4)), (100, in_16_bytes(b"\xe0" + bytes(3))),
    (128, bytes(16)), (8, b"\xff" + bytes(15)),
})


def local_prefixes(namespace: Namespace) -> frozenset[Prefix]:
    """All that is a namespace's own. Raises PtcpdumpError or OSError where it can't be asked.

    Before Linux 4.20 that is its addresses, without networks that are its own as a whole (``ip route add local``).
    """
    return _EVERYWHERE | enter(namespace, lambda: frozenset(_prefixes()))


def _prefixes() -> Iterator[Prefix]:
    """Addresses first: the kernel tells of a new one before it has made a route to it."""
    with link_socket() as netlink:
        for _, own, broadcast in listed_addresses(netlink):
            yield from ((128, each) for each in (own, broadcast) if each)
        try:
            netlink.setsockopt(SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)     # else all routes of all tables come
        except OSError:
            return
        for family in (socket.AF_INET, socket.AF_INET6):
            yield from _routes(netlink, family)


def _routes(netlink: socket.socket, family: int) -> Iterator[Prefix]:
    body = _RTMSG.pack(family, 0, 0, 0, _RT_TABLE_LOCAL, 0, 0, 0, 0)
    try:
        for kind, _, content in listing(netlink, _RTM_GETROUTE, body, "local routes"):
            if kind != _RTM_NEWROUTE:
                continue
            _, bits, _, _, table, _, _, what, _ = _RTMSG.unpack_from(content)
            if table == _RT_TABLE_LOCAL and what in (_RTN_LOCAL, _RTN_BROADCAST, _RTN_ANYCAST):
                values = {what: bytes(value) for what, value in attributes(content[_RTMSG.size:])}
                destination = values.get(_RTA_DST, bytes(4 if family == socket.AF_INET else 16))
                yield bits + 128 - 8 * len(destination), in_16_bytes(destination)
    except OSError:
        return      # no such table: the namespace has no IPv6, or no address at all
