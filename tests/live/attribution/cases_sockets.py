"""Sockets that share a port, and those that no process has opened."""

import contextlib
import os
from collections.abc import Callable

from ptcpdump import Packet, TcpFlags
from ptcpdump.kernel.owners.unknown import GROUP
from tests.live.attribution.cases_processes import ask
from tests.live.attribution.recording import THERE
from tests.live.attribution.scenario import IN, KERNEL, OUT, Expected, Owner, Stage, of_port, scenario, with_text
from tests.live.harness import Link, run


def group(stage: Stage, kind: str, count: int = 6) -> list[Expected]:
    """Members of different processes; each says whom it answered."""
    ip = stage.link.ip4
    expected = []
    with stage.role("group_member", kind, ip, 0) as one:
        port = one.receive()["port"]
        with stage.role("group_member", kind, ip, port) as two:
            two.receive()
            for _ in range(count):
                with stage.role("asker", kind, ip, port, inside=True) as client:
                    local = client.receive()["port"]
                    client.tell()
                    if kind == "tcp":
                        client.receive()
                        client.tell()
                    owner = Owner(int(str(client.receive()["answer"])))
                    client.tell()
                    client.end()
                expected += [Expected(of_port(local, IN), (owner,)), Expected(of_port(local, OUT), (owner,))]
            two.tell()
            two.end()
        one.tell()
        one.end()
    return expected


@scenario("SO_REUSEPORT group of UDP servers", unknown=(GROUP,))
def udp_group(stage: Stage) -> list[Expected]:
    return group(stage, "udp")


@scenario("SO_REUSEPORT group of TCP servers", unknown=(GROUP,))
def tcp_group(stage: Stage) -> list[Expected]:
    return group(stage, "tcp")


@scenario("connected UDP socket beside an unconnected one of the same port")
def connected_beside(stage: Stage) -> list[Expected]:
    link = stage.link
    expected = []
    with stage.role("one_of_port", "0.0.0.0", 0) as wild:
        port = wild.receive()["port"]
        with stage.role("asker", "udp", link.ip4, port, inside=True) as friend:
            local = friend.receive()["port"]
            with stage.role("connected_server", "0.0.0.0", port, link.peer4, local) as close:
                close.receive()
                friend.tell()
                assert friend.receive()["answer"] == close.pid
                friend.tell()
                friend.end()
                expected.append(Expected(of_port(local), (Owner(close.pid),), 2))
                facts = ask(stage, "udp", port, wild)
                assert facts["answer"] == wild.pid
                expected.append(Expected(of_port(facts["port"]), (Owner(wild.pid),), 2))
                close.tell()
                close.end()
        wild.tell()
        wild.end()
    return expected


@scenario("IPv6-only UDP server beside an IPv4 one of the same port")
def v6_beside_v4(stage: Stage) -> list[Expected]:
    link = stage.link
    expected = []
    with stage.role("one_of_port", "0.0.0.0", 0) as four:
        port = four.receive()["port"]
        with stage.role("one_of_port", "::", port, 1) as six:
            six.receive()
            for address, server in ((link.ip4, four), (link.ip6, six)):
                with stage.role("asker_at", address, port, inside=True) as client:
                    facts = dict(client.receive())
                    client.tell()
                    assert client.receive()["answer"] == server.pid
                    client.tell()
                    client.end()
                expected.append(Expected(of_port(facts["port"]), (Owner(server.pid),), 2))
            for server in (four, six):
                server.tell()
                server.end()
    return expected


@scenario("UDP server that ends, and another of the same port, asked by the same client")
def successor(stage: Stage) -> list[Expected]:
    link, seen, local = stage.link, [], 0
    port: object = 0
    for _ in range(2):
        with stage.role("one_of_port", link.ip4, port) as server:
            port = server.receive()["port"]
            with stage.role("asker", "udp", link.ip4, port, local, inside=True) as client:
                local = int(str(client.receive()["port"]))
                client.tell()
                assert client.receive()["answer"] == server.pid
                client.tell()
                client.end()
            server.tell()
            server.end()
        seen.append(Owner(server.pid))
    # question and answer of the first, then of the second
    return [Expected(of_port(local), (seen[0],), 2, part=slice(0, 2)),
            Expected(of_port(local), (seen[1],), 2, part=slice(2, None))]


@scenario("request to a listener's child that has accepted")
def accepted(stage: Stage) -> list[Expected]:
    with stage.role("prefork", stage.link.ip4) as server:
        facts = server.receive()
        client = ask(stage, "tcp", facts["port"], server)
        server.end()
    child = Owner(int(str(facts["child"])))
    both = (child, Owner(server.pid))
    of_client = of_port(client["port"])
    return [Expected(lambda p: of_client(p) and (b"question" in p.data or b"answer of" in p.data), (child,), 2),
            Expected(of_client, both, 8)]


@scenario("TCP server that forks for each connection, closes its own copy and lives on")
def forked(stage: Stage) -> list[Expected]:
    with stage.role("fork_per_connection", stage.link.ip4) as server:
        client = ask(stage, "tcp", server.receive()["port"], server)
        server.end()
    child = Owner(int(str(client["answer"])))
    of_client = of_port(client["port"])
    return [Expected(lambda p: of_client(p) and (b"question" in p.data or b"answer of" in p.data), (child,), 2),
            # what closes it, also once the child has ended
            Expected(lambda p: of_client(p) and p.tcp is not None and TcpFlags.FIN in p.tcp.flags, (child,), 1),
            Expected(of_client, (child, Owner(server.pid)), 8)]


