"""The process table: who was which program when, from kernel events and /proc.

A process instance is a pid with its start time; it has one image after another (fork copies the creator's, exec brings
a new one), each with the time from which it holds. So a packet that is shown late still shows the program that sent it.
"""

import os
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from ptcpdump.context.events import ProcessEvent
from ptcpdump.context.lives import FOREVER, Image, Life, Lives, Program
from ptcpdump.context.long_texts import keep, made_before
from ptcpdump.context.model import PID_OUTSIDE, EventKind, Process, comm_of, program_name
from ptcpdump.procfs import (
    PROC,
    TICK,
    processes,
    read_arguments,
    read_executable,
    read_mount_namespace,
    read_stat,
    split_arguments,
)

_LATEST = 64            # images of a process whose names are compared with what a socket's last user was called
_GENERATIONS = 64       # of ancestors that are looked through
_ARGUMENTS = 16384      # bytes of a command line that are read from /proc, as many as are shown
_LONG = 512             # bytes of one that is kept as words
_WORD = 80              # and bytes that each of them takes

# told of each event: kind, pid, start (ns since boot), parent's pid, time
Listener = Callable[[int, int, int, int, int], None]


class ProcessTable:
    """All processes that were seen alive during the run; see Lives for how long, and how many."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self.lives = Lives()
        self._own_namespace = read_mount_namespace(proc / "self")
        self.listeners: list[Listener] = []
        # told of each event, too: inode of the process's network namespace, whether it is the process's end
        self.namespace_listener: Callable[[int, bool], None] = lambda _inode, _ended: None

    def __len__(self) -> int:
        return len(self.lives)

    def feed(self, data: bytes) -> tuple[int, int]:
        """Take in one kernel event. Returns the instance (pid, start) whose image changes, or (0, 0)."""
        event = ProcessEvent(data)
        self.namespace_listener(event.netns, event.kind == EventKind.EXIT)
        for listener in self.listeners:
            listener(event.kind, event.pid, event.start, event.creator or event.parent, event.time)
        changed = (0, 0)
        if event.kind == EventKind.FORK:
            self._born(event)
        elif event.kind == EventKind.EXEC:
            self._executed(event)
            changed = (event.pid, event.start)
        elif (life := self.lives.find(event.pid, event.start)) is not None:
            self.lives.end(life, event.time)
        self.lives.prune(event.time)
        return changed

    def _born(self, event: ProcessEvent) -> None:
        creator = self._life(event.creator, event.creator_start)
        if creator is None and event.creator & PID_OUTSIDE:     # all that will be known of it
            creator = self.lives.add(Life(event.creator, event.creator_start, True, (0, 0, 0)))
            creator.images.append(Image(0, Program(""), event.creator_comm))
        image = creator.image_at(event.time)[0] if creator else None
        if image is None:
            return
        image.comm = event.creator_comm or image.comm       # it may have renamed itself
        life = _new_life(event)
        life.images.append(Image(0, image.program, event.comm or image.comm))
        self.lives.add(life)

    def _executed(self, event: ProcessEvent) -> None:
        life = self.lives.find(event.pid, event.start)
        if life is None:        # what it was before this exec is not known
            life = self.lives.add(_new_life(event))
        program = Program(event.path or event.comm, event.args, event.args_truncated, event.name, event.mntns,
                          settled=event.resolved)
        self.lives.replace(life, Image(event.time, program, event.comm))

    def scan(self) -> None:
        """Take in all processes that exist now and are not known yet."""
        starts: dict[int, int] = {}
        for pid in processes(self._proc):
            self._read(pid, 0, starts)

    def find(
        self, pid: int, start: int, time: int, comm: str, host_pid: int = 0
    ) -> tuple[Process, Process | None, int, int]:
        """A process instance as it was at a time (start: ns since boot; time: CLOCK_MONOTONIC ns).

        pid: with PID_OUTSIDE where it is the host's; host_pid: that in the initial pid namespace, 0: ours is that.
        comm: its name as the kernel knew it when the process was last seen with the packet's socket, "" where it did
        not. Returns the process, its parent, and from when until when that holds.
        """
        life = self._life(pid, start)
        if life is None:
            return _process(pid, start, host_pid, None, comm), None, 0, FOREVER
        image, until = life.image_at(time)
        if image is not None:
            self._settle(life, image)
            # the socket was last used by an earlier image: what it is called now was not seen
            if comm != image.comm and any(comm == other.comm for other in islice(reversed(life.images), _LATEST)):
                comm = image.comm
        process = _process(pid, start, host_pid or life.host_pid, image, comm)
        return process, self._parent(life, time), image.since if image else 0, until

    def mount_namespace(self, pid: int, start: int, time: int) -> int:
        """Inode of the mount namespace that the program of that time was started in; 0: not known."""
        life = self.lives.find(pid, start)
        image = life.image_at(time)[0] if life else None
        return image.program.namespace if image else 0

    def ancestors(self, process: Process) -> Iterator[Process]:
        """The parent of a process, as at its birth or exec, the parent of that, and so on, as they are now."""
        life = self.lives.latest(process.pid)
        if life is not None and life.start // TICK != process.start_time:
            return
        for _ in range(_GENERATIONS):
            life = self._life(*life.parent[:2]) if life is not None and life.parent[0] else None
            if life is None:
                return
            image = life.images[-1] if life.images else None
            yield _process(life.pid, life.start, life.host_pid, image, image.comm if image else "")

    def _parent(self, life: Life, time: int) -> Process | None:
        pid, start, host_pid = life.parent
        if pid & ~PID_OUTSIDE == 0:
            return None
        parent = self._life(pid, start)
        if parent is None:
            return _process(pid, start, host_pid, None, "")
        image, _ = parent.image_at(time)
        if image is not None:
            self._settle(parent, image)
        return _process(pid, parent.start, parent.host_pid or host_pid, image, image.comm if image else "")

    def _life(self, pid: int, start: int) -> Life | None:
        return self.lives.find(pid, start) or self._read(pid, start)

    def _settle(self, life: Life, image: Image) -> None:
        """Replace the path that was asked for by the executable's own, where the kernel's event has not told it."""
        program = image.program
        if program.settled:
            return
        program.settled = True
        here = self._proc / str(life.pid)
        stat = read_stat(here) if image is life.images[-1] and not life.ended else None
        alive = stat is not None and stat.start_ticks == life.start // TICK
        if alive and (executable := read_executable(here)):
            program.command = executable
        elif program.namespace == self._own_namespace and os.path.isabs(program.command):
            # gone already, or not for us to look at: as /proc would have shown it
            program.command = os.path.realpath(program.command)

    def _read(self, pid: int, start: int, starts: dict[int, int] | None = None) -> Life | None:
        """A process from /proc; start 0 takes whichever has the pid now. None where that may be another.

        starts: in clock ticks, of processes that have been read just now, by pid; this one is added.
        """
        here = self._proc / str(pid)
        stat = None if pid & PID_OUTSIDE else read_stat(here)
        if stat is None or (start and stat.start_ticks != start // TICK):
            return None
        if starts is not None:
            starts[pid] = stat.start_ticks
        latest = self.lives.latest(pid)
        if latest is not None and latest.start // TICK >= stat.start_ticks:
            # known already, or a later one with the pid: of the same tick, for /proc can't tell those apart
            return latest if latest.start // TICK == stat.start_ticks and not start else None
        parent = self._start_of(stat.parent, starts or {}) * TICK
        args = b"" if stat.of_kernel else read_arguments(here, _ARGUMENTS + 1)
        command = "" if stat.of_kernel else read_executable(here)
        program = Program(command or stat.comm, args[:_ARGUMENTS], truncated=len(args) > _ARGUMENTS)
        life = Life(pid, start or stat.start_ticks * TICK, bool(start), (stat.parent, parent, 0))
        life.images.append(Image(0, program, stat.comm))
        return self.lives.add(life)

    def _start_of(self, pid: int, starts: dict[int, int]) -> int:
        """When a process began, in clock ticks; 0: there is none, or it is gone."""
        if pid and pid not in starts:
            stat = read_stat(self._proc / str(pid))
            return stat.start_ticks if stat else 0
        return starts.get(pid, 0)


def _new_life(event: ProcessEvent) -> Life:
    return Life(event.pid, event.start, True, (event.parent, event.parent_start, event.parent_host_pid), event.host_pid)


_SINCE_EPOCH = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)     # of the boot


def _process(number: int, start: int, host_pid: int, image: Image | None, comm: str) -> Process:
    """comm: as the packet's owner has it; "" takes the image's."""
    ticks, pid, outside = start // TICK, number & ~PID_OUTSIDE, bool(number & PID_OUTSIDE)
    started = start + _SINCE_EPOCH if start else 0
    if image is None:
        return Process(pid, comm, start_time=ticks, name=comm, host_pid=host_pid, outside=outside,
                       started=started)
    program, comm = image.program, comm or image.comm
    # threads and children share a long command line, of which texts are made: see context/long_texts.pyx
    line, as_it_is = program.args, f"{number} {start} {host_pid} {comm} {program.command}"
    process: Process | None = made_before(image, as_it_is)
    if process is not None:
        return process
    args: tuple[str, ...] | None = made_before(line, "words")
    if args is None:
        args = split_arguments(line)
        keep(line, "words", args, len(line) + (_WORD * len(args) if len(line) >= _LONG else 0))
    whole = program.name if comm_of(program.name) == comm else ""
    name = whole or program_name(comm, program.command, args)
    process = Process(pid, program.command or comm, args, program.truncated, ticks, name, host_pid, outside, started)
    return keep(image, as_it_is, process, len(line))
