"""What kernels before 5.10 get, on this one: owners by kprobes where it has them, raw tracepoints, and /proc."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump import Packet
from ptcpdump.api import Capture
from ptcpdump.filters.owner import OwnerFilter
from ptcpdump.kernel.loading import openers
from ptcpdump.kernel.loading.probes import kernel_version
from ptcpdump.run.settings import Settings
from tests.live.harness import COMMAND, LIMIT, PYTHON, Link, actor, needs_privileges, run, veth_pair

pytestmark = needs_privileges
TOLD = kernel_version() >= openers.SINCE        # else there is /proc alone
KPROBES = Path("/sys/bus/event_source/devices/kprobe").exists() and TOLD


@pytest.fixture(autouse=True)
def as_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTCPDUMP_DISABLE", "owners")


def until(capture: Capture, packets: Iterator[Packet], words: bytes, times: int = 1) -> list[Packet]:
    """The packets up to the one that has these words so often: what is looked at while sockets are open."""
    guard = threading.Timer(LIMIT, capture.stop)        # instead of waiting for ever
    guard.start()
    seen = []
    for packet in packets:
        seen.append(packet)
        times -= words in packet.data
        if not times:
            break
    guard.cancel()
    assert not times, ([packet.line for packet in seen], capture.counters)
    return seen


@pytest.mark.parametrize("version", [4, 6])
def test_owners(version: int) -> None:
    """Servers from before; what comes from the other host, and what goes there."""
    with veth_pair(57) as link, actor("tcp_server", own(link, version)) as server, \
            actor("udp_server", "0.0.0.0" if version == 4 else "::") as udp:
        port, udp_port = server.receive()["port"], udp.receive()["port"]
        wish = Settings(interfaces=(link.here,), expression=f"port {port} or port {udp_port}", snaplen=100)
        with Capture(wish) as capture:
            packets = iter(capture)
            with actor("tcp_client", own(link, version), port, prefix=link.inside()) as client:
                client.receive()
                client.tell()
                client.receive()
                seen = until(capture, packets, b"answer")
                client.tell()
                client.end()
            with actor("udp_client", own(link, version), udp_port, "connected", prefix=link.inside()) as asking:
                asking.receive()
                seen += until(capture, packets, b"answer")
                asking.tell()
                asking.end()
            capture.stop()
            seen += packets
        udp.tell()
        udp.end()
        server.end()
    for wanted, owner in ((port, server), (udp_port, udp)):
        mine = [packet for packet in seen if f".{wanted}" in packet.line]
        assert {packet.direction for packet in mine} == {1, 2}
        assert {packet.process and packet.process.pid for packet in mine} == {owner.pid}
    assert all(len(packet.data) <= 100 for packet in seen)


@pytest.mark.parametrize("away", ["owners", "owners,openers"])
def test_own_connection(away: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ends are here: each has its own packets, those after it was closed as well."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", away)
    with actor("tcp_server", "127.0.0.1") as server:
        port = server.receive()["port"]
        with Capture(Settings(interfaces=("lo",), expression=f"tcp port {port}")) as capture, \
                actor("tcp_client", "127.0.0.1", port) as client:
            packets = iter(capture)
            client.receive()
            client.tell()
            client.receive()
            seen = until(capture, packets, b"answer", 2)
            client.tell()
            client.end()
            server.end()
            capture.stop()
            seen += packets
    ends: dict[bool, set[int | None]] = {True: set(), False: set()}
    for packet in seen:
        sent_by_server = f"127.0.0.1.{port} >" in packet.line
        ends[sent_by_server == (packet.direction == 2)].add(packet.process.pid if packet.process else None)
    assert ends == {True: {server.pid}, False: {client.pid}}
    assert sum("Flags [F.]" in packet.line for packet in seen) == 4


def test_ended() -> None:
    """A client that has ended when its packets are looked at, and a server that was opened and closed meanwhile.

    Raw tracepoints tell, but for SYN and its answer, which kprobes tell of as well.
    """
    with veth_pair(58) as link, actor("tcp_server", link.peer4, prefix=link.inside()) as far:
        far_port = far.receive()["port"]
        with Capture(Settings(interfaces=(link.here,), expression="tcp")) as capture:
            with actor("tcp_client", link.peer4, far_port) as client:
                client.converse()
            with actor("tcp_server", link.ip4) as server:
                port = server.receive()["port"]
                with actor("tcp_client", link.ip4, port, prefix=link.inside()) as asking:
                    asking.converse()
                server.end()
            capture.stop()
            seen = list(capture)
    named = [packet.process and packet.process.pid for packet in seen if f".{far_port}" in packet.line]
    assert len(named) > 7
    assert named == [client.pid if KPROBES else None] * 2 + [client.pid if TOLD else None] * (len(named) - 2)
    for packet in seen:     # where others have not started more programs meanwhile than there is room for
        if packet.process and packet.process.pid == client.pid and not capture.counters.lost_events:
            assert packet.process.args == tuple(client.process.args)
            assert packet.parent is not None
            assert packet.parent.pid == os.getpid()
    first = next(packet for packet in seen if f".{port}" in packet.line)
    assert (first.process and first.process.pid, first.found) == ((server.pid, "listener") if TOLD else (None, None))


def test_datagrams_of_ended() -> None:
    """Who has asked by UDP, or pinged by a raw socket, and has ended when that is looked at: kprobes tell."""
    with veth_pair(59) as link:
        wish = Settings(interfaces=(link.here,), expression="udp port 7 or icmp[0] == 8 or ip6[40] == 128")
        pids = []
        with Capture(wish) as capture:
            for family, kind, protocol, request, address in (
                    ("AF_INET", "SOCK_DGRAM", 0, 8, link.peer4), ("AF_INET6", "SOCK_DGRAM", 0, 128, link.peer6),
                    ("AF_INET", "SOCK_RAW", "IPPROTO_ICMP", 8, link.peer4),
                    ("AF_INET6", "SOCK_RAW", "IPPROTO_ICMPV6", 128, link.peer6)):
                asking = subprocess.Popen([PYTHON, "-c", f"""
