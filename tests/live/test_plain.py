"""What kernels before 5.10 get, on this one: packets alone, with owners from /proc."""

import subprocess
import threading
from collections.abc import Iterator

import pytest

from ptcpdump import Packet
from ptcpdump.api import Capture
from ptcpdump.run.settings import Settings
from tests.live.harness import COMMAND, LIMIT, Link, actor, needs_privileges, run, veth_pair

pytestmark = needs_privileges


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


def test_own_connection() -> None:
    """Both ends are here: each has its own packets, those after it was closed as well."""
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


def test_what_is_said() -> None:
    done = run(*COMMAND, "--doctor")
    assert "no   owners in the kernel" in done.stdout
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
    assert said.count("warning: owners are looked up in /proc") == 1
    for flags in (["--pid", "1"], ["--backend", "tp-btf"], ["--netns", "any"]):
        done = run(*COMMAND, "-i", "lo", *flags, check=False)
        assert done.returncode == 1
        assert "Linux 5.1" in done.stderr


def own(link: Link, version: int) -> str:
    return link.ip4 if version == 4 else link.ip6
