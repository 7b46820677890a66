"""How a socket comes to who uses it: by descriptors that are inherited, by threads, from other namespaces."""

import contextlib
import tempfile
from collections.abc import Iterator

from ptcpdump import Packet
from ptcpdump.kernel.owners.unknown import CHOSEN, GIVEN
from tests.live.attribution.cases_processes import ask
from tests.live.attribution.recording import THERE
from tests.live.attribution.role_parts import NOBODY
from tests.live.attribution.scenario import (
    IN,
    MORE_ROLES,
    OUT,
    Expected,
    Owner,
    Stage,
    of_port,
    scenario,
    with_text,
)
from tests.live.harness import Actor


def activated(stage: Stage, kind: str) -> list[Expected]:
    """Until the program has used the socket, both hold it."""
    with stage.role("activator", kind, stage.link.ip4, script=MORE_ROLES) as manager:
        facts = [manager.receive(), manager.receive()]
        port = next(fact["port"] for fact in facts if "port" in fact)
        served_by = next(fact["served_by"] for fact in facts if "served_by" in fact)
        ask(stage, kind, port, manager)
        manager.tell()
        manager.end()
    program, either = Owner(int(str(served_by)), NOBODY), (Owner(int(str(served_by))), Owner(manager.pid))

    def is_answer(p: Packet) -> bool:
        return b"answer of" in p.data

    def before(p: Packet) -> bool:
        return of_port(port)(p) and not is_answer(p)

    return [Expected(is_answer, (program,)), Expected(before, either)]


@scenario("UDP socket that a manager opens for the program that it starts (socket activation)")
def activated_udp(stage: Stage) -> list[Expected]:
    return activated(stage, "udp")


@scenario("listening TCP socket that a manager opens for the program that it starts")
def activated_tcp(stage: Stage) -> list[Expected]:
    return activated(stage, "tcp")


