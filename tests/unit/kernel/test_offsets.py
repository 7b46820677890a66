"""Places in struct task_struct, found in memory that is laid out for it."""

import os
import struct
import threading
from pathlib import Path

import pytest

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.loading.offsets import Look, Offsets, find_offsets
from ptcpdump.procfs import PROC, TICK, read_stat
from ptcpdump.records import replace
from ptcpdump.threads import start_thread

THREAD, LEADER, PARENT = (0xFFFF_8000_0000_0000 + 0x4000 * i for i in range(3))
SIZE, IDS, TREE, STARTS, COMM = 8192, 1200, 1216, 1552, 1752    # TREE: real_parent, parent, lists, group_leader
MM, ARGUMENTS, MEMORY = 1000, 296, 0xFFFF_8000_0001_0000
FOUND = Offsets(TREE + 48, STARTS + 8, COMM, IDS, TREE, MM, ARGUMENTS)


def task(thread: int, process: int, leader: int, parent: int, comm: bytes) -> bytearray:
    """A task as the kernel lays it out: the start without the time of suspends, then the one since boot."""
    made = bytearray(SIZE)
    struct.pack_into("=II", made, IDS, thread, process)
    struct.pack_into("=7Q", made, TREE, parent, parent, 0, 0, 0, 0, leader)
    stat = read_stat(PROC / str(process) / "task" / str(thread))
    start = stat.start_ticks * TICK + TICK // 2 if stat else 0
    struct.pack_into("=QQ", made, STARTS, start - 30, start)
    struct.pack_into("=QQ", made, MM, MEMORY, MEMORY)
    made[COMM:COMM + len(comm)] = comm
    return made


def found(change: dict[int, tuple[int, bytes]]) -> Offsets | str:
    """What is found, or why nothing; change: bytes at a place, by the task's address."""
    results: list[Offsets | str] = []

    def inside() -> None:
        pid, parent = os.getpid(), os.getppid()
        memory = {THREAD: task(threading.get_native_id(), pid, LEADER, PARENT, b""),
                  LEADER: task(pid, pid, LEADER, PARENT, b"python"),
                  PARENT: task(parent, parent, PARENT, 0, b"sh"), MEMORY: bytearray(SIZE)}
        ends = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[45:49]
        struct.pack_into("=4Q", memory[MEMORY], ARGUMENTS, *map(int, ends))

        def look(address: int) -> tuple[int, bytes]:
            shown = memory.get(address or THREAD, bytearray())
            if not address:
                comm = Path("/proc/thread-self/comm").read_bytes().rstrip()
                shown[COMM:COMM + len(comm) + 1] = comm + b"\0"
            for where, (at, what) in change.items():
                memory[where][at:at + len(what)] = what
            return address or THREAD, bytes(shown)

        results.append(attempt(look))

    start_thread(inside, "looks").join()
    return results[0]


def attempt(look: Look) -> Offsets | str:
    try:
        return find_offsets(look)
    except UnsupportedError as error:
        return str(error)


def test_found() -> None:
    assert found({}) == FOUND


def test_after_suspends() -> None:
    """Then one of the two starts is another one than /proc tells."""
    assert found({LEADER: (STARTS, bytes(8))}) == FOUND


def test_without_arguments() -> None:
    assert found({MEMORY: (ARGUMENTS, bytes(8))}) == replace(FOUND, mm=0, arguments=0)


@pytest.mark.parametrize(("change", "text"), [
    ({LEADER: (IDS, bytes(8))}, "its main thread was found in 0 places"),       # no pids there
    ({PARENT: (IDS, bytes(8))}, "its main thread was found in 0 places"),
    ({THREAD: (TREE, bytes(8))}, "its main thread was found in 0 places"),      # no pointer to the parent
    ({LEADER: (STARTS, bytes(16))}, "when it began was found in 0 places"),
    ({THREAD: (IDS, bytes(8))}, "its pids was found in 0 places"),
])
def test_not_as_it_should_be(change: dict[int, tuple[int, bytes]], text: str) -> None:
    assert text in str(found(change))
