"""The little of rtnetlink(7) that we need: the list of a namespace's links, and news of them.

A netlink socket belongs to the network namespace of the thread that opened it, for good; reading it works from any
thread.
"""

import contextlib
import errno
import socket
import struct
from collections.abc import Iterator

from ptcpdump.records import dataclass

RTM_NEWLINK = 16
RTM_DELLINK = 17
RTM_GETLINK = 18
RTMGRP_LINK = 1

IFF_UP = 0x1
IFF_LOOPBACK = 0x8
IFF_POINTOPOINT = 0x10
IFF_RUNNING = 0x40

_RTM_NEWADDR = 20
_RTM_GETADDR = 22
RTM_NEWNSID = 88
_RTM_GETNSID = 90
_RTNLGRP_NSID = 28
NO_NSID = -1        # NETNSA_NSID_NOT_ASSIGNED: a namespace has no number for itself
SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, _NETLINK_LISTEN_ALL_NSID = 270, 1, 8
_NETNSA_NSID = 1
_NETNSA_FD = 3
_IFA_ADDRESS = 1
_IFA_LOCAL = 2
_IFA_BROADCAST = 4
_RT_SCOPE_LINK = 253    # this and above: of no use to others

_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_NLM_F_REQUEST = 0x1
_NLM_F_DUMP = 0x300
_NLM_F_DUMP_INTR = 0x10
_IFLA_IFNAME = 3
_IFLA_LINK = 5
_IFLA_MASTER = 10
_IFLA_LINKINFO = 18
_IFLA_EXT_MASK = 29
_IFLA_LINK_NETNSID = 37
_IFLA_PROP_LIST = 52
_IFLA_ALT_IFNAME = 53
_IFLA_INFO_KIND = 1
_RTEXT_FILTER_SKIP_STATS = 8
_NESTED = 0x3FFF  # without the flag bits of an attribute's type

_HEADER = struct.Struct("=IHHII")     # struct nlmsghdr: length, type, flags, sequence, port
_IFINFO = struct.Struct("=BxHiII")    # struct ifinfomsg: family, hardware type, index, flags, change
_IFADDR = struct.Struct("=BBBBI")     # struct ifaddrmsg: family, prefix length, flags, scope, index
_ATTRIBUTE = struct.Struct("=HH")     # struct rtattr: length, type
_BUFFER = 1 << 16
_LISTS = 4              # of links, before one is taken that was not whole


@dataclass(frozen=True, slots=True)
class Link:
    """A network device as the kernel describes it.

    hardware: ARPHRD_ value; flags: IFF_ bits; kind: "veth", "bridge", ... or empty for hardware.
    master: ifindex of the bridge or bond that it is part of, 0: none.
    peer: ifindex of the device below or at the other end, 0: none; peer_netns: True when that is in another namespace.
    """

    index: int
    name: str
    hardware: int
    flags: int
    kind: str = ""
    master: int = 0
    peer: int = 0
    peer_netns: bool = False
    alternatives: tuple[str, ...] = ()

    @property
    def up(self) -> bool:
        """Administratively up."""
        return bool(self.flags & IFF_UP)

    @property
    def running(self) -> bool:
        """Able to carry packets now."""
        return bool(self.flags & IFF_RUNNING)

    @property
    def loopback(self) -> bool:
        """Whether it is the namespace's own lo."""
        return bool(self.flags & IFF_LOOPBACK)


def link_socket(*, groups: int = 0) -> socket.socket:
    """Open a socket in the namespace of this thread; `groups` is RTMGRP_LINK to receive news."""
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    netlink.bind((0, groups))
    return netlink


def all_nsids_socket(*, groups: int) -> socket.socket:
    """Open a socket in the namespace of this thread that has news of it and of those that it has numbers for, too.

    Where that is not allowed (CAP_NET_BROADCAST), it has news of its own namespace only.
    """
    netlink = link_socket(groups=groups)
    netlink.setsockopt(SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, _RTNLGRP_NSID)
    with contextlib.suppress(OSError):
        netlink.setsockopt(SOL_NETLINK, _NETLINK_LISTEN_ALL_NSID, 1)
    return netlink


