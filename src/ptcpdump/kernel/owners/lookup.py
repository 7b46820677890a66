"""Owners of packets by sock_diag and /proc, while packets are read: for kernels whose hooks don't know them all (before
5.10).

A packet whose flow the kernel finds in the map `flows` comes with its owner. For the others the sockets that there are
now are listed, with who has them open, and written there for the packets that follow.
"""

import contextlib
import struct
import time

from ptcpdump.errors import InterfaceError, PtcpdumpError
from ptcpdump.kernel.bindings.maps import delete_from_map, read_map, write_map
from ptcpdump.kernel.bindings.structs import FLOW, FLOW_KEY, FOUND_SCAN, OWNER
from ptcpdump.kernel.owners.proc_sockets import ANY4, holders, owner_of
from ptcpdump.kernel.owners.socket_diag import open_sockets
from ptcpdump.net.netlink import in_16_bytes
from ptcpdump.net.netns import Namespace
from ptcpdump.procfs import PROC, TICK, processes, read_stat

_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP, _UDP = 6, 17
_ECHO = {1: (8, 0), 58: (128, 129)}         # ICMP, ICMPv6: types of request and answer

_SHARE = 0.2            # of a CPU's time, for looking, in the long run
_BURST = 1.0            # seconds of it at once, at most
_AGAIN = 1.0            # seconds after which what had no owner may have got one
_MANY = 4096            # flows without owner that are remembered, and closed ones with it
_ENOUGH = 3             # looks for who holds a socket: it may be of a process that we can't see


class SocketLookup:
    """The sockets of a namespace and their owners, as /proc had them at the last look.

    flows: the map. told: kernel hooks write there, too, who uses a socket.
    """

    def __init__(self, flows: int, namespace: Namespace, *, told: bool = False) -> None:
        self._flows = flows
        self._namespace = namespace
        self._told = told
        self._holders: dict[int, bytes] = {}        # struct owner by inode
        self._tried: dict[int, int] = {}            # inodes that nobody seems to hold: how often was looked
        self._written: dict[bytes, bytes] = {}      # struct owner by flow key
        self._closed: dict[bytes, bytes] = {}       # the same of those that were there once, the latest
        self._nobody: dict[tuple[bytes, ...], float] = {}
        self._budget = _BURST
        self._paid = time.monotonic()

    def find(self, packet: bytes, link_header: bool, outgoing: bool) -> bytes | None:
        """Struct owner of a packet that the kernel knew none for; None: nor do we."""
        ends = _ends(packet, link_header, outgoing)
        if ends is None or self._nobody.get(ends, 0) > time.monotonic():
            return None
        keys = _keys(self._namespace.inode, *ends)
        if _is_tcp(ends) and _opens(packet, link_header):
            self._closed.pop(keys[0], None)     # an earlier connection between the same ports
        found = self._known(keys) if _is_tcp(ends) and keys[0] in self._written else None
        if found is None and self._may_look():
            self.look()
        found = found or self._known(keys)
        if found is None:
            if len(self._nobody) >= _MANY:
                self._nobody.clear()
            self._nobody[ends] = time.monotonic() + _AGAIN
        return found

    def look(self) -> None:
        """Read all sockets of the namespace, and who has them open."""
        began = time.monotonic()
        try:
            sockets = open_sockets(self._namespace)
        except InterfaceError:
            return          # the namespace is gone
        self._find_holders(sockets)
        now = self._owners(sockets)
        alive: dict[tuple[int, int], bool] = {}
        for key, owner in now.items():
            if not (self._stands(key, owner, alive) if self._told else self._written.get(key) == owner):
                with contextlib.suppress(PtcpdumpError):
                    write_map(self._flows, key, FLOW.pack(owner=owner))
        for key in self._written.keys() - now.keys():
            self._closed.pop(key, None)
            self._closed[key] = self._written[key]
            if FLOW_KEY.unpack(key)["remote_port"] == 0:    # closed connections may still have packets
                delete_from_map(self._flows, key)
        for key in list(self._closed)[:-_MANY]:
            del self._closed[key]
        self._written = now
        self._budget -= time.monotonic() - began

    def _owners(self, sockets: list[tuple[int, bytes]]) -> dict[bytes, bytes]:
        """Struct owner by flow key; without keys that sockets of several processes have."""
        found: dict[bytes, bytes | None] = {}
        for inode, key in sockets:
            owner = self._holders.get(inode)
            found[key] = owner if found.setdefault(key, owner) == owner else None
        return {key: owner for key, owner in found.items() if owner is not None}

    def _stands(self, key: bytes, owner: bytes, alive: dict[tuple[int, int], bool]) -> bool:
        """Whether this owner is written, or a hook has told of another one, which is still there.

        alive: what is known of processes by pid and start; this one is added.
        """
        known = read_map(self._flows, key, FLOW.size)
        if known is None or known.endswith(owner):
            return known is not None
        told = OWNER.unpack(FLOW.unpack(known)["owner"])
        if told["found"] == FOUND_SCAN:
            return False
        process = told["pid"], told["start"]
        if process not in alive:
            stat = read_stat(PROC / str(told["pid"]))
            alive[process] = stat is not None and stat.start_ticks == told["start"] // TICK
        return alive[process]

    def _find_holders(self, sockets: list[tuple[int, bytes]]) -> None:
        """Who has sockets open that were not there at the last look; the youngest processes are looked at first.

        A connection that several have is the youngest's, who was given it; of other sockets each may get what comes.
        """
        known = {inode for inode, _ in sockets}
        self._holders = {inode: owner for inode, owner in self._holders.items() if inode in known}
        self._tried = {inode: times for inode, times in self._tried.items() if inode in known}
        wanted = {inode for inode in known if inode not in self._holders and self._tried.get(inode, 0) < _ENOUGH}
        if not wanted:
            return
        alone = {inode for inode, key in sockets if inode in wanted and FLOW_KEY.unpack(key)["protocol"] != _TCP}
        held: dict[int, int] = {}       # pid by inode
        for pid, inode in holders(sorted(processes(), reverse=True)):
            if inode in alone and held.get(inode, pid) != pid:
                held[inode] = 0
            elif inode in wanted:
                held.setdefault(inode, pid)
            if not alone and len(held) == len(wanted):
                break
        for inode in wanted:
            owner = owner_of(held[inode]) if held.get(inode) else None
            if owner is not None:
                self._holders[inode] = owner
            else:
                self._tried[inode] = self._tried.get(inode, 0) + 1

    def _known(self, keys: list[bytes]) -> bytes | None:
        """Of what is open now; or of a connection that was: others may have ports that are free again."""
        return next((self._written[key] for key in keys if key in self._written), self._closed.get(keys[0]))

    def _may_look(self) -> bool:
        now = time.monotonic()
        self._budget = min(_BURST, self._budget + (now - self._paid) * _SHARE)
        self._paid = now
        return self._budget > 0


