"""What the kernel sends by itself: for a socket, which is somebody's, or for nobody."""

from pathlib import Path

from ptcpdump import Packet
from tests.live.attribution.scenario import IN, MORE_ROLES, OUT, Expected, Owner, Stage, of_port, scenario, with_text
from tests.live.harness import run


def protocol_of(p: Packet) -> int:
    """Of an IPv4 packet; 0 for others."""
    start = 14 if p.linktype == 1 else 0
    is_ip4 = p.data[start] >> 4 == 4 and (start == 0 or p.data[12:14] == b"\x08\x00")
    return p.data[start + 9] if is_ip4 else 0


@scenario("keepalives of an idle connection, and their answers")
def kept_alive(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("slow_reader", link.peer4, inside=True, script=MORE_ROLES) as reader:
        port = reader.receive()["port"]
        with stage.role("keeper", link.peer4, port, script=MORE_ROLES) as client:
            facts = client.receive()
            # from the peer's point of view: one has come
            run(*link.inside("timeout", "10", "tcpdump", "-c", "1", "-i", link.there, "-Q", "in",
                             f"tcp src port {facts['port']} and tcp[13] == 16"))
            client.tell()
            client.end()
        reader.tell()
        reader.receive()
        reader.tell()
        reader.end()
    return [Expected(of_port(facts["port"]), (Owner(client.pid),), 7)]      # the last one has no socket any more


@scenario("error by ICMP that a datagram to a closed port gets")
def unreachable(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("refused_sender", link.peer4, 9, script=MORE_ROLES) as sender:
        sender.receive()
        sender.tell()
        sender.end()
    return [Expected(with_text(b"from %d." % sender.pid, OUT), (Owner(sender.pid),)),
            Expected(lambda p: protocol_of(p) == 1 and p.direction == IN, (Owner(sender.pid),), 0)]    # not of sockets


@scenario("error by ICMP that this host sends, and reset of a port that nobody listens at")
def refusing(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("refused_sender", link.ip4, 9, inside=True, script=MORE_ROLES) as sender:
        sender.receive()
        sender.tell()
        sender.end()
    with stage.role("aborted_client", link.ip4, 9, inside=True) as client:
        assert client.receive()["error"] == "ConnectionRefusedError"
        client.end()
    refused = of_port(9)
    return [Expected(lambda p: p.direction == OUT and protocol_of(p) == 1, ()),
            Expected(lambda p: refused(p) and p.direction == OUT and protocol_of(p) == 6, ())]


@scenario("reports of multicast groups (IGMP, MLD) and neighbour discovery (ARP)", unseen=("cgroup-skb",))
def reports(stage: Stage) -> list[Expected]:
    link = stage.link
    index = Path(f"/sys/class/net/{link.here}/ifindex").read_text().strip()
    run("ip", "neighbour", "flush", "dev", link.here)
    with stage.role("group_listener", link.ip4, "239.1.2.3", index, script=MORE_ROLES) as member:
        member.receive()
        run("ping", "-n", "-c", "1", link.peer4)
        member.tell()
        member.end()
    return [Expected(lambda p: protocol_of(p) == 2 and p.direction == OUT, ()),
            Expected(lambda p: p.data[12:14] == b"\x08\x06", (), 2),
            Expected(lambda p: p.data[12:14] == b"\x86\xdd" and p.data[20] == 0, (), 0)]
