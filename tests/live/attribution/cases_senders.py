"""One socket, several processes that send on it."""

from tests.live.attribution.recording import THERE
from tests.live.attribution.scenario import IN, OUT, Expected, Owner, Stage, scenario, with_text
from tests.live.harness import run

ROUNDS = 4


def in_turn(stage: Stage, kind: str) -> list[Expected]:
    link = stage.link
    port = link.there if kind == "packet" else 9
    with stage.role("senders_in_turn", kind, link.ip4, port, ROUNDS, inside=True) as sender:
        facts = sender.receive()
        sender.tell()
        sender.receive()
        sender.tell()
        sender.end()
    found = []
    for pid in (sender.pid, int(str(facts["child"]))):
        found.append(Expected(with_text(b"from %d." % pid, OUT), (Owner(pid),), ROUNDS))
    return found


@scenario("connected UDP socket of two processes that send in turn", where=THERE)
def udp_in_turn(stage: Stage) -> list[Expected]:
    return in_turn(stage, "udp")


@scenario("ping socket of two processes that send in turn", where=THERE)
def ping_in_turn(stage: Stage) -> list[Expected]:
    run(*stage.link.inside("sysctl", "-q", "net.ipv4.ping_group_range=0 2147483647"))
    return in_turn(stage, "ping")


@scenario("raw socket of two processes that send in turn", where=THERE)
def raw_in_turn(stage: Stage) -> list[Expected]:
    return in_turn(stage, "raw")


@scenario("packet socket of two processes that send in turn", where=THERE, unseen=("cgroup-skb",))
def packet_in_turn(stage: Stage) -> list[Expected]:
    return in_turn(stage, "packet")


@scenario("receiver of a protocol without ports, by a raw socket")
def raw_received(stage: Stage) -> list[Expected]:
    with stage.role("raw_receiver", 253) as receiver:
        receiver.receive()
        with stage.role("raw_sender", stage.link.ip4, 253, inside=True) as sender:
            sender.receive()
            sender.tell()
            sender.end()
        receiver.receive()
        receiver.tell()
        receiver.end()
    return [Expected(with_text(b"raw data of", IN), (Owner(receiver.pid),))]


@scenario("two hosts that ping each other with the same identifier")
def same_identifier(stage: Stage) -> list[Expected]:
    with stage.role("pinger", stage.link.peer4, 4711) as ours, \
            stage.role("pinger", stage.link.ip4, 4711, inside=True) as theirs:
        for one in (ours, theirs, ours, theirs):
            if not one.said:
                one.receive()
            one.tell()
            one.receive()
        for one in (ours, theirs):
            one.end()

    def is_request(packet: object, ours: bool) -> bool:
        p = packet
        kind = p.data[34 if p.linktype == 1 else 20]    # type: ignore[attr-defined]
        outwards = p.direction == OUT                   # type: ignore[attr-defined]
        return b"echo" in p.data and (kind == 8) == (outwards == ours)  # type: ignore[attr-defined]

    return [Expected(lambda p: is_request(p, True), (Owner(ours.pid),), 4),
            Expected(lambda p: is_request(p, False), (), 0)]
