"""Every backend with every kind of filter, for TCP, UDP and ICMP over both versions of IP.

Two clients in a namespace do the same at the same time; one of them is wanted. One capture serves all protocols.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.harness import Link, actor, capturing, run, veth_pair

BACKENDS = ["tc", "cgroup-skb", "tp-btf", "socket-filter"]
FILTERS = ["none", "expression", "pid", "pname", "uid"]
WANTED, OTHER = 7, 8            # ICMP sequence numbers of the clients
IN, OUT = 1, 2


@dataclass
class Scene:
    """A namespace in which the clients live, and what each capture saw there."""

    link: Link
    folder: Path
    seen: dict[tuple[str, str], "Seen"] = field(default_factory=dict)

    def capture(self, backend: str, kind: str) -> "Seen":
        """What one backend sees with one kind of filter; captured once."""
        if (backend, kind) not in self.seen:
            self.seen[backend, kind] = self._capture(backend, kind)
        return self.seen[backend, kind]

    def _capture(self, backend: str, kind: str) -> "Seen":
        link, folder = self.link, self.folder / f"{backend}-{kind}"
        folder.mkdir()
        path = folder / "x.pcapng"
        to = (link.ip4, link.ip6)
        with (actor("echo_server") as one, actor("echo_server") as two,
              actor("client_of_all", *to, "wanted-client", 4242, WANTED, prefix=link.inside()) as wanted,
              actor("client_of_all", *to, "other-client", 4243, OTHER, prefix=link.inside()) as other):
            ports, others = one.receive(), two.receive()
            wanted.receive()
            other.receive()
            flags = {"none": [], "pid": ["--pid", wanted.pid], "pname": ["--pname", "wanted-client"],
                     "uid": ["--uid", 4242], "expression": [expression(ports)]}[kind]
            with capturing(folder, "--backend", backend, "-i", link.there, "-w", path, *map(str, flags),
                           prefix=link.inside()):
                for client, its in ((wanted, ports), (other, others)):
                    client.tell(json.dumps([its["tcp"], its["udp"]]))
                for client in (wanted, other):
                    client.receive()
                    client.end()
            for server in (one, two):
                server.tell()
        return Seen(list(ptcpdump.open(path)), wanted.pid, other.pid, ports, others)


@dataclass
class Seen:
    packets: list[Packet]
    wanted: int
    other: int
    ports: dict[str, object]
    others: dict[str, object]

    def of(self, protocol: str, version: int, *, wanted: bool = True) -> list[Packet]:
        """The packets of one client's exchange."""
        ports, sequence = (self.ports, WANTED) if wanted else (self.others, OTHER)
        word = {"tcp": f".{ports['tcp']}", "udp": f".{ports['udp']}", "icmp": f"seq {sequence},"}[protocol]
        return [p for p in self.packets if f"IP{'6' if version == 6 else ''} " in p.line
                and any(f"{word}{end}" in p.line for end in (" >", ":", " "))]


def expression(ports: dict[str, object]) -> str:
    return (f"port {ports['tcp']} or port {ports['udp']} or icmp[6:2] = {WANTED} "
            f"or (icmp6 and ip6[46:2] = {WANTED})")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with veth_pair(20) as link:
        run(*link.inside("sysctl", "-q", "net.ipv4.ping_group_range=0 2147483647"))
        yield Scene(link, tmp_path_factory.mktemp("matrix"))


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
@pytest.mark.parametrize("kind", FILTERS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_filter(scene: Scene, backend: str, kind: str, protocol: str, version: int) -> None:
    """The wanted client's packets of both directions, with it as their owner, and nobody else's."""
    seen = scene.capture(backend, kind)
    packets = seen.of(protocol, version)
    assert {p.direction for p in packets} == {IN, OUT}
    assert {p.process.pid if p.process else None for p in packets} == {seen.wanted}
    # connection: 3 to open, data and answer with or without ACK of their own, 3 or 4 to close
    assert len(packets) >= 8 if protocol == "tcp" else len(packets) == 2
    foreign = seen.of(protocol, version, wanted=False)
    if kind == "none":
        assert {p.process.pid if p.process else None for p in foreign} == {seen.other}
    else:
        assert not foreign


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_but_the_wanted(scene: Scene, backend: str) -> None:
    """Owner filters let nothing pass that has no owner (ARP, neighbour discovery)."""
    for kind in ("pid", "pname", "uid"):
        seen = scene.capture(backend, kind)
        assert {p.process.pid if p.process else None for p in seen.packets} == {seen.wanted}


@pytest.mark.parametrize(("backend", "linktype"), list(zip(BACKENDS, (1, 101, 1, 1), strict=True)))
def test_link_type(scene: Scene, backend: str, linktype: int) -> None:
    assert {p.linktype for p in scene.capture(backend, "none").packets} == {linktype}


def test_thread(scene: Scene) -> None:
    """cgroup-skb names the thread also where it is the main one."""
    seen = scene.capture("cgroup-skb", "pid")
    assert {(p.thread.tid, p.thread.name) for p in seen.packets if p.thread} == {(seen.wanted, "wanted-client")}
    assert all(p.thread for p in seen.packets)
