"""Owners of sockets that existed before the capture, for kernels without socket iterators (before 5.11).

/proc/net tells the sockets of a namespace by inode, /proc/PID/fd who holds them; both are written into the flow map,
connections with both ends, listeners and unconnected sockets with their local end alone.
"""

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from ptcpdump.kernel.bindings.object import write_map
from ptcpdump.net.netns import Namespace, enter

_KEY = struct.Struct("=I2s2s16s16sI")                  # struct flow_key of bpf/maps.h
_FLOW = struct.Struct("=QQQIIIBxxx16s")                # struct flow: time, then struct owner of bpf/record.h
_FOUND_SCAN = 6
_TABLES = (("tcp", 6), ("tcp6", 6), ("udp", 17), ("udp6", 17), ("icmp", 1), ("icmp6", 58))
_MAPPED = bytes(10) + b"\xff\xff"
_NANOSECONDS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def plant(flows: int, namespace: Namespace) -> None:
    """Write the owners of all sockets of a namespace into the flow map."""
    sockets = dict(enter(namespace, lambda: list(_sockets())))
    for pid, inode in _holders():
        for key in sockets.pop(inode, ()):
            owner = _owner(pid)
            if owner is not None:
                write_map(flows, _KEY.pack(namespace.inode, *key), owner)


def _sockets() -> Iterator[tuple[int, list[tuple[bytes, bytes, bytes, bytes, int]]]]:
    """Inode and flow keys (local port, remote port, local, remote, protocol) of the sockets of this namespace."""
    for name, protocol in _TABLES:
        try:
            rows = Path("/proc/thread-self/net", name).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            local, local_port = _end(fields[1])
            remote, remote_port = _end(fields[2])
            if remote_port == bytes(2):
                remote = bytes(16)
            if not any(local.removeprefix(_MAPPED)):
                local = bytes(16)
            yield int(fields[9]), [(local_port, remote_port, local, remote, protocol)]


def _end(text: str) -> tuple[bytes, bytes]:
    """Address (IPv4 as ::ffff:a.b.c.d) and port in network order; /proc shows addresses as words in host order."""
    address, port = text.split(":")
    words = [int(address[i:i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(address), 8)]
    raw = b"".join(words)
    return (_MAPPED + raw if len(raw) == 4 else raw), int(port, 16).to_bytes(2, "big")


def _holders() -> Iterator[tuple[int, int]]:
    """Process and socket inode of all open sockets."""
    for process in os.scandir("/proc"):
        if not process.name.isdecimal():
            continue
        try:
            for descriptor in os.scandir(f"/proc/{process.name}/fd"):
                target = os.readlink(descriptor.path)
                if target.startswith("socket:["):
                    yield int(process.name), int(target[8:-1])
        except OSError:
            continue        # ended meanwhile


def _owner(pid: int) -> bytes | None:
    here = Path(f"/proc/{pid}")
    try:
        name, _, rest = os.fsdecode((here / "stat").read_bytes()).partition("(")[2].rpartition(")")
        uid = here.stat().st_uid
    except OSError:
        return None
    start = int(rest.split()[19]) * _NANOSECONDS
    return _FLOW.pack(0, start, 0, pid, pid, uid, _FOUND_SCAN, os.fsencode(name)[:15])


