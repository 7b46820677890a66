"""BPF filters in the clsact qdisc (tc-bpf(8)), by rtnetlink(7): many devices in few messages.

A filter stays until it is removed, whoever made it. Ours run first (a new filter of a priority is put before the older
ones, and we take the highest priority), never decide (direct action, TC_ACT_UNSPEC), and are known by their name. A
qdisc that was there stays; one that we made goes with the last filter of ours, unless others have filters in it by
then. An `ingress` qdisc (tc(8); to police, or to redirect to an ifb device) takes clsact's place, but has no egress: it
would take a filter for that, and give it what comes in. So that a second capture knows who made the qdisc, the name of
a filter says that too, and whose capture's it is (net.claims): filters of captures that are dead are removed by the
next one.
"""

import errno
import socket
import struct
from collections.abc import Iterable, Sequence

from ptcpdump.net.claims import is_held
from ptcpdump.net.netlink import attribute, attributes, message, messages
from ptcpdump.records import dataclass

# TCA_BPF_NAME, with the capture's name behind a colon: the qdisc was there; a capture made it
NAME, NAME_WITH_QDISC = "ptcpdump", "ptcpdump+qdisc"

_RTM_NEWQDISC, _RTM_DELQDISC, _RTM_GETQDISC = 36, 37, 38
_RTM_NEWTFILTER, _RTM_DELTFILTER, _RTM_GETTFILTER = 44, 45, 46
NO_PLACE = errno.EOPNOTSUPP     # add(): what stands in clsact's place has no such direction
_ACK, _DUMP, _ECHO, _EXCL, _CREATE = 0x4, 0x300, 0x8, 0x200, 0x400
_ERROR, _DONE = 2, 3
_TCA_KIND, _TCA_OPTIONS = 1, 2
_TCA_BPF_FD, _TCA_BPF_NAME, _TCA_BPF_FLAGS = 6, 7, 8
_DIRECT_ACTION = 1
_TCMSG = struct.Struct("=BxxxiIII")         # struct tcmsg: family, ifindex, handle, parent, info
_CLSACT, _CLSACT_HANDLE = 0xFFFFFFF1, 0xFFFF0000
_PARENT = (0xFFFFFFF2, 0xFFFFFFF3)          # ingress, egress
_ALL_PROTOCOLS = socket.htons(3)            # ETH_P_ALL
_FIRST = 1                                  # priority
_BATCH = 16                                 # devices in one datagram: their answers fit into the socket's buffer


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program is wanted: a device of the socket's namespace, a direction, the program's descriptor."""

    ifindex: int
    egress: bool
    program: int


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter in a clsact qdisc. made_qdisc: a capture made the qdisc."""

    ifindex: int
    egress: bool
    priority: int
    handle: int
    name: str = ""
    made_qdisc: bool = False


def add(netlink: socket.socket, places: Sequence[Place], capture: str) -> list[Filter | OSError]:
    """Put a filter at each place; the answer to each, in that order. Raises OSError when the socket fails.

    capture: its name in this network namespace. What dead captures have left at these devices is removed.
    """
    devices = list(dict.fromkeys(place.ifindex for place in places))
    made = dict(zip(devices, _add_qdiscs(netlink, devices), strict=True))
    one_sided = _one_sided(netlink, [ifindex for ifindex, new in made.items() if not new])
    ours = {ifindex: new or _made(netlink, ifindex) for ifindex, new in made.items()}
    possible = [place for place in places if not place.egress or place.ifindex not in one_sided]
    found: dict[Place, Filter | OSError] = {}
    for at in range(0, len(possible), _BATCH):
        some = possible[at:at + _BATCH]
        found.update(zip(some, _add_filters(netlink, some, ours, capture), strict=True))
    return [found.get(place) or OSError(NO_PLACE, "an ingress qdisc has no egress") for place in places]


def remove(netlink: socket.socket, filters: Iterable[Filter]) -> None:
    """Take filters away, and the qdiscs that captures made if nobody uses them; what is gone already is no error."""
    gone = standing_still(netlink, filters)
    _delete(netlink, gone)
    empty = [ifindex for ifindex in dict.fromkeys(one.ifindex for one in gone if one.made_qdisc)
             if not any(listed(netlink, ifindex, egress=egress) for egress in (False, True))]
    for at in range(0, len(empty), _BATCH):
        _ask(netlink, [_qdisc_message(_RTM_DELQDISC, _ACK, ifindex) for ifindex in empty[at:at + _BATCH]])


