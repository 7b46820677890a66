"""Packets between two processes of this host: a pcapng file names both, with what it says of each."""

import socket
import struct
import textwrap
from pathlib import Path

import pytest
from pcapng_blocks import Owned, packets

from tests.live.harness import COMMAND, PYTHON, needs_privileges, run

pytestmark = needs_privileges

# A client, then its server, so that no socket was there when a process forked: a datagram each way, and a connection.
PAIR = textwrap.dedent("""
    import os, socket, subprocess, sys
    client = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
    udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.create_server(("127.0.0.1", 0))
    udp.bind(("127.0.0.1", 0))
    ports = [str(each.getsockname()[1]) for each in (udp, tcp)]
    client.stdin.write(" ".join(ports).encode())
    client.stdin.close()
    udp.sendto(b"answer", udp.recvfrom(9)[1])
    with tcp.accept()[0] as stream:
        stream.recv(9)
        stream.sendall(b"last")
        client.wait()
    print(os.getpid(), client.pid, *ports)
""")
CLIENT = textwrap.dedent("""
    import socket, sys
    udp, tcp = map(int, sys.stdin.read().split())
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.sendto(b"question", ("127.0.0.1", udp))
    asker.recv(9)
    with socket.create_connection(("127.0.0.1", tcp)) as stream:
        stream.sendall(b"more")
        stream.recv(9)
""")


def named(one: Owned) -> list[int]:
    """The pids that a packet names."""
    return [struct.unpack("=II", value)[0] for code, value in one.block.options if code == 8]


def ends(data: bytes) -> tuple[int, int]:
    """Ports of a packet with or without Ethernet header."""
    return struct.unpack_from("!HH", data, 20 if data[0] == 0x45 else 34)


@pytest.mark.parametrize("backend", ["tc", "tp-btf", "cgroup-skb", "socket-filter"])
def test_who_sends_and_who_gets(tmp_path: Path, backend: str) -> None:
    done = run(*COMMAND, "-i", "lo", "--backend", backend, "-w", tmp_path / "out", "--", PYTHON, "-c", PAIR, CLIENT)
    server, client, udp, tcp = map(int, done.stdout.split())
    counts = {udp: 0, tcp: 0}
    for one in packets(tmp_path / "out"):
        source, target = ends(one.data)
        port = source if source in counts else target
        sender, receiver = (server, client) if port == source else (client, server)
        direction, = struct.unpack("=I", one.block.option(2) or b"")
        own, other = (receiver, sender) if direction == 1 else (sender, receiver)
        pids = named(one)
        assert pids[0] == own
        # a connection that is closing has no socket at one end, or both
        assert pids == [own, other] or (port == tcp and pids == [own])
        counts[port] += pids == [own, other]
    assert counts[udp] == 4 and counts[tcp] >= 10


def test_one_owner_is_named_once(tmp_path: Path) -> None:
    """Both ends are the same process's; and where no process has the other end, nobody is named for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    alone = ("import os, socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0));"
             f"s.sendto(b'x', s.getsockname()); s.sendto(b'x', ('127.0.0.1', {port})); print(os.getpid())")
    done = run(*COMMAND, "-i", "lo", "-w", tmp_path / "out", "udp", "--", PYTHON, "-c", alone)
    found = packets(tmp_path / "out")
    assert len(found) >= 3
    assert all(named(one) in ([int(done.stdout)], []) for one in found)
