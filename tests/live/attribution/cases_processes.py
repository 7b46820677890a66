"""Processes that change, and sockets whose first process has gone."""

from collections.abc import Generator
from pathlib import Path

from tests.live.attribution.role_parts import NOBODY
from tests.live.attribution.scenario import Expected, Owner, Stage, of_port, scenario
from tests.live.harness import Actor


def ask(stage: Stage, kind: str, port: object, server: Actor) -> dict[str, object]:
    """A client in the namespace asks a server of ours; what it learnt, with its own port."""
    with stage.role("asker", kind, stage.link.ip4, port, inside=True) as client:
        facts = dict(client.receive())
        client.tell()
        if kind == "tcp":
            client.receive()
            server.receive()    # it has accepted
            client.tell()
        facts |= client.receive()
        client.tell()
        client.end()
    return facts


def become_nobody(stage: Stage, kind: str, server: Actor) -> list[Expected]:
    """A server that has bound its socket becomes another user, and is asked."""
    facts = server.said[0] if server.said else server.receive()
    server.tell()
    server.receive()
    ask(stage, kind, facts["port"], server)
    server.tell()
    server.end()
    return [Expected(of_port(facts["port"]), (Owner(server.pid, NOBODY),), 2)]


def dropped(stage: Stage, kind: str) -> list[Expected]:
    with stage.role("dropping_server", kind, stage.link.ip4) as server:
        return become_nobody(stage, kind, server)


def dropped_later(stage: Stage, kind: str) -> Generator[None, None, list[Expected]]:
    with stage.role("dropping_server", kind, stage.link.ip4) as server:
        server.receive()
        yield
        return become_nobody(stage, kind, server)


@scenario("UDP server that binds as root and becomes another user")
def dropped_udp(stage: Stage) -> list[Expected]:
    return dropped(stage, "udp")


@scenario("TCP server that binds as root and becomes another user")
def dropped_tcp(stage: Stage) -> list[Expected]:
    return dropped(stage, "tcp")


@scenario("UDP server that has bound before the capture, and becomes another user")
def dropped_later_udp(stage: Stage) -> Generator[None, None, list[Expected]]:
    return (yield from dropped_later(stage, "udp"))


@scenario("TCP server that has bound before the capture, and becomes another user")
def dropped_later_tcp(stage: Stage) -> Generator[None, None, list[Expected]]:
    return (yield from dropped_later(stage, "tcp"))


def inherited(stage: Stage, kind: str, role: str, *words: object) -> list[Expected]:
    with stage.role(role, kind, stage.link.ip4, *words) as server:
        facts = server.receive()
        ask(stage, kind, facts["port"], server)
        server.tell()
        server.end()
    return [Expected(of_port(facts["port"]), (Owner(int(str(facts["holder"]))),), 2)]


@scenario("TCP server that forks and exits, as daemons do")
def daemon_tcp(stage: Stage) -> list[Expected]:
    return inherited(stage, "tcp", "daemon")


@scenario("UDP server that forks and exits")
def daemon_udp(stage: Stage) -> list[Expected]:
    return inherited(stage, "udp", "daemon")


@scenario("TCP server that forks twice")
def twice_forked_tcp(stage: Stage) -> list[Expected]:
    return inherited(stage, "tcp", "daemon", 2)


@scenario("UDP server whose child, between, ends first")
def waited_udp(stage: Stage) -> list[Expected]:
    return inherited(stage, "udp", "waited_daemon")


@scenario("UDP server whose main thread has ended")
def leaderless(stage: Stage) -> list[Expected]:
    with stage.role("leaderless_server", stage.link.ip4) as server:
        facts = server.receive()
        status = Path(f"/proc/{server.pid}/stat")
        while status.read_text().rpartition(")")[2].split()[0] != "Z":
            pass
        server.tell()
        ask(stage, "udp", facts["port"], server)
        server.tell()
        server.end()
    return [Expected(of_port(facts["port"]), (Owner(server.pid),), 2)]
