"""Who listens at the other end of a TCP connection, where that is on this host."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_LISTENS = "0A"     # TCP_LISTEN (proc_net_tcp, Documentation/networking/proc_net_tcp.rst)
_WORD = 8           # hexadecimal digits of a word of an address, which stands there in the machine's order of bytes
_TABLES = (("tcp", 4), ("tcp6", 16))        # of /proc/net, with the bytes of their addresses


def who_listens(connection: socket.socket, tables: Path = Path("/proc/net")) -> int | None:
    """The user id of the listening socket that a connection led to; None where it is none of this network namespace."""
    peer, own = connection.getpeername(), connection.getsockname()
    address = _packed(peer[0])
    if address != _packed(own[0]) and not _is_loopback(address):
        return None
    found: int | None = None
    for name, size in _TABLES:
        for there, port, uid in _listening(tables / name):
            if port == peer[1] and _packed_of(there) == address:
                return uid
            # for any address, one of IPv6 also for those of IPv4 where nobody else listens
            if port == peer[1] and found is None and not there.strip("0") and (size == 16 or len(address) == 4):
                found = uid
    return found


def _listening(table: Path) -> Iterator[tuple[str, int, int]]:
    """Address, port and user id of each socket of a table that listens.

    These stand first (tcp_get_idx() in net/ipv4/tcp_ipv4.c); of the others anybody may have any number.
    """
    with contextlib.suppress(FileNotFoundError), table.open() as lines:     # no IPv6 here
        next(lines, None)
        for line in lines:
            row = line.split()
            if row[3] != _LISTENS:
                return
            yield (*_at(row[1]), int(row[7]))


def _at(text: str) -> tuple[str, int]:
    address, _, port = text.partition(":")
    return address, int(port, 16)


def _packed(address: str) -> bytes:
    """An address in bytes: 4 of IPv4, also where IPv6 carries it."""
    if ":" not in address:
        return socket.inet_pton(socket.AF_INET, address)
    return _plain(socket.inet_pton(socket.AF_INET6, address.partition("%")[0]))


def _packed_of(digits: str) -> bytes:
    """The same of an address as the kernel writes it there."""
    words = (digits[at:at + _WORD] for at in range(0, len(digits), _WORD))
    return _plain(b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words))


def _plain(address: bytes) -> bytes:
    return address[12:] if address[:12] == bytes(10) + b"\xff\xff" else address


def _is_loopback(address: bytes) -> bool:
    return address[0] == 127 if len(address) == 4 else address == bytes(15) + b"\1"
