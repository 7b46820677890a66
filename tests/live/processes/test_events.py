"""Births, programs and ends of processes, as fast as this machine has them: the kernel tells of each."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import Link, actor, capturing, needs_privileges, veth_pair

pytestmark = needs_privileges

FASTEST = 5000      # programs a second


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x12) as pair:
        yield pair


@pytest.mark.parametrize(("flags", "size", "seconds"), [
    ((), 0, 10), ((), 4000, 3), (("-w", "x.pcapng"), 4000, 3),
])
def test_none_is_lost_while_no_packet_comes(
        link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], size: int,
        seconds: int) -> None:
    """Some workers run /bin/true. With so long a command line two seconds of it do not fit into the kernel's buffer."""
    monkeypatch.chdir(tmp_path)
    workers = 2 * len(os.sched_getaffinity(0))
    with capturing(tmp_path, "-i", link.here, *flags, "udp port 9") as capture, \
            actor("spawning_workers", workers, seconds * FASTEST // workers, seconds, size) as spawner:
        spawner.receive()
        spawner.tell()
        done = spawner.receive()["spawned"]
        spawner.end()
        capture.stop()
    assert done > 100 * seconds     # even a slow machine
    assert "events lost" not in capture.stderr


def test_all_are_known_by_their_packets(link: Link, tmp_path: Path) -> None:
    """Each of many children sends once and ends: all have their name, arguments and parent."""
    path = tmp_path / "x.pcapng"
    with actor("forking_senders", link.peer4, 9, 3000) as root:
        root.receive()
        with capturing(tmp_path, "-i", link.here, "-w", path, "udp port 9"):
            root.tell()
            root.receive()
        root.end()
    packets = [p for p in ptcpdump.open(path) if b"child " in p.data and p.direction == ptcpdump.Direction.OUT]
    assert len(packets) == 3000
    assert {p.process.pid == int(p.data.partition(b"child ")[2]) for p in packets} == {True}
    assert {(p.process.args[-1], p.parent.pid) for p in packets} == {("3000", root.pid)}
