"""The owner filter as the kernel's programs see it: the maps of bpf/select.h.

Processes are added by the kernel as they are born or run new programs, and taken out here some time after their end.
"""

import sys
from collections import deque

from ptcpdump.context.processes import EXIT
from ptcpdump.errors import PtcpdumpError
from ptcpdump.filters.owner import OwnerFilter
from ptcpdump.kernel.bindings.maps import delete_from_map, read_map, write_map
from ptcpdump.kernel.bindings.object import Object
from ptcpdump.kernel.bindings.structs import SELECTED, u32
from ptcpdump.procfs import PROC, processes, read_stat

# enum filter and enum selected_why of bpf/record.h
PROCESS, USER, CGROUP, FOLLOW, NAME = 1, 2, 4, 8, 16
_WHY_PID, _WHY_CHILD, _WHY_NAME = 1, 2, 3
_KEEP_DEAD = 10_000_000_000         # ns after its end for which a process stays selected
CAPACITY = 131072                   # selected processes at one time


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


class Selection:
    """Fills and tends the maps of one run."""

    def __init__(self, loaded: Object, wanted: OwnerFilter) -> None:
        self._selected = loaded.map_fd("selected")
        self._users = loaded.map_fd("users")
        self._names = loaded.map_fd("names")
        self._cgroups = loaded.map_fd("cgroups")
        self._wanted = wanted
        self._dead: deque[tuple[int, int, int]] = deque()

    def fill(self) -> None:
        """Name the users, names and pids. To be called before any hook is attached."""
        for uid in self._wanted.uids:
            write_map(self._users, u32(uid), b"\1")
        for name in self._wanted.comms:
            write_map(self._names, name.encode(errors="surrogateescape").ljust(16, b"\0"), b"\1")
        for pid in self._wanted.pids:
            self.add(pid, _WHY_PID)

    def add_running(self) -> None:
        """Select processes that run already: by name, and descendants. To be called once new ones are seen by hooks."""
        if not self._wanted or not (self._wanted.names or self._wanted.follow_forks):
            return
        names = self._wanted.comms
        children: dict[int, list[int]] = {}
        roots = set(self._wanted.pids)
        for pid in processes():
            stat = read_stat(PROC / str(pid))
            try:
                owner = (PROC / str(pid)).stat().st_uid
            except OSError:
                continue
            if stat is None:
                continue
            children.setdefault(stat.parent, []).append(pid)
            if stat.comm in names:
                self.add(pid, _WHY_NAME)
                roots.add(pid)
            elif owner in self._wanted.uids:
                roots.add(pid)
        if self._wanted.follow_forks:
            waiting = list(roots)
            while waiting:
                for child in children.get(waiting.pop(), ()):
                    if child not in roots:
                        self.add(child, _WHY_CHILD)
                        waiting.append(child)

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
        if kind != EXIT:
            return
        self._dead.append((time, pid, start))
        while self._dead and self._dead[0][0] < time - _KEEP_DEAD:
            _, pid, start = self._dead.popleft()
            key = u32(pid)
            value = read_map(self._selected, key, SELECTED.size)
            # else a later process of this pid
            if value is not None and SELECTED.unpack(value)["start"] in (0, start):
                delete_from_map(self._selected, key)


def _cgroup_key(identifier: int) -> bytes:
    return identifier.to_bytes(8, sys.byteorder)
