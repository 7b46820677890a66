"""What is a network namespace's own: addresses and networks whose packets are delivered in it, and not passed on."""

import socket
import struct
from collections.abc import Iterator

from ptcpdump.net.netlink import RTM_NEWADDR, address_listing, attributes, link_socket, listing, mapped
from ptcpdump.net.netns import Namespace, enter

# bits that count, of an address of 16 bytes (IPv4 as ::ffff:a.b.c.d)
Prefix = tuple[int, bytes]

_RTM_NEWROUTE, _RTM_GETROUTE = 24, 26
_RT_TABLE_LOCAL = 255
_RTN_LOCAL, _RTN_BROADCAST, _RTN_ANYCAST = 2, 3, 4
_RTA_DST = 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST = 1, 2, 4
_SOL_NETLINK, _NETLINK_GET_STRICT_CHK = 270, 12
_RTMSG = struct.Struct("=BBBBBBBBI")    # struct rtmsg: family, bits of the destination, ..., table, ..., type, flags

# in each: no address yet (DHCP), all hosts of a link, groups
_EVERYWHERE = frozenset({
    (128, mapped(bytes(4))), (128, mapped(b"\xff" * 4)), (100, mapped(b"\xe0" + bytes(3))),
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
        for kind, _, content in address_listing(netlink):
            if kind == RTM_NEWADDR:
                values = {what: bytes(value) for what, value in attributes(content[8:])}
                own = values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS)     # IFA_ADDRESS may be the other end's
                yield from ((128, _long(each)) for each in (own, values.get(_IFA_BROADCAST)) if each)
        try:
            netlink.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)     # else all routes of all tables come
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
                yield bits + 128 - 8 * len(destination), _long(destination)
    except OSError:
        return      # no such table: the namespace has no IPv6, or no address at all


def _long(address: bytes) -> bytes:
    return mapped(address) if len(address) == 4 else address
