"""What is not for this host, beside its servers of the same ports that are bound to no address."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ptcpdump.kernel.owners.unknown import INTERCEPTED, PUBLISHED
from tests.live.attribution.cases_flows import rules
from tests.live.attribution.cases_siblings import SIBLINGS
from tests.live.attribution.cases_sockets import more_address
from tests.live.attribution.recording import ROLES
from tests.live.attribution.scenario import OUT, Expected, Owner, Stage, converse, of_port, scenario
from tests.live.harness import actor, run

FOREIGN = "192.0.2.7"       # RFC 5737: nobody's


@contextlib.contextmanager
def route_by_us(stage: Stage, address: str) -> Iterator[None]:
    """The other end of the link reaches an address by way of this host, which forwards."""
    link = stage.link
    run("ip", "-n", link.name, "route", "add", f"{address}/32", "via", link.ip4)
    try:
        yield
    finally:
        run("ip", "-n", link.name, "route", "delete", f"{address}/32")


@contextlib.contextmanager
def third_host(stage: Stage) -> Iterator[tuple[list[str], str]]:
    """A namespace that the other end of the link reaches by way of this host: what runs a command there, address."""
    link, name = stage.link, f"{stage.link.name}t"
    ours, theirs = more_address(link, 0), more_address(link, 1)
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", f"{name}h", "type", "veth", "peer", "name", f"{name}p", "netns", name)
        run("ip", "address", "add", f"{ours}/31", "dev", f"{name}h")
        run("ip", "link", "set", f"{name}h", "up")
        run("ip", "-n", name, "address", "add", f"{theirs}/31", "dev", f"{name}p")
        run("ip", "-n", name, "link", "set", f"{name}p", "up")
        run("ip", "-n", name, "route", "add", "default", "via", ours)
        for device in (link.here, f"{name}h"):
            Path(f"/proc/sys/net/ipv4/conf/{device}/forwarding").write_text("1")
        with route_by_us(stage, theirs):
            yield ["nsenter", f"--net=/run/netns/{name}"], theirs
    finally:
        run("ip", "netns", "delete", name)
        run("ip", "link", "delete", f"{name}h", check=False)


def ask_elsewhere(stage: Stage, kind: str, address: str, port: object) -> int:
    """The other end of the link asks somebody else than us; its port."""
    with stage.role("asker", kind, address, port, inside=True) as client:
        local = int(str(client.receive()["port"]))
        converse(kind, client)
    return local


def passing(stage: Stage, kind: str, least: int) -> list[Expected]:
    with third_host(stage) as (prefix, address), \
            actor("group_member", kind, address, 0, prefix=prefix, script=ROLES) as server, \
            stage.role("group_member", kind, "0.0.0.0", port := server.receive()["port"]) as ours:
        ours.receive()
        local = ask_elsewhere(stage, kind, address, port)
        for one in (ours, server):
            one.tell()
            one.end()
    return [Expected(of_port(local), (), least)]


@scenario("datagrams that pass through, beside a server of their port", unseen=("cgroup-skb",))
def passing_udp(stage: Stage) -> list[Expected]:
    return passing(stage, "udp", 2)


@scenario("connection that passes through, beside a server of its port", unseen=("cgroup-skb",))
def passing_tcp(stage: Stage) -> list[Expected]:
    return passing(stage, "tcp", 8)


@scenario("proxy that gets what is for other hosts (TPROXY), beside a server of the port", unknown=(INTERCEPTED,))
def intercepted(stage: Stage) -> list[Expected]:
    link = stage.link
    table, mark = str(10000 + os.getpid()), str(10000 + os.getpid())
    with contextlib.ExitStack() as stack:
        stack.enter_context(route_by_us(stage, FOREIGN))
        for words in (["rule", "add", "fwmark", mark, "lookup", table],
                      ["route", "add", "local", "default", "dev", "lo", "table", table]):
            run("ip", *words)
            stack.callback(run, "ip", words[0], "delete", *words[2:])
        server = stack.enter_context(stage.role("one_of_port", "0.0.0.0", 0))
        port = server.receive()["port"]
        proxy = stack.enter_context(stage.role("transparent_proxy", 0, FOREIGN, port, script=SIBLINGS))
        proxied = proxy.receive()["port"]
        stack.enter_context(rules(stage, f"chain p {{ type filter hook prerouting priority mangle; iifname {link.here} "
                                         f"ip daddr {FOREIGN} meta l4proto udp tproxy to :{proxied} "
                                         f"meta mark set {mark}; }}"))
        local = ask_elsewhere(stage, "udp", FOREIGN, port)
        proxy.tell()
        proxy.end()
    return [Expected(of_port(local), (Owner(proxy.pid),), 2)]


@scenario("port of a container that this host publishes, beside a proxy that has it: from the second request on",
          unseen=("cgroup-skb",), unknown=(PUBLISHED,))
def published(stage: Stage) -> list[Expected]:
    link = stage.link
    with third_host(stage) as (prefix, address), \
            actor("group_member", "udp", address, 0, prefix=prefix, script=ROLES) as server, \
            stage.role("group_member", "udp", "0.0.0.0", port := server.receive()["port"]) as proxy:
        proxy.receive()
        with rules(stage, f"chain n {{ type nat hook prerouting priority dstnat; iifname {link.here} "
                          f"ip daddr {link.ip4} udp dport {port} dnat to {address}:{port}; }}"):
            first = ask_elsewhere(stage, "udp", link.ip4, port)
            local = ask_elsewhere(stage, "udp", link.ip4, port)
        for one in (proxy, server):
            one.tell()
            one.end()
    owner = (Owner(server.pid),)
    return [Expected(of_port(first, OUT), owner), Expected(of_port(local), owner, 2)]


@scenario("container that asks by this host's address (masquerade), from a port that a server here has",
          unseen=("cgroup-skb",))
def masqueraded(stage: Stage) -> list[Expected]:
    link = stage.link
    with third_host(stage) as (prefix, address), \
            stage.role("one_of_port", link.peer4, 0, inside=True) as asked, \
            stage.role("group_member", "udp", "0.0.0.0", 0) as ours:
        port = ours.receive()["port"]
        with rules(stage, f"chain m {{ type nat hook postrouting priority srcnat; ip saddr {address} "
                          f"oifname {link.here} masquerade; }}"), \
                actor("asker", "udp", link.peer4, asked.receive()["port"], port, prefix=prefix, script=ROLES) as client:
            client.receive()
            client.tell()
            client.receive()
            client.tell()
            client.end()
        for one in (ours, asked):
            one.tell()
            one.end()
    return [Expected(of_port(port), (Owner(client.pid),), 2)]
