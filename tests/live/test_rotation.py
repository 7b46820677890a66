"""Rotation under a flood: a hundred files and more of numbered packets, of which none is lost or doubled."""

import collections
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from pcapng_blocks import counted, packets

import ptcpdump
from tests.live.harness import Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
COUNT = 8000


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(37) as pair:
        run("ping", "-n", "-c", "1", pair.peer4)    # datagrams that wait for its link-layer address are overtaken
        yield pair


@pytest.mark.parametrize("flags", [
    ["--comments", "none"], ["-U"], ["--compress", "gzip", "--comments", "none"],
    ["--compress", "zstd", "--comments", "none"]])
def test_numbered_packets(link: Link, tmp_path: Path, flags: list[str]) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    size = "12k" if "none" in flags else "20k"
    words = ["-i", link.here, "-Q", "out", "-w", folder / "out", "-C", size, *flags, "udp"]
    with capturing(tmp_path, *words) as capture, \
            actor("flood", link.peer4, 7300, COUNT, 100, 0) as sender:
        pid = sender.receive()["pid"]
        sender.tell()
        sender.end()
    dropped = int(re.search(r"(\d+) packets? dropped by kernel", capture.stderr)[1])
    files = sorted(folder.glob("out*"), key=lambda path: int(path.name.removeprefix("out") or 0))
    assert len(files) >= 100
    seen: collections.Counter[int] = collections.Counter()
    before = 0
    for path in files:
        for each in ptcpdump.open(path, text=None):
            assert each.process.pid == pid
            seen[struct.unpack_from("!I", each.data, 42)[0]] += 1
        for one in packets(path):       # each file says by itself whose they are
            assert one.process.entry["pid"] == pid
            assert one.parent is not None
        so_far = sum(seen.values())     # what the kernel counts is ahead of what is written, and never goes back
        assert max(before, so_far) <= counted(path)[0] <= COUNT
        before = counted(path)[0]
    assert max(seen.values()) == 1
    assert len(seen) == COUNT - dropped
