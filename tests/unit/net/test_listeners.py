"""Who listens at a port, as the kernel's tables of sockets tell."""

import os
import socket
from pathlib import Path

import pytest

from ptcpdump.net.listeners import who_listens


@pytest.mark.parametrize(("family", "bound", "there"), [
    (socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET, "0.0.0.0", "127.0.0.1"),
    (socket.AF_INET, "127.0.0.9", "127.0.0.9"), (socket.AF_INET6, "::1", "::1"), (socket.AF_INET6, "::", "::1"),
    (socket.AF_INET6, "::", "127.0.0.1")])
def test_of_this_host(family: int, bound: str, there: str) -> None:
    dual = family == socket.AF_INET6 and bound == "::"
    try:
        listener = socket.create_server((bound, 0), family=family, dualstack_ipv6=dual)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener, socket.create_connection((there, listener.getsockname()[1])) as connection:
        assert who_listens(connection) == os.geteuid()


class Connection:
    def __init__(self, peer: str, own: str) -> None:
        self.peer, self.own = (peer, 8080), (own, 40000)

    def getpeername(self) -> tuple[str, int]:
        return self.peer

    def getsockname(self) -> tuple[str, int]:
        return self.own


@pytest.mark.parametrize(("peer", "own", "uid"), [
    ("127.0.0.1", "127.0.0.1", 1000),           # the socket bound to that address, not the one for any
    ("127.0.0.2", "127.0.0.1", 1001),
    ("10.0.0.5", "10.0.0.5", 1001),
    ("::ffff:10.0.0.5", "::ffff:10.0.0.5", 1001),
    ("10.0.0.6", "10.0.0.5", None),             # another host
    ("::1", "::1", 1002),
    ("fe80::1%lo", "fe80::1%lo", 1003)])
def test_of_several(tmp_path: Path, peer: str, own: str, uid: int | None) -> None:
    head, rest = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid", " 00:0 00:0 0 "
    four, six = "00000000:0000", "0" * 32 + ":0000"
    (tmp_path / "tcp").write_text("\n".join([
        head, f"0: 00000000:1F90 {four} 0A{rest} 1001 0 5", f"1: 0100007F:1F90 {four} 0A{rest} 1000 0 5",
        f"2: 0100007F:1F91 {four} 0A{rest} 8 0 5", f"3: 0100007F:1F90 0100007F:9C40 01{rest} 7 0 5"]))
    (tmp_path / "tcp6").write_text("\n".join([
        head, f"0: {'0' * 32}:1F90 {six} 0A{rest} 1003 0 5", f"1: {'0' * 24}01000000:1F90 {six} 0A{rest} 1002 0 5"]))
    assert who_listens(Connection(peer, own), tmp_path) == uid
