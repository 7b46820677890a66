"""What is like other scenarios, but is done in another way: io_uring, threads that fork, groups of receivers, rings."""

from pathlib import Path

from ptcpdump import Packet
from ptcpdump.kernel.owners.unknown import MULTICAST
from tests.live.attribution.cases_kernel import protocol_of
from tests.live.attribution.cases_processes import ask
from tests.live.attribution.recording import THERE
from tests.live.attribution.scenario import IN, OUT, Expected, Owner, Stage, of_port, scenario, with_text

UDP_LITE, FRAGMENT, OPTIONS = 136, 44, 60      # IPPROTO_
SIBLINGS = Path(__file__).with_name("roles_siblings.py")


@scenario("socket of a parent on which its child sends by io_uring: at once, by a worker, by a polling thread")
def sent_by_ring(stage: Stage) -> list[Expected]:
    with stage.role("ring_sender", stage.link.peer4, 9, script=SIBLINGS) as sender:
        sender.receive()
        sender.tell()
        child = int(str(sender.receive()["child"]))
        sender.tell()
        sender.receive()
        sender.tell()
        sender.end()
    return [Expected(with_text(b"from %d." % child, OUT), (Owner(child),), 3),
            Expected(with_text(b"from %d." % sender.pid, OUT), (Owner(sender.pid),), 2)]


@scenario("child of a server that receives and answers by io_uring")
def served_by_ring(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("ring_server", link.ip4, script=SIBLINGS) as server, \
            stage.role("asker", "udp", link.ip4, (facts := server.receive())["port"], inside=True) as client:
        local = client.receive()["port"]
        server.tell(f"{link.peer4} {local}")
        server.receive()
        client.tell()
        client.receive()
        client.tell()
        client.end()
        server.tell()
        server.end()
    return [Expected(of_port(local), (Owner(int(str(facts["child"]))),), 2)]


@scenario("UDP server that hands its socket down to a child of another thread than its first, closes its own copy and "
          "lives on")
def handed_down_by_a_thread(stage: Stage) -> list[Expected]:
    with stage.role("thread_hands_down", stage.link.ip4, script=SIBLINGS) as server:
        facts = server.receive()
        server.tell()
        local = ask(stage, "udp", facts["port"], server)["port"]
        server.tell()
        server.end()
    return [Expected(of_port(local), (Owner(int(str(facts["child"]))),), 2)]


def to_all(stage: Stage, address: str, port: object) -> int:
    with stage.role("broadcaster", stage.link.peer4, address, port, inside=True, script=SIBLINGS) as sender:
        sender.receive()
        sender.tell()
        sender.receive()
        sender.tell()
        sender.end()
    return sender.pid


GROUP = "239.23.9.1"


@scenario("multicast for two processes, beside a third that does not get it", unknown=(MULTICAST,))
def multicast(stage: Stage) -> list[Expected]:
    ip = stage.link.ip4
    with stage.role("member_of", ip, GROUP, 0, 1, "0.0.0.0", script=SIBLINGS) as one:
        port = one.receive()["port"]
        with stage.role("member_of", ip, GROUP, port, 1, "0.0.0.0", script=SIBLINGS) as two, \
                stage.role("member_of", ip, "", port, 0, "0.0.0.0", script=SIBLINGS) as other:
            two.receive()
            other.receive()
            one.tell("receive")
            two.tell("receive")
            sender = to_all(stage, GROUP, port)
            for receiver in (one, two):
                receiver.receive()
                receiver.tell()
                receiver.end()
            other.tell()
            other.end()
    return [Expected(with_text(b"to all of %d." % sender, IN), (Owner(one.pid), Owner(two.pid)))]


@scenario("broadcast to a server, beside another of the same port that is bound to an address of its own")
def broadcast(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("member_of", link.ip4, "", 0, 1, "0.0.0.0", script=SIBLINGS) as one:
        port = one.receive()["port"]
        with stage.role("member_of", link.ip4, "", port, 1, link.ip4, script=SIBLINGS) as other:
            other.receive()
            one.tell("receive")
            head, _, last = link.ip4.rpartition(".")
            sender = to_all(stage, f"{head}.{int(last) + 2}", port)
            one.receive()
            one.tell()
            one.end()
            other.tell()
            other.end()
    return [Expected(with_text(b"to all of %d." % sender, IN), (Owner(one.pid),))]


@scenario("packet socket with a ring on which a child sends, then its parent", where=THERE, unseen=("cgroup-skb",))
def packets_of_a_ring(stage: Stage) -> list[Expected]:
    with stage.role("ring_of_packets", stage.link.there, inside=True, script=SIBLINGS) as sender:
        sender.receive()
        sender.tell()
        child = int(str(sender.receive()["child"]))
        sender.tell()
        sender.end()
    return [Expected(with_text(b"from %d." % pid, OUT), (Owner(pid),)) for pid in (sender.pid, child)]


def conversation(stage: Stage, server: str, client: str, address: str, *more: object) -> int:
    """A server, asked by a client at the other end: the server's pid."""
    with stage.role(server, address, script=SIBLINGS) as one:
        port = one.receive()["port"]
        with stage.role(client, address, port, *more, inside=True, script=SIBLINGS) as other:
            other.receive()
            other.tell()
            assert other.receive()["answer"] == one.pid
            other.tell()
            other.end()
        one.tell()
        one.end()
    return one.pid


@scenario("UDP-Lite")
def lite(stage: Stage) -> list[Expected]:
    pid = conversation(stage, "lite_server", "lite_client", stage.link.ip4)
    return [Expected(lambda p: protocol_of(p) == UDP_LITE, (Owner(pid),), 2)]


def in_fragments(p: Packet) -> bool:
    """The fragments, and datagrams that are whole before and after they were: cgroup-skb sees those."""
    start = 14 if p.linktype == 1 else 0
    version = p.data[start] >> 4
    if version == 4:
        return p.length > 2000 or int.from_bytes(p.data[start + 6:start + 8]) & 0x3FFF != 0
    return version == 6 and (p.length > 2000 or p.data[start + 6] in (FRAGMENT, OPTIONS))


@scenario("datagrams in fragments")
def fragmented(stage: Stage) -> list[Expected]:
    pid = conversation(stage, "large_server", "large_client", stage.link.ip4)
    return [Expected(in_fragments, (Owner(pid),), 2)]


@scenario("datagrams in fragments over IPv6, with an extension header before them")
def fragmented6(stage: Stage) -> list[Expected]:
    pid = conversation(stage, "large_server", "large_client", stage.link.ip6, 1)
    return [Expected(in_fragments, (Owner(pid),), 2)]


@scenario("sender from an address that is not of this host (IP_TRANSPARENT)")
def foreign(stage: Stage) -> list[Expected]:
    with stage.role("foreign_sender", stage.link.peer4, 9, "192.0.2.9", script=SIBLINGS) as sender:
        sender.receive()
        sender.tell()
        sender.receive()
        sender.tell()
        sender.end()
    return [Expected(with_text(b"from %d." % sender.pid, OUT), (Owner(sender.pid),))]
