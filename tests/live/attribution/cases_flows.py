"""Packets without a socket of their own: answers of the kernel's, and addresses that are translated."""

import contextlib
from collections.abc import Generator, Iterator

from ptcpdump.kernel.owners.unknown import EARLY, RESOLVING, UNTRANSLATED
from tests.live.attribution.cases_calls import CALLS
from tests.live.attribution.recording import LOOPBACK
from tests.live.attribution.scenario import IN, OUT, Expected, Owner, Stage, of_port, scenario, with_text
from tests.live.harness import run


@scenario("reset of a new connection between the ports of one that a server aborted before it ended")
def refused_again(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("aborting_server", link.ip4) as server:
        port = server.receive()["port"]
        with stage.role("aborted_client", link.ip4, port, inside=True) as client:
            facts = client.receive()
            client.end()
        server.end()
    with stage.role("aborted_client", link.ip4, port, facts["port"], inside=True) as client:
        assert client.receive()["error"] == "ConnectionRefusedError"
        client.end()
    return [Expected(of_port(facts["port"]), (Owner(server.pid),), 6, part=slice(6)),
            Expected(of_port(facts["port"]), (), 1, part=slice(6, None))]


@contextlib.contextmanager
def rules(stage: Stage, text: str) -> Iterator[None]:
    """Packet filter rules of our namespace, as a table of their own."""
    table = f"ptcpdump_{stage.link.name}"
    run("nft", "-f", "-", input=f"table ip {table} {{\n{text}\n}}\n")
    try:
        yield
    finally:
        run("nft", "delete", "table", "ip", table)


@scenario("port that nft redirects to a server of this host", unknown=(EARLY, UNTRANSLATED))
def redirected(stage: Stage) -> Generator[None, None, list[Expected]]:
    link = stage.link
    with stage.role("one_of_port", link.ip4, 0) as server:
        port = server.receive()["port"]
        yield
        with rules(stage, f"chain c {{ type nat hook prerouting priority dstnat; iifname {link.here} udp dport 4053 "
                          f"redirect to :{port}; }}"), \
                stage.role("asker", "udp", link.ip4, 4053, inside=True) as client:
            local = client.receive()["port"]
            client.tell()
            assert client.receive()["answer"] == server.pid
            client.tell()
            client.end()
        server.tell()
        server.end()
    return [Expected(of_port(local), (Owner(server.pid),), 2)]


@scenario("service address that is translated to a server of this host, asked from this host", where=LOOPBACK)
def service_address(stage: Stage) -> Generator[None, None, list[Expected]]:
    with stage.role("one_of_port", "127.0.0.1", 0) as server:
        port = server.receive()["port"]
        yield
        with rules(stage, f"chain c {{ type nat hook output priority -100; ip daddr 127.0.53.53 udp dport 53 "
                          f"dnat to 127.0.0.1:{port}; }}"), \
                stage.role("asker_at", "127.0.53.53", 53) as client:
            local = client.receive()["port"]
            client.tell()
            assert client.receive()["answer"] == server.pid
            client.tell()
            client.end()
        server.tell()
        server.end()

    def question(p: object) -> bool:
        return of_port(local)(p) and b"question" in p.data      # type: ignore[arg-type,attr-defined]

    def answer(p: object) -> bool:
        return of_port(local)(p) and b"answer of" in p.data     # type: ignore[arg-type,attr-defined]

    ours, its = (Owner(client.pid),), (Owner(server.pid),)
    return [Expected(lambda p: question(p) and p.direction == OUT, ours),
            Expected(lambda p: question(p) and p.direction == IN, its),
            Expected(lambda p: answer(p) and p.direction == OUT, its),
            Expected(lambda p: answer(p) and p.direction == IN, ours)]


@scenario("child that sends on its parent's socket to a neighbour whose address is not known yet", unknown=(RESOLVING,))
def resolved(stage: Stage) -> list[Expected]:
    link = stage.link
    with stage.role("sends_by_child", link.peer4, 9, script=CALLS) as parent:
        parent.receive()
        run("ip", "neighbour", "flush", "dev", link.here)
        parent.tell()
        child = int(str(parent.receive()["child"]))
        parent.tell()
        parent.end()
    return [Expected(with_text(b"from %d." % child, OUT), (Owner(child),))]
