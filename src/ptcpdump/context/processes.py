"""The process table: who was which program when, from kernel events and /proc.

A process instance is a pid with its start time; it has one image after another (fork copies the parent's, exec brings a
new one), each with the time from which it holds. So a packet that is shown late still shows the program that sent it.
"""

import os
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ptcpdump.context.model import Process

EXEC, FORK, EXIT = 1, 2, 3
_EVENT = struct.Struct("=QQQQIIIIIIHHHH16s")     # struct process_event of kernel/bpf/record.h
_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_KEEP_DEAD = 60_000_000_000                     # ns for which packets of a dead process may still turn up
_FOREVER = (1 << 63) - 1


@dataclass(slots=True)
class Image:
    """One program that a process instance has run, from a time (CLOCK_MONOTONIC, ns) on."""

    since: int
    command: str
    args: tuple[str, ...]
    truncated: bool
    settled: bool                   # command is final; else it is still to be looked up in /proc
    namespace: int = 0              # inode of the mount namespace that command belongs to


@dataclass(slots=True)
class Instance:
    """A process instance: its images, oldest first, and its parent as it was at birth or exec."""

    pid: int
    ticks: int
    parent: tuple[int, int]         # pid and start in clock ticks; pid 0: none
    images: list[Image] = field(default_factory=list)

    def image_at(self, time: int) -> tuple[Image, int]:
        """The image in force at a time, and until when."""
        until = _FOREVER
        for image in reversed(self.images):
            if image.since <= time:
                return image, until
            until = image.since
        return self.images[0], until if len(self.images) == 1 else self.images[1].since


