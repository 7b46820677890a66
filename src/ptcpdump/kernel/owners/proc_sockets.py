"""Owners of sockets that existed before the capture, for kernels without socket iterators (before 5.11).

/proc/net tells the sockets of a namespace by inode, /proc/PID/fd who holds them; both are written into the flow map,
connections with both ends, listeners and unconnected sockets with their local end alone.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ptcpdump.kernel.bindings.maps import write_map
from ptcpdump.kernel.bindings.structs import FLOW, FLOW_KEY, FOUND_SCAN, OWNER
from ptcpdump.net.netlink import in_16_bytes
from ptcpdump.net.netns import Namespace, enter
from ptcpdump.procfs import PROC, TICK, processes, read_stat, read_user

TABLES = {6: ("tcp", "tcp6"), 17: ("udp", "udp6"), 1: ("icmp",), 58: ("icmp6",)}      # of /proc/net, by protocol
ANY4 = in_16_bytes(bytes(4))        # any address of IPv4

# Inode and members of the flow key (struct flow_key)
Row = tuple[int, dict[str, int | bytes]]


def write_sockets(flows: int, namespace: Namespace) -> None:
    """Write the owners of all sockets of a namespace into the flow map."""
    sockets = sockets_of(namespace)
    for pid, inode in holders(processes()):
        key = sockets.pop(inode, None)
        owner = owner_of(pid) if key is not None else None
        if key is not None and owner is not None:
            write_map(flows, key, FLOW.pack(owner=owner))


def sockets_of(namespace: Namespace) -> dict[int, bytes]:
    """The flow key of each socket of a namespace by its inode. Raises InterfaceError where the namespace is gone."""
    return {inode: FLOW_KEY.pack(netns=namespace.inode, **key)
            for inode, key in enter(namespace, lambda: list(_sockets())) if inode}


def _sockets() -> Iterator[Row]:
    """Inode and members of the flow key of each socket of this namespace; inode 0: nobody has it open."""
    for protocol, names in TABLES.items():
        for inode, local, *others in chain(*map(read_table, names)):
            yield inode, key_of(protocol, bytes(16) if local == ANY4 else local, *others)


def key_of(protocol: int, local: bytes, port: bytes, remote: bytes, far_port: bytes) -> dict[str, int | bytes]:
    """Members of the flow key of a socket; one without a connection has no remote end."""
    return {"protocol": protocol, "local": local, "local_port": port, "remote": remote if any(far_port) else bytes(16),
            "remote_port": far_port}


def read_table(name: str) -> Iterator[tuple[int, bytes, bytes, bytes, bytes]]:
    """Inode, local address and port, remote address and port of each socket in a table of /proc/net."""
    try:
        rows = Path("/proc/thread-self/net", name).read_text().splitlines()[1:]
    except OSError:
        return
    for row in rows:
        fields = row.split()
        yield int(fields[9]), *_end(fields[1]), *_end(fields[2])


def _end(text: str) -> tuple[bytes, bytes]:
    """Address (IPv4 as ::ffff:a.b.c.d) and port in network order; /proc shows addresses as words in host order."""
    address, port = text.split(":")
    words = [int(address[i:i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(address), 8)]
    raw = b"".join(words)
    return in_16_bytes(raw), int(port, 16).to_bytes(2, "big")


def holders(pids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Process and socket inode of all sockets that these processes have open."""
    for pid in pids:
        try:
            for descriptor in os.scandir(PROC / str(pid) / "fd"):
                target = os.readlink(descriptor.path)
                if target.startswith("socket:["):
                    yield pid, int(target[8:-1])
        except OSError:
            continue        # ended meanwhile


def owner_of(pid: int) -> bytes | None:
    """A process as struct owner; None: it has ended."""
    here = PROC / str(pid)
    stat, uid = read_stat(here), read_user(here)
    if stat is None or uid is None:
        return None
    comm = os.fsencode(stat.comm)
    return OWNER.pack(start=stat.start_ticks * TICK, pid=pid, tid=pid, uid=uid, found=FOUND_SCAN, comm=comm,
                      process_comm=comm)
