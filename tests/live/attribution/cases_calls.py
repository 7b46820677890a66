"""System calls that are seldom used: how sockets are got, shared and sent on."""

from pathlib import Path

from ptcpdump.kernel.owners.unknown import TAKEN
from tests.live.attribution.cases_processes import ask
from tests.live.attribution.recording import THERE
from tests.live.attribution.scenario import IN, MORE_ROLES, OUT, Expected, Owner, Stage, of_port, scenario, with_text

CALLS = Path(__file__).with_name("roles_calls.py")


def sends(stage: Stage, role: str, *words: object, count: int = 1) -> list[Expected]:
    """A process that sends, saying its pid."""
    with stage.role(role, *words, script=CALLS) as sender:
        sender.receive()
        sender.tell()
        sender.end()
    return [Expected(with_text(b"from %d." % sender.pid, OUT), (Owner(sender.pid),), count)]


@scenario("raw socket that sends whole packets (IP_HDRINCL)")
def own_header(stage: Stage) -> list[Expected]:
    return sends(stage, "own_header", stage.link.peer4, 9)


@scenario("sendmmsg(2)")
def many_at_once(stage: Stage) -> list[Expected]:
    return sends(stage, "many_at_once", stage.link.peer4, 9, count=3)


@scenario("splice(2) into a connection")
def spliced(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("slow_reader", link.peer4, inside=True, script=MORE_ROLES) as reader:
        port = reader.receive()["port"]
        with stage.role("splicer", link.peer4, port, script=CALLS) as sender:
            local = sender.receive()["port"]
            reader.tell()
            reader.receive()
            sender.tell()
            sender.end()
        reader.tell()
        reader.end()
    return [Expected(of_port(local), (Owner(sender.pid),), 5)]


@scenario("connection that is restored, not opened (TCP_REPAIR)")
def repaired(stage: Stage) -> list[Expected]:
    with stage.role("repaired", stage.link.peer4, 9, stage.link.ip4, script=CALLS) as sender:
        local = sender.receive()["port"]
        sender.tell()
        sender.end()
    return [Expected(of_port(local, OUT), (Owner(sender.pid),)), Expected(of_port(local, IN), (Owner(sender.pid),))]


@scenario("thread with a table of files of its own")
def unshared_thread(stage: Stage) -> list[Expected]:
    return sends(stage, "unshared_thread", stage.link.peer4, 9)


@scenario("thread that has gone to another network namespace", where=THERE)
def thread_elsewhere(stage: Stage) -> list[Expected]:
    return sends(stage, "thread_elsewhere", stage.link.name, stage.link.ip4, 9)


@scenario("UDP server another thread of which runs a program")
def exec_of_a_thread(stage: Stage) -> list[Expected]:
    with stage.role("exec_of_a_thread", stage.link.ip4, script=CALLS) as server:
        port = server.receive()["port"]
        server.tell()
        server.receive()
        asked = [ask(stage, "udp", port, server)["port"] for _ in range(2)]
        server.tell()
        server.end()
    return [Expected(of_port(local), (Owner(server.pid),), 2) for local in asked]


@scenario("child by vfork(2) that sends on an inherited socket, then its parent")
def spawned(stage: Stage) -> list[Expected]:
    with stage.role("spawner", stage.link.peer4, 9, script=CALLS) as parent:
        child = int(str(parent.receive()["child"]))
        parent.tell()
        parent.end()
    return [Expected(with_text(b"from %d." % pid, OUT), (Owner(pid),)) for pid in (child, parent.pid)]


@scenario("socket that another process takes by pidfd_getfd(2)")
def taken(stage: Stage) -> list[Expected]:
    with stage.role("owner_of_descriptor", stage.link.peer4, 9, script=CALLS) as owner:
        descriptor = owner.receive()["descriptor"]
        owner.tell()
        owner.receive()
        with stage.role("taker", owner.pid, descriptor, script=CALLS) as taker:
            taker.receive()
            owner.tell()
            owner.receive()
            taker.tell()
            taker.end()
        owner.end()
    return [Expected(with_text(b"from %d." % owner.pid, OUT), (Owner(owner.pid),), 2),
            Expected(with_text(b"from %d." % taker.pid, OUT), (Owner(taker.pid),))]


@scenario("UDP socket that another process takes by pidfd_getfd(2) from one that then ends", unknown=(TAKEN,))
def taken_and_left(stage: Stage) -> list[Expected]:
    with stage.role("leaving_server", stage.link.ip4, script=CALLS) as first:
        facts = first.receive()
        with stage.role("taking_server", first.pid, facts["descriptor"], script=CALLS) as second:
            second.receive()
            first.tell()
            first.end()
            second.tell()
            asked = ask(stage, "udp", facts["port"], second)["port"]
            second.tell()
            second.end()
    return [Expected(of_port(asked), (Owner(second.pid),), 2)]
