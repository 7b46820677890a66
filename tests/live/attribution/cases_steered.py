"""Which process gets what comes in, where several receive on one socket, or a program says which socket it is for."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ptcpdump.kernel.owners.unknown import BELOW, SHARED, STEERED
from tests.live.attribution.cases_processes import ask
from tests.live.attribution.cases_sockets import more_address
from tests.live.attribution.recording import THERE
from tests.live.attribution.scenario import IN, OUT, Expected, Owner, Stage, of_port, scenario, with_text
from tests.live.harness import run

STEERED_ROLES = Path(__file__).with_name("roles_steered.py")
TURNS = (0, 1, 0, 1, 1, 0)


@scenario("UDP socket that children of a server receive on in turn, and answer", unknown=(SHARED,))
def workers(stage: Stage) -> list[Expected]:
    expected = []
    with stage.role("workers", stage.link.ip4, script=STEERED_ROLES) as server:
        facts = server.receive()
        children = [Owner(int(pid)) for pid in facts["children"]]       # type: ignore[attr-defined]
        for turn, which in enumerate(TURNS):
            server.tell(str(which))
            local = ask(stage, "udp", facts["port"], server)["port"]
            server.receive()
            # before anybody has received, the socket is of who has opened it, and has it still
            first = () if turn else (Owner(server.pid),)
            expected += [Expected(of_port(local, IN), (children[which], *first)),
                         Expected(of_port(local, OUT), (children[which],))]
        server.tell("")
        server.end()
    return expected


@scenario("socket that a program chooses for what comes in to another one's port (SK_LOOKUP)", where=THERE,
          unknown=(STEERED,))
def steered(stage: Stage) -> list[Expected]:
    address = stage.link.peer4
    with stage.role("group_member", "udp", "0.0.0.0", 0, inside=True) as passed_by, \
            stage.role("steerer", address, port := passed_by.receive()["port"], inside=True,
                       script=STEERED_ROLES) as server:
        server.receive()
        with stage.role("teller", address, port, script=STEERED_ROLES) as client:
            client.receive()
            server.receive()
            for one in (client, server, passed_by):
                one.tell()
                one.end()
    return [Expected(with_text(b"told by %d." % client.pid, IN), (Owner(server.pid),))]


@contextlib.contextmanager
def above(stage: Stage, address: str, kind: str) -> Iterator[str]:
    """A device in the namespace above the one there, with an address of its own."""
    link, name = stage.link, f"up{os.getpid()}"
    inside = ["ip", "-n", link.name]
    try:
        if kind == "bridge":
            run(*inside, "link", "add", name, "type", "bridge")
            run(*inside, "link", "set", link.there, "master", name)
        else:
            run(*inside, "link", "add", name, "link", link.there, "type", "macvlan", "mode", "bridge")
        # the device below does not say that it has the address of the one above
        run(*link.inside("sysctl", "-qw", f"net.ipv4.conf.{name}.rp_filter=0", "net.ipv4.conf.all.rp_filter=0",
                         f"net.ipv4.conf.{link.there}.arp_ignore=1"))
        run(*inside, "address", "add", f"{address}/32", "dev", name)
        run(*inside, "link", "set", name, "up")
        run("ip", "route", "replace", f"{address}/32", "dev", link.here)
        run("ip", "neighbour", "flush", "to", address)
        yield name
    finally:
        run(*inside, "link", "delete", name)
        run("ip", "route", "delete", f"{address}/32", "dev", link.here, check=False)


def beside(stage: Stage, kind: str) -> list[Expected]:
    """A server that is bound to a device above ours, beside one that is bound to none."""
    address = more_address(stage.link, 3)
    with above(stage, address, kind) as device, \
            stage.role("sharer", "0.0.0.0", 0, inside=True, script=STEERED_ROLES) as other, \
            stage.role("sharer", "0.0.0.0", port := other.receive()["port"], device, inside=True,
                       script=STEERED_ROLES) as server:
        server.receive()
        server.tell("receive")
        with stage.role("teller", address, port, script=STEERED_ROLES) as client:
            client.receive()
            server.receive()
            for one in (client, server, other):
                one.tell()
                one.end()
    return [Expected(with_text(b"told by %d." % client.pid, IN), (Owner(server.pid),))]


@scenario("UDP server that is bound to a bridge, beside one that is bound to no device", where=THERE, unknown=(BELOW,),
          unseen=("cgroup-skb",))
def beside_bridge(stage: Stage) -> list[Expected]:
    return beside(stage, "bridge")


@scenario("UDP server that is bound to a macvlan, beside one that is bound to no device", where=THERE, unknown=(BELOW,),
          unseen=("cgroup-skb",))
def beside_macvlan(stage: Stage) -> list[Expected]:
    return beside(stage, "macvlan")
