"""Packets that are sent from addresses and ports which another process has: they are of who sends them."""

import contextlib
from pathlib import Path

from tests.live.attribution.recording import LOOPBACK, THERE
from tests.live.attribution.scenario import IN, MORE_ROLES, OUT, Expected, Owner, Stage, scenario, with_text
from tests.live.harness import run

REPLAYED = Path(__file__).with_name("roles_replayed.py")


def imitated(stage: Stage, way: str, protocol: str = "udp") -> list[Expected]:
    """One who has a port, another who sends as if from there, and the first again."""
    link = stage.link
    with contextlib.ExitStack() as stack:
        port: object = 9
        if protocol == "tcp":
            reader = stack.enter_context(stage.role("slow_reader", link.peer4, inside=True, script=MORE_ROLES))
            port = reader.receive()["port"]
        holder = stack.enter_context(stage.role("holder", protocol, link.ip4, link.peer4, port, script=REPLAYED))
        imitator = stack.enter_context(stage.role("imitator", way, protocol, link.ip4, holder.receive()["port"],
                                                  link.peer4, port, link.here, script=REPLAYED))
        imitator.receive()
        for one in (holder, imitator, holder):
            one.tell()
            one.receive()
        imitator.tell()
        imitator.end()
        holder.tell("")
        holder.end()
        if protocol == "tcp":
            reader.tell()
            reader.receive()
            reader.tell()
            reader.end()
    return [Expected(with_text(b"from %d." % holder.pid, OUT), (Owner(holder.pid),), 2),
            Expected(with_text(b"from %d." % imitator.pid, OUT), (Owner(imitator.pid),))]


@scenario("packet socket that sends from a UDP socket's address and port", unseen=("cgroup-skb",))
def imitated_by_packet(stage: Stage) -> list[Expected]:
    return imitated(stage, "packet")


@scenario("packet socket that sends from a TCP connection's addresses and ports", unseen=("cgroup-skb",))
def imitated_connection(stage: Stage) -> list[Expected]:
    return imitated(stage, "packet", "tcp")


@scenario("raw socket that sends from a UDP socket's address and port")
def imitated_by_raw(stage: Stage) -> list[Expected]:
    return imitated(stage, "raw")


@scenario("raw socket that sends from a TCP connection's addresses and ports")
def imitated_connection_by_raw(stage: Stage) -> list[Expected]:
    return imitated(stage, "raw", "tcp")


@scenario("UDP socket bound to no address that sends from one which another of its port is bound to")
def imitated_by_choice(stage: Stage) -> list[Expected]:
    return imitated(stage, "chosen")


@scenario("raw socket that asks a server of this host from a client's address and port", where=LOOPBACK)
def asked_by_raw(stage: Stage) -> list[Expected]:
    own = "127.0.0.1"
    with stage.role("answering", own, script=REPLAYED) as server:
        port = server.receive()["port"]
        with stage.role("holder", "udp", own, own, port, script=REPLAYED) as client, \
                stage.role("imitator", "raw", "udp", own, client.receive()["port"], own, port, "lo",
                           script=REPLAYED) as imitator:
            imitator.receive()
            imitator.tell()
            imitator.receive()
            imitator.tell()
            imitator.end()
            server.tell()
            server.end()
            client.tell("")
            client.end()
    asked, answered = with_text(b"from %d." % imitator.pid), with_text(b"answer of %d" % server.pid)
    return [Expected(lambda p: asked(p) and p.direction == OUT, (Owner(imitator.pid),)),
            Expected(lambda p: asked(p) and p.direction == IN, (Owner(server.pid),)),
            Expected(lambda p: answered(p) and p.direction == OUT, (Owner(server.pid),)),
            Expected(lambda p: answered(p) and p.direction == IN, (Owner(client.pid),))]


@scenario("packet from the address and port of a UDP socket that a program puts into a tunnel of its own (TUN)",
          where=THERE, unseen=("cgroup-skb",))
def tunnelled(stage: Stage) -> list[Expected]:
    """It comes in there and is routed: of no process that sends."""
    link = stage.link
    with stage.role("holder", "udp", link.peer4, link.ip4, 9, inside=True, script=REPLAYED) as holder, \
            stage.role("tunnel", link.peer4, holder.receive()["port"], link.ip4, 9, "tun0", inside=True,
                       script=REPLAYED) as tunnel:
        tunnel.receive()
        run(*link.inside("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.tun0.accept_local=1"))
        run(*link.inside("ip", "link", "set", "tun0", "up"))
        for one in (holder, tunnel, holder):
            one.tell()
            one.receive()
        tunnel.tell()
        tunnel.end()
        holder.tell("")
        holder.end()
    return [Expected(with_text(b"from %d." % holder.pid, OUT), (Owner(holder.pid),), 2),
            Expected(with_text(b"from %d." % tunnel.pid, OUT), ())]
