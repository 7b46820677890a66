"""Each packet of a connection against a truth that the test made: processes that know their own pids and sockets."""

from collections.abc import Callable
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from ptcpdump.kernel.loading.probes import kernel_version
from tests.live.attribution.judging import IN, OUT, Captured, address, of_port, own_address, pids
from tests.live.harness import Link, actor, capturing, needs_privileges, run

pytestmark = needs_privileges

needs_tracepoints = pytest.mark.skipif(
    kernel_version() < (5, 11), reason="who uses a socket that another process opened is known from Linux 5.11 on")


def capture(tmp_path: Path, interface: str, act: Callable[[], None], *flags: str) -> list[Packet]:
    """Packets of what is done meanwhile, in a capture of its own, by the command."""
    path = tmp_path / "x.pcapng"
    with capturing(tmp_path, "-i", interface, "-w", path, *flags):
        act()
    return list(ptcpdump.open(path))


@pytest.mark.parametrize("version", [4, 6])
def test_tcp_client(link: Link, captured: Captured, version: int) -> None:
    """All packets of a client's connection are the client's, from the SYN to the last ACK."""
    truth = {}

    def act() -> None:
        with actor("tcp_server", address(link, version), prefix=link.inside()) as server:
            port = server.receive()["port"]
            with actor("tcp_client", address(link, version), port) as client:
                truth.update(client.converse())
            server.end()

    packets = of_port(captured(link.here, act), truth["port"])
    assert pids(packets) == {truth["pid"]}
    assert {p.direction for p in packets} == {IN, OUT}
    assert any("Flags [S]" in p.line for p in packets)
    assert any("Flags [F" in p.line for p in packets)


@pytest.mark.parametrize(("bound", "version"), [("0.0.0.0", 4), ("::", 6), ("::", 4)])
def test_tcp_server(link: Link, captured: Captured, bound: str, version: int) -> None:
    """The same for a server, dual-stack ones that are asked over IPv4 included."""
    truth = {}

    def act() -> None:
        with actor("tcp_server", bound) as server:
            truth.update(server.receive())
            with actor("tcp_client", own_address(link, version), truth["port"], prefix=link.inside()) as client:
                client.converse()
            server.end()

    packets = of_port(captured(link.here, act), truth["port"])
    assert pids(packets) == {truth["pid"]}
    assert len(packets) >= 8


@needs_tracepoints
@pytest.mark.parametrize("role", ["prefork_server", "quiet_accept_server"])
def test_accepted_by_a_child(link: Link, captured: Captured, role: str) -> None:
    """The child that accepted owns the connection; only what came before may be its parent's."""
    truth = {}

    def act() -> None:
        with actor(role, link.ip4) as server:
            truth.update(server.receive())
            with actor("tcp_client", link.ip4, truth["port"], prefix=link.inside()) as client:
                client.converse()
            server.end()

    packets = of_port(captured(link.here, act), truth["port"])
    answer = next(i for i, p in enumerate(packets) if p.direction == OUT and b"answer of" in p.data)
    assert pids(packets[answer:]) == {truth["child"]}
    assert pids(packets[:answer]) <= {truth["pid"], truth["child"]}


def test_reuseport_group(link: Link, captured: Captured) -> None:
    """Each connection belongs to the member of the group that it was given to."""
    truth: dict[object, int] = {}

    def act() -> None:
        with actor("reuseport_server", link.ip4, 0) as one:
            port = one.receive()["port"]
            with actor("reuseport_server", link.ip4, port) as two:
                two.receive()
                for _ in range(8):
                    with actor("tcp_client", link.ip4, port, prefix=link.inside()) as client:
                        facts = client.converse()
                        truth[facts["port"]] = int(str(facts["answer"]))
                two.tell()
                two.end()
            one.tell()
            one.end()

    packets = captured(link.here, act)
    for port, pid in truth.items():
        assert pids(of_port(packets, port)) == {pid}


@needs_tracepoints
def test_socket_handed_over(link: Link, captured: Captured) -> None:
    """A connection passed by SCM_RIGHTS belongs to whoever uses it now."""
    truth = {}

    def act() -> None:
        with actor("handover_server", link.ip4) as server:
            truth.update(server.receive())
            with actor("tcp_client", link.ip4, truth["port"], prefix=link.inside()) as client:
                client.converse()
            server.end()

    packets = of_port(captured(link.here, act), truth["port"])
    answer = next(i for i, p in enumerate(packets) if p.direction == OUT and b"from the worker" in p.data)
    assert pids(packets[answer:]) == {truth["worker"]}


def served(link: Link, role: str, *words: object) -> tuple[dict[str, object], Callable[[], None]]:
    """A client role against an echoing server in the namespace."""
    truth: dict[str, object] = {}

    def act() -> None:
        with actor("tcp_server", link.peer4, prefix=link.inside()) as server:
            port = server.receive()["port"]
            with actor(role, link.peer4, port, *words) as client:
                truth.update(client.receive(), server=port)
                client.tell()
                client.end()

    return truth, act


