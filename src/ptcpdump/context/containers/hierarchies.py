"""Control group hierarchies: where processes are in them, and who may have put them there."""

import os
import stat
from pathlib import Path

from ptcpdump.net.mounts import cgroup2_mounts, mounts

V2 = ""     # the name of cgroup v2 among the hierarchies; those of v1 are named after their controllers


class Hierarchies:
    """Where hierarchies are mounted: that of cgroup v2, and those of cgroup v1 by each of their controllers."""

    def __init__(self, points: dict[str, str] | None = None, root: int = 0) -> None:
        """points: mount points by name, instead of those of this host; root: the uid that is root's there."""
        self.points = _mounted() if points is None else points
        self._root = root

    def only_root_makes(self, hierarchy: str, path: str) -> bool:
        """Whether nobody but root can have made the group of that path: all groups above it are root's alone."""
        point = self.points.get(hierarchy)
        if point is None:
            return False
        above = path.rstrip("/").split("/")[1:-1]
        try:
            return all(self._is_roots(f"{point}/{'/'.join(above[:end])}") for end in range(len(above) + 1))
        except OSError:
            return False

    def _is_roots(self, folder: str) -> bool:
        status = os.stat(folder)
        return status.st_uid == self._root and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def groups_of(pid: int | str, proc: Path = Path("/proc")) -> list[tuple[str, str]]:
    """Hierarchy and path of the groups that a process is in, that of cgroup v2 first (proc_pid_cgroup(5))."""
    try:
        text = (proc / str(pid) / "cgroup").read_text(errors="surrogateescape")
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        found.append((V2 if number == "0" else controllers.partition(",")[0], path))
    return sorted(found, key=lambda group: group[0] != V2)


def _mounted() -> dict[str, str]:
    points = dict(zip([V2], cgroup2_mounts(), strict=False))
    for mount in mounts("cgroup"):
        for option in mount.options:
            points.setdefault(option, mount.point)
    return points
