"""What backends promise beyond filters: directions, namespaces, servers, VLAN tags, whole packets, clear refusals."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.harness import Link, actor, capturing, run, veth_pair

BACKENDS = ["tc", "cgroup-skb", "tp-btf", "socket-filter"]
IN, OUT = 1, 2
VLAN = "ptbvl"


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(21) as pair:
        run(*pair.inside("sysctl", "-q", "net.ipv4.ping_group_range=0 2147483647"))
        yield pair


def capture(folder: Path, act: Callable[[], None], *flags: object, prefix: list[str] | None = None) -> list[Packet]:
    """The packets of what `act` does, read back from the file that ptcpdump wrote."""
    path = folder / f"{len(list(folder.iterdir()))}.pcapng"
    with capturing(folder, "-w", path, *map(str, flags), prefix=prefix):
        act()
    return list(ptcpdump.open(path))


def exchange(link: Link, *, size: int = 8) -> dict[str, int]:
    """A client inside talks to a server here by all protocols; their pids."""
    with (actor("echo_server") as server,
          actor("client_of_all", link.ip4, link.ip6, "a-client", 0, 7, size, prefix=link.inside()) as client):
        facts = server.receive()
        client.receive()
        client.tell(json.dumps([facts["tcp"], facts["udp"]]))
        client.receive()
        client.end()
        server.tell()
        return {"client": client.pid, "server": server.pid}


def pids(packets: list[Packet]) -> set[int | None]:
    return {p.process.pid if p.process else None for p in packets}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("word", "direction"), [("in", IN), ("out", OUT)])
def test_one_direction(link: Link, tmp_path: Path, backend: str, word: str, direction: int) -> None:
    """-Q leaves the other direction out, but not the owner, who is known by it."""
    truth: dict[str, int] = {}
    packets = capture(tmp_path, lambda: truth.update(exchange(link)), "--backend", backend, "-Q", word,
                      "-i", link.there, "tcp or udp or icmp", prefix=link.inside())
    assert {p.direction for p in packets} == {direction}
    assert pids(packets) == {truth["client"]}
    assert len(packets) > 8


@pytest.mark.parametrize("backend", BACKENDS)
def test_server(link: Link, tmp_path: Path, backend: str) -> None:
    """All packets of a server are its own, the first SYN included."""
    truth: dict[str, int] = {}
    packets = capture(tmp_path, lambda: truth.update(exchange(link)), "--backend", backend, "-i", link.here,
                      "tcp or udp")
    assert pids(packets) == {truth["server"]}
    assert sum("Flags [S]" in p.line for p in packets) == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_server_from_before(link: Link, tmp_path: Path, backend: str) -> None:
    """A listener, a UDP server and a connection that exist when the capture starts."""
    with (actor("tcp_server", link.ip4, 0, 2) as server, actor("udp_server", "0.0.0.0") as udp):
        port, udp_port = server.receive()["port"], udp.receive()["port"]
        with actor("tcp_client", link.ip4, port, prefix=link.inside()) as early:
            early.receive()

            def act() -> None:
                with actor("udp_client", link.ip4, udp_port, "connected", prefix=link.inside()) as client:
                    client.receive()
                    client.tell()
                    client.end()
                early.tell()
                early.receive()
                early.tell()
                early.end()
                with actor("tcp_client", link.ip4, port, prefix=link.inside()) as late:
                    for _ in range(2):
                        late.receive()
                        late.tell()
                    late.end()

            packets = capture(tmp_path, act, "--backend", backend, "-i", link.here, "tcp or udp")
        udp.tell()
        udp.end()
        server.end()
    tcp = [p for p in packets if "Flags [" in p.line]       # not by port: a client's may have the same number
    datagrams = [p for p in packets if "Flags [" not in p.line]
    assert len(datagrams) == 2
    assert pids(datagrams) == {udp.pid}, datagrams
    assert pids(tcp) == {server.pid}, tcp


@pytest.mark.parametrize("backend", ["cgroup-skb", "tp-btf"])
def test_across_namespaces(link: Link, tmp_path: Path, backend: str) -> None:
    """-i any means all namespaces; a packet's interface is named with its own."""
    truth: dict[str, int] = {}
    packets = capture(tmp_path, lambda: truth.update(exchange(link)), "--backend", backend, "-i", "any",
                      f"host {link.ip4} and (tcp or udp)")
    inode = Path("/run/netns", link.name).stat().st_ino
    here = [p for p in packets if p.interface.name == link.here]
    there = [p for p in packets if p.interface.name in (link.there, f"{link.there}@{inode}")]
    assert len(here) + len(there) == len(packets)
    assert pids(here) == {truth["server"]}
    assert pids(there) == {truth["client"]}
    assert len(here) == len(there)


