"""A selection chooses packets; it changes nothing about them.

On the loopback, and where both ends are processes of this host, a packet belongs to the process at the end where it is
seen; it is wanted if either of the two is. Both copies of it on the loopback are taken then, on every backend.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import ptcpdump
from tests.live.attribution.recording import BACKENDS, ROLES
from tests.live.attribution.scenario import IN, OUT, converse
from tests.live.harness import Actor, Link, actor, capturing, needs_privileges, veth_pair

pytestmark = needs_privileges
KINDS = ("tcp", "udp")


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x18) as pair:
        yield pair


def seen(path: Path) -> Counter[tuple[bytes, str, int, int | None, str]]:
    """What a file holds: bytes, interface and direction of packets, whose each is shown as, and how that was found."""
    return Counter((p.data, p.interface.name, int(p.direction), p.process and p.process.pid, str(p.found))
                   for p in ptcpdump.open(path))


@contextmanager
def served(kind: str, server: str, port: object = 0, prefix: Iterable[str] = ()) -> Iterator[tuple[Actor, object]]:
    """A server, and its port."""
    with actor("group_member", kind, server, port, prefix=[*prefix], script=ROLES) as process:
        yield process, process.receive()["port"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_same_packets_of_the_same_owners(link: Link, tmp_path: Path, backend: str) -> None:
    """By TCP and UDP, over the loopback and over a veth pair."""
    pairs: list[tuple[str, Actor, Actor]] = []
    ports = []
    with ExitStack() as stack:
        for address, prefix in (("127.0.0.1", []), (link.ip4, link.inside())):
            for kind in KINDS:
                server, port = stack.enter_context(served(kind, address))
                client = stack.enter_context(actor("asker", kind, address, port, prefix=prefix, script=ROLES))
                client.receive()
                pairs.append((kind, server, client))
                ports.append(f"{kind} port {port}")
        servers = {server.pid for _, server, _ in pairs}
        clients = {client.pid for _, _, client in pairs}
        paths = [tmp_path / f"{name}.pcapng" for name in ("all", "servers", "clients")]
        with ExitStack() as captures:
            for path, pids in zip(paths, (set(), servers, clients), strict=True):
                chosen = ["--pid", ",".join(map(str, pids))] if pids else []
                captures.enter_context(capturing(tmp_path, "-i", "lo", "-i", link.here, "--backend", backend,
                                                 "-w", path, *chosen, " or ".join(ports)))
            for kind, _, client in pairs:
                converse(kind, client)
            for _, server, _ in pairs:
                server.tell()
                server.end()
    everything, of_servers, of_clients = map(seen, paths)
    assert of_servers == everything
    # cgroup-skb sees no packet leave the other namespace: the last acknowledgement of a connection comes from a socket
    # that is gone
    unknown = 1 if backend == "cgroup-skb" else 0
    assert not of_clients - everything
    assert (everything - of_clients).total() <= unknown
    directions = Counter((name, direction) for _, name, direction, _, _ in everything.elements())
    assert directions["lo", IN] == directions["lo", OUT] > 8
    assert directions[link.here, IN] > 4
    assert {pid for _, _, _, pid, _ in everything} <= servers | clients


@pytest.mark.parametrize("backend", BACKENDS)
def test_who_has_a_port_on_all_addresses_has_not_that_of_other_hosts(link: Link, tmp_path: Path, backend: str) -> None:
    chosen, all_of_them = tmp_path / "chosen.pcapng", tmp_path / "all.pcapng"
    with ExitStack() as stack:
        ours, theirs, ports = [], [], {}
        for kind in KINDS:
            server, port = stack.enter_context(served(kind, "0.0.0.0"))
            ours.append(server)
            theirs.append(stack.enter_context(served(kind, link.peer4, port, link.inside()))[0])
            ports[kind] = port
        clients = [(kind, stack.enter_context(actor("asker", kind, link.peer4, port, script=ROLES)))
                   for kind, port in ports.items()]
        expression = " or ".join(f"{kind} port {port}" for kind, port in ports.items())
        pids = {server.pid for server in ours}
        with (capturing(tmp_path, "-i", link.here, "--backend", backend, "-w", chosen,
                        "--pid", ",".join(map(str, pids)), expression),
              capturing(tmp_path, "-i", link.here, "--backend", backend, "-w", all_of_them, expression)):
            for kind, client in clients:
                client.receive()
                converse(kind, client)
        for process in theirs + ours:
            process.tell()
            process.end()
    assert seen(all_of_them)
    assert not seen(chosen)
    assert not pids & {pid for _, _, _, pid, _ in seen(all_of_them)}