def drain(netlink: socket.socket) -> tuple[set[int], set[int | None]]:
    """Take all news: their message types, and the numbers of the namespaces that they come from.

    News of the socket's own namespace count as NO_NSID; None stands for news that were lost.
    """
    kinds: set[int] = set()
    nsids: set[int | None] = set()
    while True:
        try:
            data, notes, _, _ = netlink.recvmsg(_BUFFER, socket.CMSG_SPACE(4), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return kinds, nsids
        except OSError:     # ENOBUFS
            nsids.add(None)
            continue
        kinds |= {kind for kind, _, _, _ in messages(data)}
        nsids |= {struct.unpack("=i", value)[0] for level, kind, value in notes
                  if level == SOL_NETLINK and kind == _NETLINK_LISTEN_ALL_NSID} or {NO_NSID}


def dump_nsids(netlink: socket.socket) -> set[int]:
    """The numbers that the socket's namespace has for others. Raises OSError."""
    return {struct.unpack("=i", value)[0]
            for kind, _, content in listing(netlink, _RTM_GETNSID, bytes(4), "namespace numbers") if kind == RTM_NEWNSID
            for what, value in attributes(content[4:]) if what == _NETNSA_NSID}


def dump_links(netlink: socket.socket) -> list[Link]:
    """All links of the socket's namespace by index. Raises OSError.

    One that stands there all the time may be missing where others come and go so fast that no list is whole: a user may
    keep up such a thing for ever in a namespace of his own.
    """
    found: dict[int, Link] = {}
    for _ in range(_LISTS):
        links, interrupted = _dump_once(netlink)
        listed = {link.index: link for link in links}
        if not interrupted:
            found = listed
            break
        found |= listed
    return [found[index] for index in sorted(found)]


def read_news(netlink: socket.socket) -> Iterator[tuple[int, Link]]:
    """What a subscribed socket holds now, as (RTM_NEWLINK or RTM_DELLINK, link).

    What is said of a link as something else is left out: one that leaves a bridge is only deleted as a port of that
    (AF_BRIDGE). Raises OSError with ENOBUFS when news were lost, so that the links must be dumped again.
    """
    while True:
        try:
            data = netlink.recv(_BUFFER, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        for kind, _, _, body in messages(data):
            if kind in (RTM_NEWLINK, RTM_DELLINK) and _IFINFO.unpack_from(body)[0] == socket.AF_UNSPEC:
                yield kind, _link(body)


def dump_addresses(netlink: socket.socket) -> set[bytes]:
    """Addresses of the socket's namespace that others can reach, 16 bytes each (IPv4 as ::ffff:a.b.c.d).

    Raises OSError.
    """
    return {own for scope, own, _ in listed_addresses(netlink) if own and scope < _RT_SCOPE_LINK}


def listed_addresses(netlink: socket.socket) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """Scope, address and broadcast address of each that the socket's namespace has, in 16 bytes. Raises OSError."""
    body = _IFADDR.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    for kind, _, content in listing(netlink, _RTM_GETADDR, body, "addresses"):
        if kind == _RTM_NEWADDR:
            scope = _IFADDR.unpack_from(content)[3]
            values = {what: in_16_bytes(bytes(value)) for what, value in attributes(content[_IFADDR.size :])
                      if what in (_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST)}
            # IFA_ADDRESS may be the other end's
            yield scope, values.get(_IFA_LOCAL) or values.get(_IFA_ADDRESS), values.get(_IFA_BROADCAST)


def in_16_bytes(address: bytes) -> bytes:
    """An address, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)."""
    return bytes(10) + b"\xff\xff" + address if len(address) == 4 else address


def namespace_number(netlink: socket.socket, namespace: int) -> int:
    """The socket's namespace's number for another one (a descriptor of its file); -1 where it has none.

    Raises OSError.
    """
    body = bytes(4) + attribute(_NETNSA_FD, struct.pack("=I", namespace))
    netlink.send(message(_RTM_GETNSID, 0, body, 1))
    for kind, _, _, content in messages(netlink.recv(_BUFFER)):
        if kind == RTM_NEWNSID:
            for what, value in attributes(content[4:]):
                if what == _NETNSA_NSID:
                    number: int = struct.unpack("=i", value)[0]
                    return number
    return -1


def _dump_once(netlink: socket.socket) -> tuple[list[Link], bool]:
    mask = attribute(_IFLA_EXT_MASK, struct.pack("=I", _RTEXT_FILTER_SKIP_STATS))
    links: list[Link] = []
    interrupted = False
    for kind, flags, content in listing(netlink, RTM_GETLINK, _IFINFO.pack(socket.AF_UNSPEC, 0, 0, 0, 0) + mask,
                                        "interfaces"):
        interrupted |= bool(flags & _NLM_F_DUMP_INTR)
        if kind == RTM_NEWLINK:
            links.append(_link(content))
    return links, interrupted


def listing(netlink: socket.socket, kind: int, body: bytes, what: str) -> Iterator[tuple[int, int, memoryview]]:
    """Type, flags and content of each message of a list that the kernel is asked for, up to its end (NLMSG_DONE), whose
    flags count as well. Raises OSError, which says what was asked for."""
    netlink.send(message(kind, _NLM_F_DUMP, body, 1))
    while True:
        for answer, flags, _, content in messages(netlink.recv(_BUFFER)):
            if answer == _NLMSG_ERROR:
                code = -struct.unpack_from("=i", content)[0]
                raise OSError(code, f"list of {what}: {errno.errorcode.get(code, code)}")
            yield answer, flags, content
            if answer == _NLMSG_DONE:
                return


def message(kind: int, flags: int, content: bytes, sequence: int) -> bytes:
    """A request of one message (netlink(7)); flags are added to NLM_F_REQUEST."""
    return _HEADER.pack(_HEADER.size + len(content), kind, _NLM_F_REQUEST | flags, sequence, 0) + content


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute (rtnetlink(7)), padded to four bytes."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def messages(data: bytes) -> Iterator[tuple[int, int, int, memoryview]]:
    """Type, flags, sequence number and content of each message of one datagram."""
    view, at = memoryview(data), 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        yield kind, flags, sequence, view[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def attributes(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Type and value of each attribute (rtnetlink(7))."""
    at = 0
    while at + _ATTRIBUTE.size <= len(content):
        length, kind = _ATTRIBUTE.unpack_from(content, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind & _NESTED, content[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3


def _text(value: memoryview) -> str:
    return bytes(value).partition(b"\0")[0].decode(errors="surrogateescape")


def _link(content: memoryview) -> Link:
    _, hardware, index, flags, _ = _IFINFO.unpack_from(content)
    name = kind = ""
    master = peer = 0
    other_netns = False
    alternatives: list[str] = []
    for what, value in attributes(content[_IFINFO.size :]):
        if what == _IFLA_IFNAME:
            name = _text(value)
        elif what == _IFLA_MASTER:
            master = struct.unpack("=I", value)[0]
        elif what == _IFLA_LINK:
            peer = struct.unpack("=I", value)[0]
        elif what == _IFLA_LINK_NETNSID:
            other_netns = True
        elif what == _IFLA_LINKINFO:
            kind = next((_text(text) for inner, text in attributes(value) if inner == _IFLA_INFO_KIND), "")
        elif what == _IFLA_PROP_LIST:
            alternatives += [_text(text) for inner, text in attributes(value) if inner == _IFLA_ALT_IFNAME]
    return Link(index, name, hardware, flags, kind, master, peer, other_netns, tuple(alternatives))