@scenario("UDP server that hands its socket down to a child, closes its own copy and lives on")
def handed_down(stage: Stage) -> list[Expected]:
    with stage.role("hands_down", stage.link.ip4) as server:
        facts = server.receive()
        local = ask(stage, "udp", facts["port"], server)["port"]
        server.end()
    return [Expected(of_port(local), (Owner(int(str(facts["child"]))),), 2)]


@scenario("UDP server with a child that has a copy of its socket and leaves it alone")
def with_helper(stage: Stage) -> list[Expected]:
    with stage.role("with_helper", stage.link.ip4) as server:
        local = ask(stage, "udp", server.receive()["port"], server)["port"]
        server.tell()
        server.end()
    return [Expected(of_port(local), (Owner(server.pid),), 2)]


@scenario("connected UDP socket that receives first")
def told_port(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("asker_later", link.ip4, inside=True) as client:
        local = client.receive()["port"]
        with stage.role("told_port_server", link.ip4, link.peer4, local) as server:
            client.tell(str(server.receive()["port"]))
            assert client.receive()["answer"] == server.pid
            client.tell()
            client.end()
            server.tell()
            server.end()
    return [Expected(of_port(local), (Owner(server.pid),), 2)]


def more_address(link: Link, number: int) -> str:
    """Another address for either end of a link (RFC 6598), 0 to 3. As unlike those of other runs as the link's own are:
    routes to it stand in the host's table."""
    _, high, low, last = map(int, link.ip4.split("."))
    return f"100.{high - 128}.{low}.{last - 1 + number}"


def ping_through(stage: Stage, pattern: str, count: int = 3) -> Callable[[Packet], bool]:
    """Ping the near end of a tunnel from its far end; what comes in of that."""
    run(*stage.link.inside("ping", "-n", "-c", str(count), "-i", "0.2", "-W", "0.2", "-p", pattern,
                           more_address(stage.link, 0)), check=False)
    return with_text(bytes.fromhex(pattern) * 4, IN)


# what a tunnel takes never gets to the queue of its socket
@scenario("tunnel (VXLAN) that is made during the capture, and deleted; then a server of its port",
          unseen=("cgroup-skb",))
def tunnel(stage: Stage) -> list[Expected]:
    """The devices also say of themselves what no test asks for (MLD, router solicitations), at times of their own: as
    long as the near one is there, that is the kernel's too; later, its port is closed."""
    link = stage.link
    ours, theirs, vni = f"{link.name}v", f"{link.name}w", str(os.getpid())
    port = str(61000 + os.getpid() % 4000)      # no ephemeral one; a port is one socket of the kernel's for all devices
    with contextlib.ExitStack() as stack:
        stack.callback(run, "ip", "-n", link.name, "link", "delete", theirs, check=False)
        run("ip", "link", "add", ours, "type", "vxlan", "id", vni, "dev", link.here, "remote", link.peer4,
            "dstport", port)
        try:
            run("ip", "address", "add", f"{more_address(link, 0)}/31", "dev", ours)
            run("ip", "link", "set", ours, "up")
            run("ip", "-n", link.name, "link", "add", theirs, "type", "vxlan", "id", vni, "dev", link.there,
                "remote", link.ip4, "dstport", port)
            run("ip", "-n", link.name, "address", "add", f"{more_address(link, 1)}/31", "dev", theirs)
            run("ip", "-n", link.name, "link", "set", theirs, "up")
            to_ours = ping_through(stage, "70696e67")
        finally:
            run("ip", "link", "delete", ours)
        to_nobody = ping_through(stage, "64656164", 1)
    with stage.role("one_of_port", "0.0.0.0", port) as server:
        server.receive()
        local = ask(stage, "udp", port, server)["port"]
        server.tell()
        server.end()
    return [Expected(to_ours, (KERNEL,), 3), Expected(to_nobody, ()), Expected(of_port(local), (Owner(server.pid),), 2)]


def talk_by_mptcp(stage: Stage) -> tuple[Owner, Owner, Owner, object]:
    """Client, server that listens, its child that accepts, and the port."""
    link = stage.link
    second = more_address(link, 2)
    run("ip", "-n", link.name, "address", "replace", f"{second}/32", "dev", link.there)
    run("ip", "route", "replace", f"{second}/32", "dev", link.here)
    for where in (["ip"], ["ip", "-n", link.name]):
        run(*where, "mptcp", "limits", "set", "subflow", "2", "add_addr_accepted", "2")
    run("ip", "-n", link.name, "mptcp", "endpoint", "flush")
    run("ip", "-n", link.name, "mptcp", "endpoint", "add", second, "dev", link.there, "subflow")
    with stage.role("mptcp_server", link.ip4) as server:
        facts = server.receive()
        with stage.role("mptcp_client", link.ip4, facts["port"], inside=True) as client:
            client.receive()
            server.receive()
            for _ in range(2):
                client.tell("send")
                client.receive()
            client.tell("stop")
            client.end()
        server.end()
    return Owner(client.pid), Owner(server.pid), Owner(int(str(facts["child"]))), facts["port"]


@scenario("MPTCP server whose child accepts: all subflows")
def mptcp_server_side(stage: Stage) -> list[Expected]:
    _, parent, child, port = talk_by_mptcp(stage)
    of_server = of_port(port)
    return [Expected(lambda p: of_server(p) and p.length > 1000, (child,), 8),
            Expected(of_server, (child, parent), 10),
            Expected(lambda p: of_server(p) and more_address(stage.link, 2) in p.line, (child, parent), 3)]


@scenario("MPTCP client: all subflows", where=THERE)
def mptcp_client_side(stage: Stage) -> list[Expected]:
    client, _, _, port = talk_by_mptcp(stage)
    of_server = of_port(port)
    return [Expected(of_server, (client,), 10),
            Expected(lambda p: of_server(p) and more_address(stage.link, 2) in p.line, (client,), 3)]
