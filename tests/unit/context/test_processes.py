"""The process table, fed with events as the kernel sends them."""

import struct
from pathlib import Path

from ptcpdump.context.processes import EXEC, FORK, ProcessTable

TICK = 10_000_000   # ns
PARENT, CHILD = 100, 101


def event(kind: int, time: int, pid: int, start: int, parent: int, parent_start: int, *args: str) -> bytes:
    path = args[0].encode() + b"\0" if args else b""
    words = b"".join(word.encode() + b"\0" for word in args)
    header = struct.pack("=QQQQIIIIIIHHHH16s", time, start, parent_start, 0, pid, parent, pid, 0, 0, 0, kind, len(path),
                         len(words), 0, b"")
    return header + path + words


def test_images_follow_each_other(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 50, PARENT, TICK, 1, 0, "/bin/shell"))
    table.feed(event(FORK, 60, CHILD, 5 * TICK, PARENT, TICK))
    table.feed(event(EXEC, 70, CHILD, 5 * TICK, PARENT, TICK, "/bin/worker", "job"))
    forked, parent, since, until = table.find(CHILD, 5 * TICK, 65, "")
    assert (forked.args, since, until) == (("/bin/shell",), 0, 70)
    assert parent is not None and parent.pid == PARENT
    assert table.find(CHILD, 5 * TICK, 70, "")[0].args == ("/bin/worker", "job")


def test_one_pid_twice_within_a_clock_tick(tmp_path: Path) -> None:
    """Packets are looked up after both lives' events: each still finds the program of its own time."""
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 50, PARENT, TICK, 1, 0, "/bin/shell"))
    for life, start in (("first", 100), ("second", 200)):
        table.feed(event(FORK, start, CHILD, 5 * TICK + start, PARENT, TICK))
        table.feed(event(EXEC, start + 10, CHILD, 5 * TICK + start, PARENT, TICK, "/bin/worker", life))
    seen = [table.find(CHILD, 5 * TICK + start, time, "")[0].args[-1]
            for start, time in ((100, 150), (200, 205), (200, 250))]
    assert seen == ["first", "/bin/shell", "second"]
