"""The owner filter as the kernel's programs see it: the maps of bpf/select.h.

Processes are added by the kernel as they are born or run new programs, and taken out here some time after their end.
"""

import os
import sys
from collections import deque
from pathlib import Path

from ptcpdump.context.model import EventKind, Process, program_name
from ptcpdump.errors import PtcpdumpError
from ptcpdump.filters.owner import OwnerFilter
from ptcpdump.kernel.bindings.maps import delete_from_map, read_map, write_map
from ptcpdump.kernel.bindings.object import Object
from ptcpdump.kernel.bindings.structs import SELECTED, u32
from ptcpdump.procfs import (
    PROC,
    processes,
    read_arguments,
    read_executable,
    read_stat,
    read_user,
    split_arguments,
)

# enum filter and enum selected_why of bpf/record.h
PROCESS, USER, CGROUP, FOLLOW, NAME = 1, 2, 4, 8, 16
_WHY_PID, _WHY_CHILD, _WHY_NAME = 1, 2, 3
_COMM, _NAME = 16, 256              # bytes of the keys of `names` and `programs`, at least one NUL at the end
_ARGUMENTS = 4096                   # bytes of a command line that may hold the name of a script
_KEEP_DEAD = 10_000_000_000         # ns after its end for which a process stays selected
CAPACITY = 131072                   # selected processes at one time
_MOST_DEAD = CAPACITY // 2          # of those that have ended


def flags(wanted: OwnerFilter) -> int:
    """The kinds that the programs have to look at (struct config)."""
    bits = 0
    if wanted.pids or wanted.names or wanted.follow_forks:
        bits |= PROCESS
    if wanted.names:
        bits |= NAME
    if wanted.uids:
        bits |= USER
    if wanted.by_container:
        bits |= CGROUP
    if wanted.follow_forks:
        bits |= FOLLOW
    return bits if wanted else 0


def capacity(wanted: OwnerFilter) -> int:
    """How many processes may be selected at one time; 0 where none are."""
    return CAPACITY if flags(wanted) & PROCESS else 0


class Selection:
    """Fills and tends the maps of one run."""

    def __init__(self, loaded: Object, wanted: OwnerFilter) -> None:
        self._selected = loaded.map_fd("selected")
        self._users = loaded.map_fd("users")
        self._names = loaded.map_fd("names")
        self._programs = loaded.map_fd("programs")
        self._cgroups = loaded.map_fd("cgroups")
        self._wanted = wanted
        self._dead: deque[tuple[int, int, int]] = deque()

    def fill(self) -> None:
        """Name the users, names and pids. To be called before any hook is attached."""
        for uid in self._wanted.uids:
            write_map(self._users, u32(uid), b"\1")
        for name in map(os.fsencode, self._wanted.names):
            if len(name) < _COMM:
                write_map(self._names, name.ljust(_COMM, b"\0"), b"\1")
            if len(name) < _NAME:
                write_map(self._programs, name.ljust(_NAME, b"\0"), b"\1")
        for pid in self._wanted.pids:
            self.add(pid, _WHY_PID)

    def add_running(self) -> None:
        """Select processes that run already: by name, and descendants. To be called once new ones are seen by hooks."""
        if not self._wanted or not (self._wanted.names or self._wanted.follow_forks):
            return
        children: dict[int, list[int]] = {}
        roots = set(self._wanted.pids)
        for pid in processes():
            folder = PROC / str(pid)
            stat = read_stat(folder)
            if stat is None:
                continue
            children.setdefault(stat.parent, []).append(pid)
            if (self._wanted.names and self._add_by_name(folder)) or (
                    self._wanted.uids and read_user(folder) in self._wanted.uids):
                roots.add(pid)
        if self._wanted.follow_forks:
            waiting = list(roots)
            while waiting:
                for child in children.get(waiting.pop(), ()):
                    if child not in roots:
                        self.add(child, _WHY_CHILD)
                        waiting.append(child)

    def _add_by_name(self, folder: Path) -> bool:
        """Whether a process has a wanted name. If that of its program is wanted it is selected; a comm the kernel
        compares with each packet."""
        process = _read_process(folder)
        if process is None or not self._wanted.takes_name(process):
            return False
        if self._wanted.takes_program(process):
            self.add(process.pid, _WHY_NAME)
            again = _read_process(folder)
            if again is None or not self._wanted.takes_program(again):  # it has run another one just now, which the
                delete_from_map(self._selected, u32(process.pid))       # hooks may have seen before us
                return again is not None and self._wanted.takes_name(again)
        return True

    def wants(self, pid: int, start: int, uid: int, cgroup: int, comm: str) -> bool:
        """Whether a process is wanted, as wanted() of bpf/select.h decides. start 0: whatever process has the pid."""
        value = read_map(self._selected, u32(pid), SELECTED.size)
        if value is not None and (not start or SELECTED.unpack(value)["start"] in (0, start)):
            return True
        return comm in self._wanted.names or uid in self._wanted.uids or (
            self._wanted.by_container and read_map(self._cgroups, _cgroup_key(cgroup), 1) is not None)

    def add(self, pid: int, why: int = _WHY_CHILD) -> None:
        """Select a process by its pid."""
        try:
            write_map(self._selected, u32(pid), SELECTED.pack(why=why))
        except PtcpdumpError as error:
            raise PtcpdumpError(f"can't select process {pid}: more than {CAPACITY} are selected already") from error

    def add_cgroup(self, identifier: int) -> None:
        """Select all processes of a control group, by its id (the inode of its directory in cgroup v2)."""
        write_map(self._cgroups, _cgroup_key(identifier), b"\1")

    def drop_cgroup(self, identifier: int) -> None:
        """The reverse of add_cgroup(); nothing happens for one that is not selected."""
        delete_from_map(self._cgroups, _cgroup_key(identifier))

    def on_event(self, kind: int, pid: int, start: int, parent: int, time: int) -> None:
        """Take out processes when their last packets must be through (see ProcessTable.listeners)."""
        if kind != EventKind.EXIT:
            return
        self._dead.append((time, pid, start))
        while self._dead and (self._dead[0][0] < time - _KEEP_DEAD or len(self._dead) > _MOST_DEAD):
            _, pid, start = self._dead.popleft()
            key = u32(pid)
            value = read_map(self._selected, key, SELECTED.size)
            # else a later process of this pid
            if value is not None and SELECTED.unpack(value)["start"] in (0, start):
                delete_from_map(self._selected, key)


def _read_process(folder: Path) -> Process | None:
    """What names a process; None when it is gone."""
    stat = read_stat(folder)
    if stat is None:
        return None
    executable, args = read_executable(folder), split_arguments(read_arguments(folder, _ARGUMENTS))
    return Process(int(folder.name), executable, args, name=program_name(stat.comm, executable, args))


def _cgroup_key(identifier: int) -> bytes:
    return identifier.to_bytes(8, sys.byteorder)
