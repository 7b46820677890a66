"""Sockets as sock_diag and /proc/net tell of them: those that the test has open."""

import contextlib
import os
import socket
from collections.abc import Callable

import pytest

from ptcpdump.kernel.owners import socket_diag
from ptcpdump.kernel.owners.socket_diag import ANY4, Row

ANY6 = bytes(16)
HERE4, HERE6 = ANY4[:12] + bytes([127, 0, 0, 1]), bytes(15) + b"\1"


def asked(protocol: int) -> list[Row]:
    """By sock_diag; where the kernel has none, what is looked at instead."""
    try:
        return socket_diag.asked(protocol)
    except OSError:
        return socket_diag.read(protocol)


def keys(rows: list[Row], of: socket.socket) -> list[tuple[object, ...]]:
    """Local address and port, remote address and port by which a socket stands there."""
    inode = os.fstat(of.fileno()).st_ino
    return sorted((key["local"], key["local_port"], key["remote"], key["remote_port"])
                  for found, key in rows if found == inode)


def port(number: int) -> bytes:
    return number.to_bytes(2, "big")


@pytest.mark.parametrize("told", [asked, socket_diag.read])
@pytest.mark.parametrize(("kind", "protocol"), [
    (socket.SOCK_STREAM, socket.IPPROTO_TCP), (socket.SOCK_DGRAM, socket.IPPROTO_UDP)])
def test_sockets(told: Callable[[int], list[Row]], kind: int, protocol: int) -> None:
    with contextlib.ExitStack() as stack:
        def bound(family: int, address: str, only6: int = 0) -> tuple[socket.socket, bytes]:
            made = stack.enter_context(socket.socket(family, kind))
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
            made.bind((address, 0))
            if kind == socket.SOCK_STREAM:
                made.listen(1)
            return made, port(made.getsockname()[1])

        every4, at4 = bound(socket.AF_INET, "0.0.0.0")
        both, at_both = bound(socket.AF_INET6, "::")
        only, at_only = bound(socket.AF_INET6, "::", 1)
        here, at_here = bound(socket.AF_INET6, "::1")
        client = stack.enter_context(socket.socket(socket.AF_INET, kind))
        client.connect(("127.0.0.1", every4.getsockname()[1]))
        rows = told(protocol)
        nobody = ANY6, bytes(2)
        assert keys(rows, every4) == [(ANY4, at4, *nobody)]
        assert keys(rows, both) == [(ANY6, at_both, *nobody), (ANY4, at_both, *nobody)]
        assert keys(rows, here) == [(HERE6, at_here, *nobody)]
        assert keys(rows, client) == [(HERE4, port(client.getsockname()[1]), HERE4, at4)]
        assert (ANY6, at_only, *nobody) in keys(rows, only)


def test_for_ipv6_alone() -> None:
    """Another process's socket may have the port of IPv4."""
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as only:
        only.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        only.bind(("::", 0))
        only.listen(1)
        assert keys(socket_diag.asked(socket.IPPROTO_TCP), only) == [
            (ANY6, port(only.getsockname()[1]), ANY6, bytes(2))]


def test_no_sock_diag_for_pings() -> None:
    with pytest.raises(OSError, match="no sock_diag for this protocol"):
        socket_diag.asked(socket.IPPROTO_ICMP)