from socket import *
s = socket({family}, {kind}, {protocol})
s.sendto(bytes([{request}, 0, 0, 0]) + b"id" + bytes(20), ("{address}", 7 if {kind} == SOCK_DGRAM else 0))
"""])
                assert asking.wait(LIMIT) == 0
                pids.append(asking.pid)
            capture.stop()
            seen = list(capture)
    named = [packet.process and packet.process.pid for packet in seen]
    assert named == (pids if KPROBES else [None] * 4)


def test_shared() -> None:
    """Each of two processes may receive what comes for a socket that both have: it is nobody's."""
    with veth_pair(61) as link:
        script = """
import os, socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("", 0))
if os.fork():
    print(s.getsockname()[1], flush=True)
os.read(0, 1)
"""
        with subprocess.Popen([PYTHON, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as both:
            port = int(both.stdout.readline())
            with Capture(Settings(interfaces=(link.here,), expression="udp and not ip6")) as capture:
                run(*link.inside(PYTHON, "-c", "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', "
                                               f"('{link.ip4}', {port}))"))
                capture.stop()
                seen = list(capture)
            both.communicate("ends")
    assert [packet.process for packet in seen] == [None]


def test_chosen() -> None:
    """A child of a process that is chosen with its descendants, and nobody else, not the far end's ping."""
    wanted = OwnerFilter(pids=frozenset({os.getpid()}), follow_forks=True)
    with veth_pair(60) as link, actor("tcp_server", link.peer4, prefix=link.inside()) as far:
        wish = Settings(interfaces=(link.here,), expression="tcp or icmp", owner=wanted)
        with Capture(wish) as capture:
            run(*link.inside("ping", "-n", "-c", "1", link.ip4))
            shell = ["sh", "-c", '"$@"; exit', "sh"]
            with actor("tcp_client", link.peer4, far.receive()["port"], prefix=shell) as client:
                pid = client.converse()["pid"]
            capture.stop()
            seen = list(capture)
    assert pid != client.process.pid
    assert (len(seen) > 5) == TOLD      # that it was a child is known of one that has ended by what is told of it
    assert {packet.process.pid for packet in seen} <= {pid}


def test_what_is_said() -> None:
    done = run(*COMMAND, "--doctor")
    assert "no   owners in the kernel" in done.stdout
    assert ("yes  raw tracepoint sched_process_exec" in done.stdout) == TOLD
    assert "looked up in /proc when packets are read" in done.stdout
    with subprocess.Popen([*COMMAND, "-i", "lo", "-c", "1", "icmp and host 127.0.0.79"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as capture:
        said = ""
        while "listening" not in said:
            said += capture.stderr.readline()
        run("ping", "-q", "-c", "1", "127.0.0.79")
        assert "ICMP echo request" in capture.stdout.read()
        said += capture.stderr.read()
        assert capture.wait() == 0
    assert said.count("warning: owners are ") == 1
    for flags in (["--backend", "tp-btf"], ["--netns", "any"]):
        done = run(*COMMAND, "-i", "lo", *flags, check=False)
        assert done.returncode == 1
        assert "Linux 5.1" in done.stderr


def own(link: Link, version: int) -> str:
    return link.ip4 if version == 4 else link.ip6