def _is_tcp(ends: tuple[bytes, ...]) -> bool:
    return ends[0] == bytes([_TCP])


def _opens(packet: bytes, link_header: bool) -> bool:
    """Whether a TCP packet is a SYN without ACK."""
    at = 14 if link_header else 0
    flags = at + ((packet[at] & 15) * 4 if packet[at] >> 4 == 4 else 40) + 13
    return len(packet) > flags and packet[flags] & 0x12 == 2


def _ends(packet: bytes, link_header: bool, outgoing: bool) -> tuple[bytes, ...] | None:
    """Protocol, local and remote address, local and remote port of a packet; None: it has no ports."""
    at = 14 if link_header else 0
    if len(packet) < at + 20:
        return None
    if packet[at] >> 4 == 4 and (not link_header or packet[12:14] == _IPV4.to_bytes(2, "big")):
        protocol, transport = packet[at + 9], at + (packet[at] & 15) * 4
        source, destination = in_16_bytes(packet[at + 12:at + 16]), in_16_bytes(packet[at + 16:at + 20])
        if struct.unpack_from(">H", packet, at + 6)[0] & 0x3FFF:
            return None     # a fragment
    elif packet[at] >> 4 == 6 and (not link_header or packet[12:14] == _IPV6.to_bytes(2, "big")):
        protocol, transport = packet[at + 6], at + 40
        source, destination = packet[at + 8:at + 24], packet[at + 24:at + 40]
    else:
        return None
    head = packet[transport:transport + 8]
    if len(head) < 8:
        return None
    if protocol in (_TCP, _UDP):
        ports = head[:2], head[2:4]
    elif protocol in _ECHO and head[0] == _ECHO[protocol][not outgoing]:
        ports = head[4:6], head[4:6]
    else:
        return None
    local, remote = (0, 1) if outgoing else (1, 0)
    return bytes([protocol]), (source, destination)[local], (source, destination)[remote], ports[local], ports[remote]


def _keys(netns: int, protocol: bytes, local: bytes, remote: bytes, port: bytes, remote_port: bytes) -> list[bytes]:
    """The flow keys of a packet, the most exact one first: the connection, the address and port, the port alone."""
    return [FLOW_KEY.pack(netns=netns, protocol=protocol[0], local_port=port, local=here, remote=there, remote_port=far)
            for here, there, far in ((local, remote, remote_port), (local, b"", b""), (_any(local), b"", b""))]


def _any(local: bytes) -> bytes:
    """Any address of the same family."""
    return ANY4 if local.startswith(ANY4[:12]) else b""