class ProcessTable:
    """All processes that were seen alive during the run. Bounded: the dead leave a minute after their end."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._instances: dict[tuple[int, int], Instance] = {}
        self._dead: deque[tuple[int, tuple[int, int]]] = deque()
        self._own_namespace = _mount_namespace(proc / "self")
        # told of each event: kind, pid, start (ns since boot), parent's pid, time
        self.listeners: list[Callable[[int, int, int, int, int], None]] = []
        # told of each event, too: inode of the process's network namespace, whether it is the process's end
        self.namespace_listener: Callable[[int, bool], None] = lambda _inode, _ended: None

    def __len__(self) -> int:
        return len(self._instances)

    def feed(self, event: bytes) -> tuple[int, int]:
        """Take in one kernel event. Returns the instance (pid, start ticks) whose image changes, or (0, 0)."""
        (time, start, parent_start, _, pid, parent, _, namespace, net_namespace, _, kind, path_len, args_len,
         truncated, comm) = _EVENT.unpack_from(event)
        self.namespace_listener(net_namespace, kind == EXIT)
        for listener in self.listeners:
            listener(kind, pid, start, parent, time)
        key = (pid, start // _TICK)
        parent_key = (parent, parent_start // _TICK)
        if kind == FORK:
            self._born(key, parent_key, time)
        elif kind == EXEC:
            at = _EVENT.size
            path = os.fsdecode(event[at:at + path_len].rstrip(b"\0")) or _text(comm)
            args = event[at + path_len:at + path_len + args_len]
            self._executed(key, parent_key, Image(time, path, _split(args), bool(truncated), False, namespace))
            return key
        elif kind == EXIT and key in self._instances:
            self._dead.append((time, key))
        while self._dead and self._dead[0][0] < time - _KEEP_DEAD:
            self._instances.pop(self._dead.popleft()[1], None)
        return (0, 0)

    def _born(self, key: tuple[int, int], parent: tuple[int, int], time: int) -> None:
        instance = Instance(key[0], key[1], parent)
        source = self._instances.get(parent) or self._read(*parent)
        if source is not None:
            image, _ = source.image_at(time)
            self._settle(source, image)
            forerunner = self._instances.get(key)
            if forerunner is not None:      # the pid was used twice within one clock tick: the times tell them apart
                instance.images += forerunner.images
            since = time if forerunner is not None else 0
            instance.images.append(Image(since, image.command, image.args, image.truncated, settled=True,
                                         namespace=image.namespace))
            self._instances[key] = instance

    def _executed(self, key: tuple[int, int], parent: tuple[int, int], image: Image) -> None:
        instance = self._instances.get(key)
        if instance is None:
            # its time before this exec is not known: the first image in the list would be taken for it
            instance = self._instances[key] = Instance(key[0], key[1], parent)
            instance.images.append(Image(0, "", (), truncated=False, settled=True))
        else:
            # what can still be learnt of the old image is lost now
            instance.images[-1].settled = True
        instance.images.append(image)

    def scan(self) -> None:
        """Take in all processes that exist now and are not known yet."""
        for name in os.listdir(self._proc):
            if name.isdecimal():
                self._read(int(name), 0)

    def find(self, pid: int, start: int, time: int, comm: str) -> tuple[Process, Process | None, int, int]:
        """A process instance as it was at a time (start: ns since boot; time: CLOCK_MONOTONIC ns).

        Returns the process, its parent, and from when until when that holds. `comm` is shown where nothing better is
        known.
        """
        ticks = start // _TICK
        instance = self._instances.get((pid, ticks)) or self._read(pid, ticks)
        if instance is None:
            return Process(pid, comm, start_time=ticks), None, 0, _FOREVER
        image, until = instance.image_at(time)
        self._settle(instance, image)
        process = Process(pid, image.command or comm, image.args, image.truncated, ticks)
        return process, self._parent(instance, time), image.since, until

    def mount_namespace(self, pid: int, start: int, time: int) -> int:
        """Inode of the mount namespace that the program of that time was started in; 0: not known."""
        instance = self._instances.get((pid, start // _TICK))
        return instance.image_at(time)[0].namespace if instance else 0

    def _parent(self, instance: Instance, time: int) -> Process | None:
        pid, ticks = instance.parent
        if pid == 0:
            return None
        parent = self._instances.get((pid, ticks)) or self._read(pid, ticks)
        if parent is None:
            return Process(pid, start_time=ticks)
        image, _ = parent.image_at(time)
        self._settle(parent, image)
        return Process(pid, image.command, image.args, image.truncated, parent.ticks)

    def _settle(self, instance: Instance, image: Image) -> None:
        """Replace the path that was asked for by the executable's real one, while /proc still tells."""
        if image.settled:
            return
        image.settled = True
        here = self._proc / str(instance.pid)
        stat = _read_stat(here)
        if stat is not None and stat[1] == instance.ticks:
            image.command = _executable(here) or image.command
        elif image.namespace == self._own_namespace and os.path.isabs(image.command):
            image.command = os.path.realpath(image.command)     # gone already: as /proc would have shown it

    def _read(self, pid: int, ticks: int) -> Instance | None:
        """A process from /proc; ticks 0 takes whichever has the pid now."""
        here = self._proc / str(pid)
        stat = _read_stat(here)
        if stat is None or (ticks and stat[1] != ticks):
            return None
        comm, started, parent = stat
        key = (pid, started)
        known = self._instances.get(key)
        if known is not None:
            return known
        parent_stat = _read_stat(self._proc / str(parent)) if parent else None
        instance = Instance(pid, started, (parent, parent_stat[1] if parent_stat else 0))
        try:
            args = _split((here / "cmdline").read_bytes())
        except OSError:
            args = ()
        instance.images.append(Image(0, _executable(here) or comm, args, truncated=False, settled=True))
        return self._instances.setdefault(key, instance)


def _read_stat(here: Path) -> tuple[str, int, int] | None:
    """Name, start time in clock ticks since boot and parent of a process; None when it is gone (proc(5))."""
    try:
        text = os.fsdecode((here / "stat").read_bytes())
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return name, int(fields[19]), int(fields[1])


def _executable(here: Path) -> str:
    try:
        return str((here / "exe").readlink()).removesuffix(" (deleted)")
    except OSError:
        return ""       # a kernel thread, or gone


def _mount_namespace(here: Path) -> int:
    try:
        return (here / "ns/mnt").stat().st_ino
    except OSError:
        return 0


def _split(args: bytes) -> tuple[str, ...]:
    """argv from its NUL-separated form."""
    if not args:
        return ()
    return tuple(os.fsdecode(word) for word in args.removesuffix(b"\0").split(b"\0"))


def _text(comm: bytes) -> str:
    return comm.split(b"\0", 1)[0].decode(errors="replace")