@pytest.mark.parametrize("backend", BACKENDS)
def test_whole_packets(link: Link, tmp_path: Path, backend: str) -> None:
    """Nothing is missing of large segments, of which most lies outside the linear part."""
    packets = capture(tmp_path, lambda: exchange(link, size=60 * 1024) and None, "--backend", backend, "-i", link.here,
                      "tcp")
    assert all(len(p.data) == p.length for p in packets)
    payload = bytes(range(256))
    assert max(p.length for p in packets) > 5 * 1500     # how many segments are sent as one depends on the moment
    largest = max(packets, key=lambda p: p.length)
    start = largest.data.index(payload)
    body = largest.data[start:]
    assert body == (payload * (len(body) // 256 + 1))[: len(body)]


@contextlib.contextmanager
def vlan(link: Link) -> Iterator[None]:
    """VLAN 77 over the pair."""
    added = run("ip", "link", "add", "link", link.here, "name", VLAN, "type", "vlan", "id", "77", check=False)
    if "Unknown device type" in added.stderr:
        pytest.skip("this kernel has no VLAN devices (CONFIG_VLAN_8021Q)")
    added.check_returncode()
    try:
        run("ip", "-n", link.name, "link", "add", "link", link.there, "name", VLAN, "type", "vlan", "id", "77")
        for where, address in ((["ip"], "10.214.77.1/24"), (["ip", "-n", link.name], "10.214.77.2/24")):
            run(*where, "address", "add", address, "dev", VLAN)
            run(*where, "link", "set", VLAN, "up")
        yield
    finally:
        run("ip", "link", "delete", VLAN)
        run("ip", "-n", link.name, "link", "delete", VLAN, check=False)


def ping_vlan() -> None:
    run("ping", "-n", "-c", "1", "10.214.77.2")


def tagged(link: Link) -> None:
    """Two frames from inside: UDP in VLAN 77, and in VLAN 78."""
    with actor("tagged_sender", link.there, prefix=link.inside()) as sender:
        sender.receive()
        sender.end()


@pytest.mark.parametrize("backend", ["tc", "tp-btf", "socket-filter"])
def test_vlan_tag(link: Link, tmp_path: Path, backend: str) -> None:
    """The tag is matched and captured, wherever the kernel keeps it: in the bytes or beside them."""
    inside = link.inside()
    for device, prefix, direction in ((link.here, None, IN), (link.there, inside, OUT)):
        packets = capture(tmp_path, lambda: tagged(link), "--backend", backend, "-i", device,
                          "vlan 77 and udp port 4242", prefix=prefix)
        assert [p.data[12:18].hex() for p in packets] == ["8100004d0800"]
        assert packets[0].data.endswith(b"tagged")
        assert packets[0].direction == direction


@pytest.mark.parametrize("printing", [[], ["--print"]], ids=["lanes", "ring"])
@pytest.mark.parametrize("snaplen", [1, 12, 14, 15, 17])
@pytest.mark.parametrize("backend", ["tc", "tp-btf", "socket-filter"])
def test_vlan_tag_that_is_cut(link: Link, tmp_path: Path, backend: str, snaplen: int, printing: list[str]) -> None:
    """A snapshot length that ends before, in or just behind the tag: the packet is there, as far as it goes."""
    whole = ("ff" * 6 + "02" * 6 + "8100004d0800")[:2 * snaplen]
    for device, prefix in ((link.here, None), (link.there, link.inside())):
        packets = capture(tmp_path, lambda: tagged(link), "--backend", backend, "-i", device, "-s", str(snaplen),
                          "vlan 77 and udp port 4242", *printing, prefix=prefix)
        assert [p.data.hex() for p in packets] == [whole]
        assert [p.length for p in packets] == [52]


@pytest.mark.parametrize("backend", ["tc", "cgroup-skb", "socket-filter"])
def test_vlan_device(link: Link, tmp_path: Path, backend: str) -> None:
    with vlan(link):
        packets = capture(tmp_path, ping_vlan, "--backend", backend, "-i", VLAN, "icmp")
    assert [p.direction for p in packets] == [OUT, IN]


def refusal(folder: Path, *flags: object) -> str:
    """What ptcpdump says when it does not get ready."""
    with pytest.raises(AssertionError) as said, capturing(folder, *map(str, flags)):
        pass
    return str(said.value)


def test_no_tags_in_cgroups(link: Link, tmp_path: Path) -> None:
    said = refusal(tmp_path, "--backend", "cgroup-skb", "-i", link.here, "vlan 77")
    assert "from their IP header on" in said
    assert "use --backend tc" in said


def test_no_ingress_tracepoint_of_vlan_devices(link: Link, tmp_path: Path) -> None:
    with vlan(link):
        said = refusal(tmp_path, "--backend", "tp-btf", "-i", VLAN)
        packets = capture(tmp_path, ping_vlan, "--backend", "tp-btf", "-i", VLAN, "-Q", "out", "icmp")
    assert f"{VLAN} shares" in said
    assert "--backend tc" in said
    assert [p.direction for p in packets] == [OUT]