@needs_tracepoints
def test_fork_without_exec(link: Link, captured: Captured) -> None:
    truth, act = served(link, "fork_client")
    packets = of_port(captured(link.here, act), truth["server"])
    question = next(p for p in packets if b"question" in p.data)
    assert question.process and question.process.pid == truth["child"]
    assert "fork_client" in question.process.args
    assert question.parent and question.parent.pid == truth["pid"]


def test_exec_after_connect(link: Link, captured: Captured) -> None:
    """The same pid under two names, each for the packets of its time."""
    truth, act = served(link, "exec_client")
    packets = of_port(captured(link.here, act), truth["server"])
    assert pids(packets) == {truth["pid"]}
    syn = next(p for p in packets if "Flags [S]" in p.line)
    question = next(p for p in packets if b"question" in p.data)
    assert "exec_client" in syn.process.args
    assert question.process.args[0] == "a-new-name"
    assert Path(question.process.command).name == "bash"


def test_gone_before_its_last_packets(link: Link, captured: Captured) -> None:
    truth, act = served(link, "short_client")
    packets = of_port(captured(link.here, act), truth["server"])
    assert pids(packets) == {truth["pid"]}
    assert all("short_client" in p.process.args for p in packets)


def test_thread(link: Link, captured: Captured) -> None:
    truth, act = served(link, "thread_client")
    packets = of_port(captured(link.here, act), truth["server"])
    question = next(p for p in packets if b"question" in p.data)
    assert question.thread and question.thread.tid == truth["tid"]
    assert pids(packets) == {truth["pid"]}


def test_both_ends_on_one_host(captured: Captured) -> None:
    """On the loopback a packet is its sender's on the way out and its receiver's on the way in."""
    server_truth, client_truth = {}, {}

    def act() -> None:
        with actor("tcp_server", "127.0.0.1") as server:
            server_truth.update(server.receive())
            with actor("tcp_client", "127.0.0.1", server_truth["port"]) as client:
                client_truth.update(client.converse())
            server.end()

    packets = of_port(captured("lo", act), client_truth["port"])
    to_server = f"> 127.0.0.1.{server_truth['port']}:"
    for p in packets:
        sent_by_client = to_server in p.line
        expected = client_truth if sent_by_client == (p.direction == OUT) else server_truth
        assert p.process and p.process.pid == expected["pid"], p.line


def test_sockets_from_before(link: Link, tmp_path: Path) -> None:
    """Connections, listeners and UDP servers that exist when the capture starts."""
    with actor("tcp_server", link.ip4, 0, 2) as server, actor("udp_server", "0.0.0.0") as udp:
        port, udp_port = server.receive()["port"], udp.receive()["port"]
        with actor("tcp_client", link.ip4, port, prefix=link.inside()) as before:
            before_port = before.receive()["port"]

            def act() -> None:
                before.tell()
                before.receive()
                before.tell()
                before.end()
                for role, to in (("tcp_client", (link.ip4, port)), ("udp_client", (link.ip4, udp_port, "connected"))):
                    with actor(role, *to, prefix=link.inside()) as later:
                        later.receive()
                        later.tell()
                        if role == "tcp_client":
                            later.receive()
                            later.tell()
                        later.end()

            packets = capture(tmp_path, link.here, act)
        udp.tell()
        udp.end()
        server.end()
    assert pids(of_port(packets, before_port)) == {server.pid}
    assert pids(of_port(packets, port)) == {server.pid}
    assert pids(of_port(packets, udp_port)) == {udp.pid}


def test_recycled_pid(link: Link, captured: Captured) -> None:
    """Two processes with one pid are two owners."""
    truth = {}

    def act() -> None:
        with actor("tcp_server", link.peer4, 0, 2, prefix=link.inside()) as server:
            truth["port"] = server.receive()["port"]
            with actor("pid_reuser", link.peer4, truth["port"]) as client:
                truth.update(client.receive())
                client.end()

    packets = of_port(captured(link.here, act), truth["port"])
    if truth["first"] != truth["second"]:
        pytest.skip("another process took the pid before it could be used again")
    assert pids(packets) == {truth["first"]}
    lives = [p.process.args[-1] for p in packets if "Flags [S" in p.line]
    assert lives == ["first-life"] * 2 + ["second-life"] * 2


def test_nothing_claims_what_is_nobodys(link: Link, tmp_path: Path) -> None:
    """What the kernel itself answers to strangers has no process."""
    def act() -> None:
        run(*link.inside("ping", "-n", "-c", "1", link.ip4))

    packets = [p for p in capture(tmp_path, link.here, act, "--disable-reverse-match") if "echo" in p.line]
    assert len(packets) == 2
    assert pids(packets) == {None}
