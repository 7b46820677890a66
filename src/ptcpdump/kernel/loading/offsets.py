"""Where a kernel without type information keeps what programs need of struct task_struct: found by looking at our own.

What our tasks have there is known: their pids, the name that we give them, and from /proc when they began. A place
counts if it holds the right values in our thread, in the main thread, and in the parent.
"""

import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.bindings.maps import read_map, write_map
from ptcpdump.kernel.bindings.structs import VIEW, u32
from ptcpdump.procfs import PROC, TICK, read_stat
from ptcpdump.records import dataclass

_COMM = 16                          # bytes with NUL (TASK_COMM_LEN)
_NEAR = 512                         # bytes behind the pids in which the pointers to other tasks are
_REAL_PARENT, _PARENT = -48, -40    # from group_leader: with children and sibling between, in all of 2.6 to 6
_KERNEL = 1 << 63                   # addresses of the kernel have this bit

# A look at the kernel's memory: address, 0: our task → where it is, and its bytes
Look = Callable[[int], tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Offsets:
    """Bytes into struct task_struct."""

    leader: int     # group_leader
    start: int      # start_boottime; real_start_time before Linux 5.5
    comm: int
    ids: int        # pid, and tgid behind it
    parent: int     # real_parent
    mm: int
    arguments: int  # into struct mm_struct: arg_start, arg_end, env_start, env_end; 0: not found


def looking(views: int) -> Look:
    """Looks through the program `look` (bpf/plain_tasks.h), for the thread that is its looker. views: its map."""
    def look(address: int) -> tuple[int, bytes]:
        write_map(views, u32(0), VIEW.pack(address=address))
        own = Path("/proc/thread-self/comm")
        own.write_bytes(own.read_bytes().rstrip(b"\n"))     # what the program waits for
        answer = VIEW.unpack(read_map(views, u32(0), VIEW.size) or bytes(VIEW.size))
        return answer["task"], answer["bytes"][:answer["size"]]
    return look


def find_offsets(look: Look) -> Offsets:
    """Call it in a thread that is not the main one. Raises UnsupportedError where something is not as it should be."""
    pid, thread = os.getpid(), threading.get_native_id()
    name = f"ptcpdump{thread % 10_000_000:07}".encode()
    Path("/proc/thread-self/comm").write_bytes(name)
    task, own = look(0)
    comm = _only(_every(own, name + b"\0"), "its name")
    ids = _only([at for at in _every(own, struct.pack("=II", thread, pid)) if at % 4 == 0], "its pids")
    found = [at for at in range(ids + 8, min(ids + _NEAR, len(own) - 8), 8)
             if task and _is_leader(look, own, at, ids, pid)]
    leader = _only(found, "its main thread")
    return Offsets(leader, _start(look, own, leader, ids), comm, ids, leader + _REAL_PARENT, *_memory(look, own, ids))


def _is_leader(look: Look, own: bytes, at: int, ids: int, pid: int) -> bool:
    """Whether there is a pointer to our main thread with one to our parent before it, and one to who traces us."""
    leader, parent, tracer = (_word(own, at + more) for more in (0, _REAL_PARENT, _PARENT))
    return bool(leader & parent & tracer & _KERNEL) and (
        _ids(look(leader)[1], ids) == (pid, pid) and _ids(look(parent)[1], ids)[1] == os.getppid())


def _start(look: Look, own: bytes, leader: int, ids: int) -> int:
    """The start since boot; that without the time of suspends stands before it, and may be the same."""
    tasks = [own, look(_word(own, leader))[1], look(_word(own, leader + _REAL_PARENT))[1]]
    starts = [_start_ticks(*_ids(task, ids)) for task in tasks]
    fit = [at for at in range(0, len(own) - 8, 8)
           if all(ticks is None or _word(task, at) // TICK == ticks for task, ticks in zip(tasks, starts, strict=True))]
    if len(fit) == 2 and fit[1] == fit[0] + 8:
        return fit[1]
    return _only(fit, "when it began")


def _memory(look: Look, own: bytes, ids: int) -> tuple[int, int]:
    """Of mm, and of the arguments there; where mm is, active_mm is the same."""
    fields = Path("/proc/self/stat").read_bytes().rpartition(b") ")[2].split()      # the third and those behind it
    ends = struct.pack("=4Q", *map(int, fields[48 - 3:52 - 3]))     # see proc_pid_stat(5); 0: we may not see them
    found = [(at, place) for at in range(max(0, ids - _NEAR) & ~7, ids, 8)
             if _word(own, at) & _KERNEL and _word(own, at) == _word(own, at + 8) and any(ends)
             and (place := look(_word(own, at))[1].find(ends)) > 0]
    return found[0] if len(found) == 1 else (0, 0)


def _start_ticks(thread: int, pid: int) -> int | None:
    """When a thread began, as /proc has it; None: it has none (the parent of the first process)."""
    stat = read_stat(PROC / str(pid) / "task" / str(thread))
    return stat.start_ticks if stat else None


def _ids(task: bytes, at: int) -> tuple[int, int]:
    """Thread and process; 0 for what could not be read."""
    return struct.unpack_from("=II", task, at) if len(task) >= at + 8 else (0, 0)


def _word(task: bytes, at: int) -> int:
    return int(struct.unpack_from("=Q", task, at)[0]) if 0 <= at <= len(task) - 8 else 0


def _every(where: bytes, what: bytes) -> list[int]:
    """All places of some bytes."""
    found, at = [], where.find(what)
    while at >= 0:
        found.append(at)
        at = where.find(what, at + 1)
    return found


def _only(found: list[int], what: str) -> int:
    if len(found) != 1:
        raise UnsupportedError(f"{what} was found in {len(found)} places of our task")
    return found[0]