def standing_still(netlink: socket.socket, filters: Iterable[Filter]) -> list[Filter]:
    """Those that nobody has removed; somebody else's may have come to their places since."""
    wanted = list(filters)
    there = {_identity(one) for ifindex in {one.ifindex for one in wanted} for one in _standing(netlink, ifindex)}
    return [one for one in wanted if _identity(one) in there]


def _identity(one: Filter) -> tuple[object, ...]:
    return one.ifindex, one.egress, one.priority, one.handle, one.name


def _delete(netlink: socket.socket, filters: Sequence[Filter]) -> None:
    for at in range(0, len(filters), _BATCH):
        _ask(netlink, [_filter_message(_RTM_DELTFILTER, _ACK, one) for one in filters[at:at + _BATCH]])


def listed(netlink: socket.socket, ifindex: int, *, egress: bool) -> list[Filter]:
    """The filters of a device in the order in which they run; empty without a qdisc or a device."""
    netlink.send(message(_RTM_GETTFILTER, _DUMP, _TCMSG.pack(0, ifindex, 0, _PARENT[egress], 0), 1))
    found: list[Filter] = []
    while True:
        for kind, _, _, content in messages(netlink.recv(1 << 16)):
            if kind == _DONE:
                return found
            if kind == _ERROR:
                return []
            if kind == _RTM_NEWTFILTER:
                one = _parsed(content, egress)
                if one.handle:      # else the head of a list of filters
                    found.append(one)


def remove_remains(netlink: socket.socket) -> int:
    """Remove what dead captures have left in the current network namespace; returns how many filters that were."""
    netlink.send(message(_RTM_GETQDISC, _DUMP, _TCMSG.pack(0, 0, 0, 0, 0), 1))
    devices: list[int] = []
    done = False
    while not done:
        for kind, _, _, content in messages(netlink.recv(1 << 16)):
            done |= kind in (_DONE, _ERROR)
            if kind == _RTM_NEWQDISC:
                _, ifindex, _, parent, _ = _TCMSG.unpack_from(content)
                if parent == _CLSACT:
                    devices.append(ifindex)
    remains = [one for ifindex in devices for one in _remains(_standing(netlink, ifindex))]
    remove(netlink, remains)
    return len(remains)


def _standing(netlink: socket.socket, ifindex: int) -> list[Filter]:
    return [one for egress in (False, True) for one in listed(netlink, ifindex, egress=egress)]


def _remains(filters: Iterable[Filter]) -> list[Filter]:
    """Those of captures that are dead."""
    held: dict[str, bool] = {}
    found = []
    for one in filters:
        kind, colon, capture = one.name.partition(":")
        if colon and kind in (NAME, NAME_WITH_QDISC):
            if capture not in held:
                held[capture] = is_held(capture)
            if not held[capture]:
                found.append(one)
    return found


def _made(netlink: socket.socket, ifindex: int) -> bool:
    """Whether another capture made the qdisc that was there before us; what is left of a dead one is removed."""
    standing = _standing(netlink, ifindex)
    remains = _remains(standing)
    if remains:
        _delete(netlink, remains)
    return any(one.made_qdisc for one in standing)


def _add_qdiscs(netlink: socket.socket, devices: Sequence[int]) -> list[bool]:
    """Whether the qdisc of each device is a new one; errors other than that it exists are left to the filters."""
    new: list[bool] = []
    for at in range(0, len(devices), _BATCH):
        answers = _ask(netlink, [_qdisc_message(_RTM_NEWQDISC, _ACK | _CREATE | _EXCL, ifindex)
                                 for ifindex in devices[at:at + _BATCH]])
        new += [error == 0 for error, _ in answers]
    return new


