"""Each packet of UDP, ICMP and raw sockets against a truth that the test made."""

import subprocess
from collections.abc import Sequence

import pytest

from ptcpdump.kernel.loading.probes import kernel_version
from tests.live.attribution.judging import IN, OUT, Captured, address, of_port, own_address, pids
from tests.live.harness import Link, actor, needs_privileges

pytestmark = needs_privileges


def exchange(bound: str, to: str, how: str, *, server: Sequence[str] = (),
             client: Sequence[str] = ()) -> tuple[dict[str, object], dict[str, object]]:
    """A datagram and its answer. What server and client tell of themselves; server, client: where they run."""
    with actor("udp_server", bound, prefix=server) as receiving:
        own = receiving.receive()
        with actor("udp_client", to, own["port"], how, prefix=client) as sending:
            told = sending.receive()
            sending.tell()
            sending.end()
        receiving.tell()
        receiving.end()
    return own, told


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("connected", ["connected", "unconnected"])
def test_udp_client(link: Link, captured: Captured, version: int, connected: str) -> None:
    truth = {}

    def act() -> None:
        there = address(link, version)
        truth.update(exchange(there, there, connected, server=link.inside())[1])

    packets = of_port(captured(link.here, act), truth["port"])
    assert len(packets) == 2
    assert pids(packets) == {truth["pid"]}


@pytest.mark.parametrize(("bound", "version"), [("0.0.0.0", 4), ("::", 6), ("::", 4)])
def test_udp_server(link: Link, captured: Captured, bound: str, version: int) -> None:
    """A wildcard-bound server, from the first datagram on."""
    truth = {}

    def act() -> None:
        truth.update(exchange(bound, own_address(link, version), "connected", client=link.inside())[0])

    packets = of_port(captured(link.here, act), truth["port"])
    assert len(packets) == 2
    assert pids(packets) == {truth["pid"]}


@pytest.mark.parametrize("version", [4, 6])
def test_server_that_starts_late(link: Link, captured: Captured, version: int) -> None:
    """What a client sends to a port that is closed is the client's; from the moment that it is opened, the server's.

    At most a tenth of a millisecond later: for so long the kernel's program remembers that there was no socket.
    """
    truth = {}
    port = 4000 + version

    def act() -> None:
        with actor("knocking_client", own_address(link, version), port, prefix=link.inside()) as client:
            truth.update(client=client.receive()["pid"])
            with actor("udp_server", own_address(link, version), port) as server:
                truth.update(server=server.receive()["pid"])
                client.end()
                server.tell()
                server.end()

    packets = of_port(captured(link.here, act), port)
    answered = next(p.time_ns for p in packets if p.direction == OUT)
    came = [p for p in packets if p.direction == IN]
    first = next(i for i, p in enumerate(came) if p.process and p.process.pid == truth["server"])
    assert first > 1
    assert pids(came[:first]) == {truth["client"]}
    assert pids(came[first:]) == {truth["server"]}
    assert came[first - 1].time_ns < answered + 100000 < came[-1].time_ns


@pytest.mark.parametrize("version", [4, 6])
def test_ping(link: Link, captured: Captured, version: int) -> None:
    truth = {}

    def act() -> None:
        ping = subprocess.Popen(["ping", "-n", "-c", "2", "-i", "0.2", address(link, version)],
                                stdout=subprocess.DEVNULL)
        truth["pid"] = ping.pid
        assert ping.wait(30) == 0

    packets = [p for p in captured(link.here, act) if "echo" in p.line]
    assert len(packets) == 4
    assert pids(packets) == {truth["pid"]}


def test_raw_socket(link: Link, captured: Captured) -> None:
    truth = {}

    def act() -> None:
        with actor("raw_sender", link.peer4) as sender:
            truth.update(sender.receive())
            sender.end()

    packets = [p for p in captured(link.here, act) if b"raw data" in p.data and p.direction == OUT]
    assert pids(packets) == {truth["pid"]}


@pytest.mark.skipif(kernel_version() < (6, 10), reason="who sends on packet sockets is known from Linux 6.10 on")
def test_packet_socket(link: Link, captured: Captured) -> None:
    truth = {}

    def act() -> None:
        with actor("packet_sender", link.here) as sender:
            truth.update(sender.receive())
            sender.end()

    packets = [p for p in captured(link.here, act) if b"from a packet socket" in p.data]
    assert pids(packets) == {truth["pid"]}
