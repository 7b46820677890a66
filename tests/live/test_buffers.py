"""Packets between the kernel and us: of several CPUs at once, and more of them than there is room for."""

import contextlib
import os
import re
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import Actor, Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges

WAYS = {
    "lanes": ["-B", "2048"],
    "ring": ["-B", "2048", "-U"],
    "ring, in batches": ["-B", "256"],
    "socket-filter": ["-B", "256", "--backend", "socket-filter"],
}
ports = iter(range(7100, 7200))


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(11) as pair:
        run("ping", "-n", "-c", "1", pair.peer4)    # datagrams that wait for its link-layer address are overtaken
        yield pair


@contextlib.contextmanager
def flooding(link: Link, port: int, count: int, size: int) -> Iterator[list[Actor]]:
    """A sender on each CPU, ready to go. They wait for nobody to answer: the port is closed to them."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(actor("flood", link.peer4, port + i, count, size, cpu))
               for i, cpu in enumerate(sorted(os.sched_getaffinity(0))[:4])]


def flood(senders: list[Actor]) -> dict[int, int]:
    """Let them go, all at once, to their end; their ports are told apart by what they are given here: pid → index."""
    pids = {sender.hear()["pid"]: i for i, sender in enumerate(senders)}
    for sender in senders:
        sender.tell()
    for sender in senders:
        sender.end()
    return pids


def number(packet: ptcpdump.Packet) -> tuple[int, int]:
    """Port and number of a datagram of flood()."""
    port, = struct.unpack_from("!H", packet.data, 36)
    return port, struct.unpack_from("!I", packet.data, 42)[0]


def counts(text: str) -> tuple[int, int, int]:
    """What the summary says: captured, received, dropped."""
    return tuple(int(n) for n in re.findall(r"(\d+) packets? (?:captured|received|dropped)", text)[-3:])


def statistics(path: Path) -> tuple[int, int]:
    """Packets received and dropped, as the file's interface statistics say (isb_ifrecv, isb_ifdrop)."""
    data, at, found = path.read_bytes(), 0, None
    while at < len(data):
        kind, length = struct.unpack_from("=II", data, at)
        if kind == 5:
            assert struct.unpack_from("=HH8xHH", data, at + 20) == (4, 8, 5, 8)
            found = struct.unpack_from("=Q4xQ", data, at + 24)
        at += length
    assert found, "no interface statistics"
    return found


@pytest.mark.parametrize("way", WAYS)
def test_several_cpus_at_once(link: Link, tmp_path: Path, way: str) -> None:
    """Each packet is there, with its process, in the order of time."""
    path, port, count = tmp_path / "all.pcapng", next(ports) * 4, 4000
    with flooding(link, port, count, 100) as senders:
        last = port + len(senders) - 1
        with capturing(tmp_path, "-i", link.here, *WAYS[way], "-w", path,
                       f"udp dst portrange {port}-{last}") as capture:
            pids = flood(senders)
    packets = list(ptcpdump.open(path))
    captured, received, dropped = counts(capture.stderr)
    assert captured == len(packets)
    assert received == captured + dropped == count * len(senders)
    assert [p.time_ns for p in packets] == sorted(p.time_ns for p in packets) or way != "lanes"
    for pid, i in pids.items():
        ours = [number(p)[1] for p in packets if number(p)[0] == port + i]
        assert ours == sorted(set(ours))
        assert {p.process and p.process.pid for p in packets if number(p)[0] == port + i} == {pid}
    if not dropped:
        assert {number(p) for p in packets} == {(port + i, n) for i in range(len(senders)) for n in range(count)}


@pytest.mark.parametrize("way", WAYS)
def test_what_does_not_fit_is_counted(link: Link, tmp_path: Path, way: str) -> None:
    """While nobody reads, the oldest are kept whole and the others counted, in the summary and in the file."""
    path, port, count = tmp_path / "full.pcapng", next(ports) * 4, 6000
    with flooding(link, port, count, 1000) as senders:
        last = port + len(senders) - 1
        with capturing(tmp_path, "-i", link.here, *WAYS[way], "-w", path,
                       f"udp dst portrange {port}-{last}") as capture:
            capture.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, capture.process.pid, os.WSTOPPED | os.WNOWAIT)
            flood(senders)
            capture.process.send_signal(signal.SIGCONT)
    packets = list(ptcpdump.open(path))
    captured, received, dropped = counts(capture.stderr)
    assert captured == len(packets)
    assert dropped > 0
    assert received == captured + dropped == count * len(senders)
    for i in range(len(senders)):
        ours = [number(p)[1] for p in packets if number(p)[0] == port + i]
        assert ours == sorted(set(ours))
    assert {len(p.data) for p in packets} == {1042}
    assert statistics(path) == (received, dropped)
    if shutil.which("capinfos"):
        assert f"Number of packets = {captured}" in run("capinfos", path).stdout
    if shutil.which("tshark"):
        rows = subprocess.run(
            ["tshark", "-r", path, "-T", "fields", "-e", "frame.number"], capture_output=True, check=True, text=True)
        assert len(rows.stdout.splitlines()) == captured