def _one_sided(netlink: socket.socket, devices: Sequence[int]) -> set[int]:
    """Those where an ingress qdisc has clsact's place."""
    found = set()
    for at in range(0, len(devices), _BATCH):
        some = devices[at:at + _BATCH]
        answers = _ask(netlink, [message(_RTM_GETQDISC, _ACK | _ECHO, _TCMSG.pack(0, ifindex, 0, _CLSACT, 0), 0)
                                 for ifindex in some])
        for ifindex, (_, content) in zip(some, answers, strict=True):
            kind = dict(attributes(content[_TCMSG.size:])).get(_TCA_KIND, b"") if content is not None else b""
            if bytes(kind).rstrip(b"\0") == b"ingress":
                found.add(ifindex)
    return found


def _add_filters(netlink: socket.socket, places: Sequence[Place], ours: dict[int, bool],
                 capture: str) -> list[Filter | OSError]:
    names = [f"{NAME_WITH_QDISC if ours[place.ifindex] else NAME}:{capture}" for place in places]
    answers = _ask(netlink, [_new_filter(place, _FIRST, name) for place, name in zip(places, names, strict=True)])
    for i, (error, _) in enumerate(answers):
        if error and error not in (errno.ENODEV, errno.EPERM):
            # another kind of filter or of protocol has that priority: the kernel then chooses the next one
            answers[i], = _ask(netlink, [_new_filter(places[i], 0, names[i])])
    found: list[Filter | OSError] = []
    for place, (error, content) in zip(places, answers, strict=True):
        if error or content is None:
            code = error or errno.EPROTO
            found.append(OSError(code, errno.errorcode.get(code, str(code))))
        else:
            found.append(_parsed(content, place.egress, ours[place.ifindex]))
    return found


def _ask(netlink: socket.socket, requests: Sequence[bytes]) -> list[tuple[int, memoryview | None]]:
    """Send messages of sequence number 0 as one datagram; the error number (0: done) and echo of each."""
    numbered = [request[:8] + struct.pack("=I", i + 1) + request[12:] for i, request in enumerate(requests)]
    netlink.send(b"".join(numbered))
    errors: dict[int, int] = {}
    echoes: dict[int, memoryview] = {}
    while len(errors) < len(requests):
        for kind, _, number, content in messages(netlink.recv(1 << 16)):
            if kind == _ERROR:
                errors[number] = -struct.unpack_from("=i", content)[0]
            elif kind in (_RTM_NEWTFILTER, _RTM_NEWQDISC):
                echoes[number] = content
    return [(errors[i + 1], echoes.get(i + 1)) for i in range(len(requests))]


def _qdisc_message(kind: int, flags: int, ifindex: int) -> bytes:
    return message(kind, flags, _TCMSG.pack(0, ifindex, _CLSACT_HANDLE, _CLSACT, 0)
                   + attribute(_TCA_KIND, b"clsact\0"), 0)


def _new_filter(place: Place, priority: int, name: str) -> bytes:
    options = (attribute(_TCA_BPF_FD, struct.pack("=I", place.program))
               + attribute(_TCA_BPF_NAME, name.encode() + b"\0")
               + attribute(_TCA_BPF_FLAGS, struct.pack("=I", _DIRECT_ACTION)))
    wanted = Filter(place.ifindex, place.egress, priority, 0)
    return _filter_message(_RTM_NEWTFILTER, _ACK | _ECHO | _CREATE | _EXCL, wanted, options)


def _filter_message(kind: int, flags: int, one: Filter, options: bytes = b"") -> bytes:
    content = _TCMSG.pack(0, one.ifindex, one.handle, _PARENT[one.egress], one.priority << 16 | _ALL_PROTOCOLS)
    content += attribute(_TCA_KIND, b"bpf\0")
    return message(kind, flags, content + (attribute(_TCA_OPTIONS, options) if options else b""), 0)


def _parsed(content: memoryview, egress: bool, made: bool | None = None) -> Filter:
    _, ifindex, handle, _, info = _TCMSG.unpack_from(content)
    values = dict(attributes(content[_TCMSG.size:]))
    name = ""
    if bytes(values.get(_TCA_KIND, b"")).rstrip(b"\0") == b"bpf" and _TCA_OPTIONS in values:
        options = dict(attributes(values[_TCA_OPTIONS]))
        name = bytes(options.get(_TCA_BPF_NAME, b"")).rstrip(b"\0").decode(errors="replace")
    if made is None:
        made = name.partition(":")[0] == NAME_WITH_QDISC
    return Filter(ifindex, egress, info >> 16, handle, name, made)