@contextlib.contextmanager
def taker_of(stage: Stage, kind: str) -> Iterator[tuple[Actor, str]]:
    """A process that waits to be handed a socket by way of a path."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/socket"
        with stage.role("taking_server", path, kind) as taker:
            taker.receive()
            yield taker, path


def handed_over(stage: Stage, kind: str, *, lives: bool) -> list[Expected]:
    """A socket is handed over before anything comes in for it, and used for the first time after that."""
    with taker_of(stage, kind) as (taker, path), stage.role("giving_server", path, kind, stage.link.ip4) as giver:
        port = giver.receive()["port"]
        if not lives:
            giver.tell()
            giver.end()
        taker.tell()
        asked = ask(stage, kind, port, taker)["port"]
        taker.tell()
        taker.end()
        if lives:
            giver.tell()
            giver.end()
    return [Expected(of_port(asked), (Owner(taker.pid),), 2 if kind == "udp" else 8)]


@scenario("UDP socket handed to another process by one that exits", unknown=(GIVEN,))
def given_udp(stage: Stage) -> list[Expected]:
    return handed_over(stage, "udp", lives=False)


@scenario("UDP socket handed to another process by one that closes it and lives on", since=(6, 3))
def handed_udp(stage: Stage) -> list[Expected]:
    return handed_over(stage, "udp", lives=True)


@scenario("listening TCP socket handed to another process by one that closes it and lives on", since=(6, 3))
def handed_tcp(stage: Stage) -> list[Expected]:
    return handed_over(stage, "tcp", lives=True)


@scenario("TCP connection handed to another process by one that closes it and lives on", since=(6, 3))
def handed_connection(stage: Stage) -> list[Expected]:
    with taker_of(stage, "connection") as (taker, path), \
            stage.role("giving_acceptor", path, stage.link.ip4) as giver:
        port = giver.receive()["port"]
        with stage.role("asker", "tcp", stage.link.ip4, port, inside=True) as client:
            client.receive()
            client.tell()
            client.receive()
            giver.receive()
            client.tell()
            taker.tell()
            assert client.receive()["answer"] == taker.pid
            client.tell()
            client.end()
        for one in (taker, giver):
            one.tell()
            one.end()
    owner = (Owner(taker.pid),)
    return [Expected(with_text(b"question", IN), owner), Expected(with_text(b"answer of", OUT), owner)]


@scenario("socket that was opened by a thread which has ended")
def thread_opened(stage: Stage) -> list[Expected]:
    with stage.role("thread_opened", stage.link.peer4, 9, script=MORE_ROLES) as sender:
        sender.receive()
        sender.tell()
        sender.receive()
        sender.tell()
        sender.end()
    return [Expected(with_text(b"from %d." % sender.pid, OUT), (Owner(sender.pid),))]


@scenario("socket that a process has opened in another network namespace", where=THERE)
def visitor(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("visitor", link.name, link.ip4, 9, script=MORE_ROLES) as sender:
        sender.receive()
        sender.tell()
        sender.receive()
        sender.tell()
        sender.end()
    return [Expected(with_text(b"from %d." % sender.pid, OUT), (Owner(sender.pid),))]


@scenario("UDP socket that is connected, disconnected, and used for several peers")
def reconnecting(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("one_of_port", link.peer4, 0, inside=True) as one, \
            stage.role("one_of_port", link.peer4, 0, inside=True) as two:
        ports = [server.receive()["port"] for server in (one, two)]
        with stage.role("reconnecting", link.peer4, ports[0], link.peer4, ports[1], script=MORE_ROLES) as user:
            facts = user.receive()
            asked = ask(stage, "udp", facts["port"], user)
            user.tell()
            user.receive()
            user.tell()
            user.end()
        for server in (one, two):
            server.tell()
            server.end()
    owner = (Owner(user.pid),)
    return [Expected(of_port(port), owner, 2) for port in (*ports, asked["port"])]


@scenario("SO_REUSEPORT group whose socket a program chooses", unknown=(CHOSEN,))
def chosen_group(stage: Stage) -> list[Expected]:
    ip = stage.link.ip4
    with stage.role("chosen_member", ip, 0, 1, script=MORE_ROLES) as idle:
        port = idle.receive()["port"]
        with stage.role("chosen_member", ip, port, 1, script=MORE_ROLES) as chosen:
            chosen.receive()
            chosen.tell("answer")
            asked = ask(stage, "udp", port, chosen)
            assert asked["answer"] == chosen.pid
            chosen.tell()
            chosen.end()
        idle.tell("end")
        idle.end()
    owner = (Owner(chosen.pid),)
    return [Expected(of_port(asked["port"], IN), owner), Expected(of_port(asked["port"], OUT), owner)]


@scenario("sendfile(2)")
def sent_file(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("slow_reader", link.peer4, inside=True, script=MORE_ROLES) as reader:
        port = reader.receive()["port"]
        with stage.role("file_sender", link.peer4, port, script=MORE_ROLES) as sender:
            local = sender.receive()["port"]
            sender.tell()
            reader.tell()
            assert reader.receive()["total"] == sender.receive()["sent"]
            sender.tell()
            sender.end()
        reader.tell()
        reader.end()
    return [Expected(of_port(local), (Owner(sender.pid),), 4)]


@scenario("connection of a process that ends with data on its way")
def left_data(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("slow_reader", link.peer4, inside=True, script=MORE_ROLES) as reader:
        port = reader.receive()["port"]
        with stage.role("leaving_client", link.peer4, port, script=MORE_ROLES) as client:
            facts = client.receive()
            client.end()
        reader.tell()
        assert reader.receive()["total"] == facts["sent"]
        reader.tell()
        reader.end()
    return [Expected(of_port(facts["port"]), (Owner(client.pid),), 8)]


@scenario("TCP Fast Open: the server", where=THERE)
def fast_open(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("fast_server", link.peer4, inside=True, script=MORE_ROLES) as server:
        port = server.receive()["port"]
        with stage.role("fast_opener", link.peer4, port, script=MORE_ROLES) as client:
            facts = client.receive()
            assert client.receive()["answer"] == server.pid
            client.tell()
            client.end()
        server.end()
    return [Expected(of_port(facts["port"]), (Owner(server.pid),), 6)]
