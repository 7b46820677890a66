"""File systems that are mounted where this process can see them (proc_pid_mountinfo(5))."""

from collections.abc import Iterator
from pathlib import Path

from ptcpdump.records import dataclass


@dataclass(frozen=True, slots=True)
class Mount:
    """One row of /proc/self/mountinfo.

    root: which folder of the file system is mounted. point: where. options: those of the file system itself, which for
    cgroup v1 name its controllers.
    """

    root: str
    point: str
    options: frozenset[str]


def mounts(kind: str, table: Path = Path("/proc/self/mountinfo")) -> Iterator[Mount]:
    """The mounts of file systems of one type, in the order of mounting. Names that are no UTF-8 keep their bytes."""
    with table.open(errors="surrogateescape") as rows:
        for row in rows:
            place, _, system = row.rstrip("\n").partition(" - ")
            what, _, rest = system.partition(" ")
            if what == kind:
                _, _, _, root, point, *_ = place.split(" ")
                yield Mount(_unescaped(root), _unescaped(point), frozenset(rest.rpartition(" ")[2].split(",")))


def cgroup2_mounts() -> list[str]:
    """Where cgroup v2 is mounted, the whole hierarchy before parts of it; empty where nothing but cgroup v1 is."""
    return [mount.point for mount in sorted(mounts("cgroup2"), key=lambda mount: mount.root != "/")]


def cgroup2_mounts_of_init() -> list[str]:
    """The same as the first process of our pid namespace has it, under paths by which we get there, too."""
    init = Path("/proc/1")
    try:
        return [f"{init}/root{mount.point}" for mount in mounts("cgroup2", init / "mountinfo")]
    except OSError:
        return []       # a /proc that hides what is others' (hidepid)


def _unescaped(path: str) -> str:
    r"""Undo the octal escapes of blanks, tabs, line feeds and backslashes (\040)."""
    raw = path.encode(errors="surrogateescape")
    head, *parts = raw.split(b"\\")
    return (head + b"".join(bytes([int(part[:3], 8)]) + part[3:] for part in parts)).decode(errors="surrogateescape")
