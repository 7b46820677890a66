"""A selection chooses packets; it changes nothing about them.

On the loopback, and where both ends are processes of this host, a packet belongs to the process at the end where it is
seen; it is wanted if either of the two is. Both copies of it on the loopback are taken then, on every backend.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import ptcpdump
from tests.live.attribution.recording import BACKENDS, ROLES
from tests.live.attribution.scenario import IN, OUT
from tests.live.harness import Link, actor, capturing, needs_privileges, veth_pair

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x18) as pair:
        yield pair


def seen(path: Path) -> Counter[tuple[bytes, int, int | None, str]]:
    """What a file holds: bytes and direction of each packet, and whose it is shown as, and how that was found."""
    return Counter((p.data, int(p.direction), p.process and p.process.pid, str(p.found)) for p in ptcpdump.open(path))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("where", ["lo", "veth"])
def test_same_packets_of_the_same_owners(link: Link, tmp_path: Path, where: str, kind: str, backend: str) -> None:
    address, device, prefix = ("127.0.0.1", "lo", []) if where == "lo" else (link.ip4, link.here, link.inside())
    with ExitStack() as stack:
        server = stack.enter_context(actor("group_member", kind, address, 0, script=ROLES))
        port = server.receive()["port"]
        client = stack.enter_context(actor("asker", kind, address, port, prefix=prefix, script=ROLES))
        client.receive()
        paths = {pid: tmp_path / f"{pid}.pcapng" for pid in (0, server.pid, client.pid)}
        with ExitStack() as captures:
            for pid, path in paths.items():
                chosen = ["--pid", str(pid)] if pid else []
                captures.enter_context(capturing(tmp_path, "-i", device, "--backend", backend, "-w", path, *chosen,
                                                 f"{kind} port {port}"))
            client.tell()
            if kind == "tcp":
                client.receive()
                client.tell()
            client.receive()
            client.tell()
            client.end()
            server.tell()
            server.end()
    everything = seen(paths[0])
    assert seen(paths[server.pid]) == everything
    # cgroup-skb sees no packet leave the other namespace: the last acknowledgement of a connection comes from a socket
    # that is gone
    unknown = 1 if (backend, where, kind) == ("cgroup-skb", "veth", "tcp") else 0
    assert not seen(paths[client.pid]) - everything
    assert (everything - seen(paths[client.pid])).total() <= unknown
    directions = Counter(direction for _, direction, _, _ in everything.elements())
    assert where != "lo" or directions[IN] == directions[OUT]
    assert {pid for _, _, pid, _ in everything} <= {server.pid, client.pid}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_who_has_a_port_on_all_addresses_has_not_that_of_other_hosts(link: Link, tmp_path: Path, kind: str,
                                                                      backend: str) -> None:
    with ExitStack() as stack:
        ours = stack.enter_context(actor("group_member", kind, "0.0.0.0", 0, script=ROLES))
        port = ours.receive()["port"]
        theirs = stack.enter_context(actor("group_member", kind, link.peer4, port, prefix=link.inside(), script=ROLES))
        theirs.receive()
        client = stack.enter_context(actor("asker", kind, link.peer4, port, script=ROLES))
        client.receive()
        chosen, all_of_them = tmp_path / "chosen.pcapng", tmp_path / "all.pcapng"
        with (capturing(tmp_path, "-i", link.here, "--backend", backend, "-w", chosen, "--pid", str(ours.pid),
                        f"{kind} port {port}"),
              capturing(tmp_path, "-i", link.here, "--backend", backend, "-w", all_of_them, f"{kind} port {port}")):
            client.tell()
            if kind == "tcp":
                client.receive()
                client.tell()
            client.receive()
            client.tell()
            client.end()
        for process in (theirs, ours):
            process.tell()
            process.end()
    assert seen(all_of_them)
    assert not seen(chosen)
    assert ours.pid not in {pid for _, _, pid, _ in seen(all_of_them)}
