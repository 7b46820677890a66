"""Text on its way out: not one wake-up for each packet, and not late either."""

import contextlib
import os
import pty
import re
import select
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import Actor, Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
COUNT = 20_000
BACKENDS = ["tc", "socket-filter"]


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(14) as pair:
        run("ping", "-n", "-c", "1", pair.peer4)
        yield pair


def sleeps(pid: int) -> int:
    """How often a process had to be woken (proc_pid_status(5))."""
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def writes(pid: int) -> int:
    """How often it has called write(2) or the like (proc_pid_io(5))."""
    return int(re.search(r"^syscw: (\d+)", Path(f"/proc/{pid}/io").read_text(), re.M)[1])


def flood(sender: Actor) -> None:
    sender.receive()
    sender.tell()
    sender.end()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_flood_does_not_wake_us_for_each_packet(link: Link, tmp_path: Path, backend: str) -> None:
    out = ["sh", "-c", 'exec "$@" > /dev/null', "sh"]
    with (actor("flood", link.peer4, 7301, COUNT, 64, 0) as sender,
          capturing(tmp_path, "-n", "-i", link.here, "--backend", backend, "-B", "65536",
                    "udp dst port 7301", prefix=out) as capture):
        before = sleeps(capture.process.pid)
        flood(sender)
        woken = sleeps(capture.process.pid) - before
        capture.stop()
    assert f"{COUNT} packets captured" in capture.stderr
    assert woken < COUNT / 20


@pytest.mark.parametrize("flag", ["--immediate-mode", "-l", "-U"])
def test_each_packet_at_once(link: Link, tmp_path: Path, flag: str) -> None:
    """Where that is asked for each line leaves by itself, whatever comes behind it."""
    count = 2000
    out = ["sh", "-c", 'exec "$@" > /dev/null', "sh"]
    with (actor("flood", link.peer4, 7304, count, 64, 0) as sender,
          capturing(tmp_path, "-n", "-c", count, "-i", link.here, flag, "udp dst port 7304", prefix=out) as capture):
        flood(sender)
        os.waitid(os.P_PID, capture.process.pid, os.WEXITED | os.WNOWAIT)
        assert writes(capture.process.pid) >= count


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_single_packet_is_not_late(link: Link, tmp_path: Path, backend: str) -> None:
    """From before it is sent until its line can be read; the machine may be busy with something else now and then."""
    late = []
    with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
          capturing(tmp_path, "-n", "-i", link.here, "--backend", backend, "udp dst port 7302") as capture):
        output = capture.process.stdout.fileno()
        for _ in range(40):
            began = time.monotonic()
            sender.sendto(b"now", (link.peer4, 7302))
            assert select.select([output], [], [], 30)[0]
            late.append(time.monotonic() - began)
            os.read(output, 65536)
    assert statistics.quantiles(late, n=4)[0] < 0.01        # 50 ms would be those of packets that nobody watches


def test_a_terminal_gets_many_lines_at_once(link: Link, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    seen: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):      # when nobody has the terminal any more
            while True:
                seen.append(os.read(ours, 65536))

    reader = threading.Thread(target=read)
    reader.start()
    terminal = ["sh", "-c", f'exec "$@" > {os.ttyname(theirs)}', "sh"]
    with (actor("flood", link.peer4, 7303, COUNT, 64, 0) as sender,
          capturing(tmp_path, "-n", "-t", "-c", COUNT, "-i", link.here, "-B", "65536", "udp dst port 7303",
                    prefix=terminal) as capture):
        flood(sender)
        os.waitid(os.P_PID, capture.process.pid, os.WEXITED | os.WNOWAIT)
        written = writes(capture.process.pid)
    os.close(theirs)
    reader.join()
    os.close(ours)
    assert b"".join(seen).count(b".7303: UDP, length 64") == COUNT
    assert written < COUNT / 20
