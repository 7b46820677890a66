"""No packet is lost without being counted: what was sent is what was captured, dropped or left out by the filter."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump.kernel.loading.probes import kernel_version
from tests.live.harness import Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
COUNT = 20_000
# those that see VLAN tags; with small buffers, so that some find no room
WAYS = [["--backend", "tc"], ["--backend", "tc", "-U", "-B", "64"], ["--backend", "tc", "-B", "2048"]]
if kernel_version() >= (5, 12):
    WAYS += [["--backend", "socket-filter", "-B", "64"], ["--backend", "tp-btf", "-B", "64"]]


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(16) as pair:
        run("ping", "-n", "-c", "1", pair.peer4)
        yield pair


@pytest.mark.parametrize("snaplen", ["1", "10", "15", "16", "17"])
@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_tagged_flood_with_a_short_snapshot(link: Link, tmp_path: Path, way: list[str], snaplen: str) -> None:
    """Tags are beside the packet in the kernel; less of it is kept than what belongs before and behind the tag."""
    path = tmp_path / "x.pcap"
    with (actor("tagged_flood", link.there, COUNT, prefix=link.inside()) as sender,
          capturing(tmp_path, "-i", link.here, "-s", snaplen, *way, "-w", path,
                    "ether src 02:02:02:02:02:02") as capture):
        sender.receive()
        sender.tell()
        sender.end()
    captured, received, dropped = (
        int(n) for n in re.findall(r"^(\d+) packets? (?:captured|received|dropped)", capture.stderr, re.MULTILINE))
    assert received == COUNT // 2
    assert captured + dropped == received
    packets = list(ptcpdump.open(path))
    assert len(packets) == captured
    whole = b"\xff" * 6 + b"\x02" * 6 + b"\x81\0\0"
    assert {packet.data[:15] for packet in packets} <= {whole[:int(snaplen)]}
    assert {packet.length for packet in packets} <= {64}
