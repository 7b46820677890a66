"""The sockets of a network namespace, for the look-up of owners before Linux 5.10: by sock_diag(7), or from /proc/net.

sock_diag tells more quickly, and of sockets for IPv6 whether they get what comes by IPv4, too. Where the kernel has
none for a protocol (the modules tcp_diag and udp_diag), /proc/net is read; ping's sockets stand only there. A socket
that is bound to any address has a key for each family: with that of IPv4 another process's may have its port.
"""

import socket
import struct
from collections.abc import Iterator
from itertools import chain

from ptcpdump.kernel.bindings.structs import FLOW_KEY
from ptcpdump.kernel.owners.proc_sockets import ANY4, TABLES, Row, key_of, read_table
from ptcpdump.net.netlink import attributes, in_16_bytes, listing
from ptcpdump.net.netns import Namespace, enter

_ANY6 = bytes(16)
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20           # linux/sock_diag.h
_INET_DIAG_SKV6ONLY = 11            # linux/inet_diag.h
_REQUEST = struct.Struct("=BBBxI48x")       # struct inet_diag_req_v2: family, protocol, extensions, states
# struct inet_diag_msg: addresses in 16 bytes each, of which those of IPv4 fill four
_ANSWER = struct.Struct("=4x2s2s16s16s12x12xII")    # ports, addresses; interface, cookie; queues; uid, inode
_ALL_STATES = 0xFFFFFFFF
_TIMEOUT = 5.0                      # seconds; the kernel answers at once


def open_sockets(namespace: Namespace) -> list[tuple[int, bytes]]:
    """Inode and flow key of each socket that somebody has open. Raises InterfaceError where the namespace is gone."""
    return [(inode, FLOW_KEY.pack(netns=namespace.inode, **key)) for inode, key in enter(namespace, _sockets) if inode]


def _sockets() -> list[Row]:
    rows: list[Row] = []
    for protocol in TABLES:
        try:
            rows += asked(protocol)
        except OSError:
            rows += read(protocol)
    return rows


def asked(protocol: int) -> list[Row]:
    """What sock_diag tells of a protocol in the namespace of this thread. Raises OSError."""
    if protocol not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        raise OSError("no sock_diag for this protocol")
    rows: list[Row] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as netlink:
        netlink.settimeout(_TIMEOUT)
        for family in (socket.AF_INET, socket.AF_INET6):
            request = _REQUEST.pack(family, protocol, 0, _ALL_STATES)
            for kind, _, content in listing(netlink, _SOCK_DIAG_BY_FAMILY, request, "sockets"):
                if kind == _SOCK_DIAG_BY_FAMILY and len(content) >= _ANSWER.size:
                    rows += _rows(family, protocol, content)
    return rows


def _rows(family: int, protocol: int, content: memoryview) -> Iterator[Row]:
    port, far_port, local, remote, _, inode = _ANSWER.unpack_from(content)
    if family == socket.AF_INET:
        local, remote = in_16_bytes(local[:4]), in_16_bytes(remote[:4])
    key = key_of(protocol, local, port, remote, far_port)
    yield inode, key
    only = next((value[0] for what, value in attributes(content[_ANSWER.size:]) if what == _INET_DIAG_SKV6ONLY), 0)
    if local == _ANY6 and not only:
        yield inode, key | {"local": ANY4}


def read(protocol: int) -> list[Row]:
    """What /proc/net tells: a socket of IPv6 is taken for one of both where there is none of IPv4 on its port."""
    rows = [(inode, key_of(protocol, *ends)) for inode, *ends in chain(*map(read_table, TABLES[protocol]))]
    taken = {key["local_port"] for _, key in rows if key["local"] == ANY4}
    return rows + [(inode, key | {"local": ANY4}) for inode, key in rows
                   if key["local"] == _ANY6 and key["local_port"] not in taken]
