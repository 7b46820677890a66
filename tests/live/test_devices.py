"""Devices on top of others: each shows its packets once, with its link type and the owner of each packet."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump.kernel.loading.probes import kernel_version
from tests.live.harness import Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges

ETHERNET, RAW = 1, 101
IN, OUT = 1, 2
SERVER, CLIENT = "10.216.7.2", "10.216.7.1"
# what ip-link(8) is told at the server's end and at the client's; `lower` is the veth device below. Where the client
# needs none, its address is on the veth device itself.
KINDS = {
    "bridge": ("type bridge", "", ETHERNET),
    "bond": ("type bond mode active-backup", "", ETHERNET),
    "macvlan": ("link {lower} type macvlan mode bridge", "", ETHERNET),
    "ipvlan": ("link {lower} type ipvlan mode l2", "", ETHERNET),
    "vlan": ("link {lower} type vlan id 5", "link {lower} type vlan id 5", ETHERNET),
    "vxlan": ("type vxlan id 42 dstport 4789 local {own} remote {other} dev {lower}",) * 2 + (ETHERNET,),
    "geneve": ("type geneve id 42 remote {other}",) * 2 + (ETHERNET,),
    "gretap": ("type gretap local {own} remote {other}",) * 2 + (ETHERNET,),
    "gre": ("type gre local {own} remote {other}",) * 2 + (RAW,),
    "ipip": ("type ipip local {own} remote {other}",) * 2 + (RAW,),
}
_PORTS = ("bridge", "bond")     # kinds that the veth device becomes a port of


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(9) as pair:
        # the device below must not answer for the one on top
        run(*pair.inside("sysctl", "-q", "-w", "net.ipv4.conf.all.arp_ignore=1"))
        yield pair


@contextlib.contextmanager
def device(link: Link, kind: str) -> Iterator[str]:
    """A device of that kind in the namespace, and what the client needs to reach it; skips where there are none."""
    at_server, at_client, _ = KINDS[kind]
    name = "ptdevice"
    there = ["ip", "-n", link.name]
    values = {"lower": link.there, "own": link.peer4, "other": link.ip4}
    added = run(*there, "link", "add", name, *at_server.format(**values).split(), check=False)
    if added.returncode:
        pytest.skip(f"this kernel has no {kind} devices: {added.stderr.strip()}")
    try:
        if kind in _PORTS:
            run(*there, "link", "set", link.there, "down")
            run(*there, "link", "set", link.there, "master", name)
        run(*there, "address", "add", f"{SERVER}/24", "dev", name)
        for word in (name, link.there):
            run(*there, "link", "set", word, "up")
        client = link.here
        if at_client:
            client = f"{link.here}d"
            values = {"lower": link.here, "own": link.ip4, "other": link.peer4}
            run("ip", "link", "add", client, *at_client.format(**values).split())
        run("ip", "address", "add", f"{CLIENT}/24", "dev", client)
        run("ip", "link", "set", client, "up")
        yield name
    finally:
        run(*there, "link", "delete", name)
        run("ip", "address", "delete", f"{CLIENT}/24", "dev", link.here, check=False)
        run("ip", "neighbour", "flush", "dev", link.here)       # the next device has another MAC address
        run("ip", "link", "delete", f"{link.here}d", check=False)
        # ports lose their addresses' routes while they are down
        run(*there, "link", "set", link.there, "up")


@pytest.mark.parametrize("kind", KINDS)
def test_device(link: Link, tmp_path: Path, kind: str) -> None:
    if KINDS[kind][2] == RAW and kernel_version() < (5, 14):
        pytest.skip("what comes out of tunnels still has their headers before Linux 5.14")
    path = tmp_path / "x.pcapng"
    with device(link, kind) as name, actor("tcp_server", SERVER, prefix=link.inside()) as server:
        facts = server.receive()
        with (capturing(tmp_path, "-i", name, "-w", path, f"tcp port {facts['port']}", prefix=link.inside()),
              actor("tcp_client", SERVER, facts["port"]) as client):
            client.converse()
    packets = list(ptcpdump.open(path))
    lines = [p.line for p in packets]
    assert {p.linktype for p in packets} == {KINDS[kind][2]}
    assert sum("Flags [S]," in line for line in lines) == sum("Flags [S.]," in line for line in lines) == 1, lines
    assert {p.process.pid if p.process else 0 for p in packets} == {facts["pid"]}
    assert {p.direction for p in packets} == {IN, OUT}


@contextlib.contextmanager
def bridged(link: Link) -> Iterator[str]:
    """A bridge with the address CLIENT, its port is our end of the veth pair; SERVER is at the other end."""
    bridge = f"{link.here}b"
    run("ip", "link", "add", bridge, "type", "bridge")
    try:
        run("ip", "link", "set", link.here, "master", bridge)
        run("ip", "address", "add", f"{CLIENT}/24", "dev", bridge)
        run("ip", "link", "set", bridge, "up")
        run("ip", "-n", link.name, "address", "add", f"{SERVER}/24", "dev", link.there)
        yield bridge
    finally:
        run("ip", "link", "delete", bridge)
        run("ip", "-n", link.name, "address", "delete", f"{SERVER}/24", "dev", link.there, check=False)


def owners_by_device(path: Path) -> dict[str, set[int]]:
    """Process ids by interface name, 0 for packets without."""
    owners: dict[str, set[int]] = {}
    for p in ptcpdump.open(path):
        owners.setdefault(p.interface.name, set()).add(p.process.pid if p.process else 0)
    return owners


def test_container_behind_a_bridge(link: Link, tmp_path: Path) -> None:
    """On the host's side of a container's link, on the bridge and on its port, the process is the container's."""
    path = tmp_path / "x.pcapng"
    with bridged(link) as bridge, actor("tcp_server", CLIENT) as server:
        port = server.receive()["port"]
        with (capturing(tmp_path, "-i", f"{bridge},{link.here}", "-w", path, f"tcp port {port}"),
              actor("tcp_client", CLIENT, port, prefix=link.inside()) as client):
            client.converse()
    owners = owners_by_device(path)
    assert owners[bridge] == {server.pid}       # delivered to us: our own socket's packets
    assert owners[link.here] <= {client.pid, server.pid}
    assert 0 not in owners[link.here]
    assert owners[link.here]


def test_server_of_a_bridge_alone(link: Link, tmp_path: Path) -> None:
    """What a socket gets that is bound to the bridge is its process's there, and the sender's on the bridge's port."""
    path = tmp_path / "x.pcapng"
    with bridged(link) as bridge, actor("udp_server", CLIENT, 4711, bridge) as server:
        server.receive()
        with (capturing(tmp_path, "-i", f"{bridge},{link.here}", "-Q", "in", "-w", path, "udp dst port 4711"),
              actor("udp_client", CLIENT, 4711, "connected", prefix=link.inside()) as client):
            client.receive()
            client.tell()
            client.end()
        server.tell()
        server.end()
    assert owners_by_device(path) == {bridge: {server.pid}, link.here: {client.pid}}
