"""Packets between the kernel and us: of several CPUs at once, and more of them than there is room for."""

import contextlib
import os
import re
import shutil
import signal
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pcapng_blocks import counted

import ptcpdump
from ptcpdump.kernel.bindings.object import possible_cpus
from ptcpdump.kernel.loading.probes import kernel_version
from tests.live.harness import Actor, Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges

WAYS = {
    "lanes": ["-B", 1024 * possible_cpus()],
    "ring": ["-B", "2048", "-U"],
    "ring, in batches": ["-B", "256"],
}
if kernel_version() >= (5, 12):
    WAYS["socket-filter"] = ["-B", "256", "--backend", "socket-filter"]
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


def flood(senders: list[Actor]) -> list[int]:
    """Let them go, all at once, to their end; their pids."""
    pids = [sender.receive()["pid"] for sender in senders]
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


@dataclass
class Flood:
    """What a capture has of datagrams that were sent on all CPUs at once."""

    path: Path
    packets: list[ptcpdump.Packet]
    captured: int
    received: int
    dropped: int
    pids: list[int]                 # of the senders
    numbers: list[list[int]]        # of the datagrams of each
    owners: list[set[int | None]]   # pids that each sender's datagrams are said to be of


def captured_flood(link: Link, folder: Path, way: str, count: int, size: int, *, reading: bool = True) -> Flood:
    """Capture `count` datagrams of `size` bytes of a sender on each CPU; reading: not only once all are sent."""
    path, port = folder / "flood.pcapng", next(ports) * 4
    with flooding(link, port, count, size) as senders:
        last = port + len(senders) - 1
        with capturing(folder, "-i", link.here, *WAYS[way], "-w", path,
                       f"udp dst portrange {port}-{last}") as capture:
            if not reading:
                capture.process.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, capture.process.pid, os.WSTOPPED | os.WNOWAIT)
            pids = flood(senders)
            capture.process.send_signal(signal.SIGCONT)
    found = Flood(path, list(ptcpdump.open(path)), *counts(capture.stderr), pids, [], [])
    for i in range(len(senders)):
        ours = [p for p in found.packets if number(p)[0] == port + i]
        found.numbers.append([number(p)[1] for p in ours])
        found.owners.append({p.process and p.process.pid for p in ours})
    assert found.captured == len(found.packets) == sum(map(len, found.numbers))
    assert found.received == found.captured + found.dropped == count * len(senders)
    assert all(numbers == sorted(set(numbers)) for numbers in found.numbers)
    assert {len(p.data) for p in found.packets} == {42 + size}
    assert counted(path) == (found.received, found.dropped)
    return found


@pytest.mark.parametrize("way", WAYS)
def test_several_cpus_at_once(link: Link, tmp_path: Path, way: str) -> None:
    """Each packet is there, with its process, in the order of time."""
    found = captured_flood(link, tmp_path, way, 4000, 100)
    assert found.owners == [{pid} for pid in found.pids]
    if way == "lanes":
        times = [p.time_ns for p in found.packets]
        assert times == sorted(times)
    if not found.dropped:
        assert all(numbers == list(range(4000)) for numbers in found.numbers)


@pytest.mark.parametrize("way", WAYS)
def test_what_does_not_fit_is_counted(link: Link, tmp_path: Path, way: str) -> None:
    """While nobody reads, the oldest are kept whole and the others counted, in the summary and in the file."""
    found = captured_flood(link, tmp_path, way, 6000, 1000, reading=False)
    assert found.dropped > 0
    if shutil.which("capinfos"):
        assert f"Number of packets = {found.captured}" in run("capinfos", found.path).stdout
    if shutil.which("tshark"):
        rows = run("tshark", "-r", found.path, "-T", "fields", "-e", "frame.interface_id").stdout
        # Wireshark 4 shows a process block as a row, too, but as that of no interface
        assert len(rows.split()) == found.captured


@pytest.mark.parametrize(("way", "mapped"), [([], 1), (["-U"], 2)], ids=["lanes", "ring"])
def test_memory_of_an_idle_capture(tmp_path: Path, way: list[str], mapped: int) -> None:
    """It takes what -B asks for, and little beside. A ring's pages are mapped twice, one copy behind the other."""
    room = 32
    with capturing(tmp_path, "-i", "lo", "-n", "-B", room * 1024, *way, "udp port 9") as capture:
        process = Path(f"/proc/{capture.process.pid}")
        resident = {key: int(value) / 1024 for key, value in re.findall(
            r"(VmHWM|RssAnon):\s+(\d+) kB", (process / "status").read_text())}
        maps = re.findall(r"anon_inode:bpf-map\n(?:.*\n)*?Rss:\s+(\d+) kB", (process / "smaps").read_text())
    assert room <= sum(map(int, maps)) / 1024 < room * mapped + 16      # events of processes have a ring, too
    assert resident["RssAnon"] < 40
    assert resident["VmHWM"] < room * mapped + 80
