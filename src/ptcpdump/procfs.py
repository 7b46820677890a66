"""What /proc tells of a process (proc(5)), each thing read in one place."""

import os
from collections.abc import Iterator
from pathlib import Path

from ptcpdump.records import dataclass

PROC = Path("/proc")
TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")    # ns of the clock tick that start times are counted in


_PAGE = 4096                # bytes; a `stat` file is shorter
_PF_KTHREAD = 0x00200000    # of its flags (linux/sched.h)
_INITIAL_PID_NAMESPACE = 0xEFFFFFFC     # PROC_PID_INIT_INO (linux/proc_ns.h)


@dataclass(frozen=True, slots=True)
class Stat:
    """A process as its `stat` file describes it."""

    comm: str           # of the main thread, at most 15 bytes; those that are no UTF-8 as surrogates
    parent: int         # pid; 0: none
    start_ticks: int    # clock ticks since boot
    of_kernel: bool     # a thread of the kernel: it has neither executable nor arguments


def read_stat(process: Path) -> Stat | None:
    """Of a process by its folder in /proc; None: it is gone."""
    try:
        text = os.fsdecode(_read(f"{process}/stat", _PAGE))
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")      # the name may hold parentheses
    fields = rest.split()
    return Stat(name, int(fields[1]), int(fields[19]), bool(int(fields[6]) & _PF_KTHREAD))


def read_executable(process: Path) -> str:
    """Path of the executable; "" of a kernel thread, or of a process that is gone."""
    for task in _with_memory(process):
        try:
            return os.readlink(f"{task}/exe").removesuffix(" (deleted)")
        except OSError:
            continue
    return ""


def read_arguments(process: Path, limit: int) -> bytes:
    """At most so many bytes of the command line, NUL-separated; empty when it is gone, or has none."""
    for task in _with_memory(process):
        try:
            if args := _read(f"{task}/cmdline", limit):
                return args
        except OSError:
            continue
    return b""


def _with_memory(process: Path) -> Iterator[Path]:
    """Where to look for what a process has in memory: in its main thread, or, if that has ended, in the others."""
    yield process
    try:
        if not _read(f"{process}/stat", _PAGE).rpartition(b") ")[2].startswith(b"Z"):
            return
        yield from (process / "task").iterdir()
    except OSError:
        return      # gone


def _read(path: str, limit: int) -> bytes:
    """At most so many bytes of a file. There are hundreds to be read before a capture is ready: without the four system
    calls more that a Python file makes of each."""
    file, parts = os.open(path, os.O_RDONLY | os.O_CLOEXEC), []
    try:
        while limit and (part := os.read(file, limit)):
            parts.append(part)
            limit -= len(part)
    finally:
        os.close(file)
    return b"".join(parts)


def split_arguments(args: bytes) -> tuple[str, ...]:
    """The words of a command line in its NUL-separated form."""
    if not args:
        return ()
    return tuple(map(os.fsdecode, args.removesuffix(b"\0").split(b"\0")))


def read_user(process: Path) -> int | None:
    """Whose process it is (its effective user); None when it is gone."""
    try:
        return process.stat().st_uid
    except OSError:
        return None


def read_mount_namespace(process: Path) -> int:
    """Inode of the mount namespace; 0 when it can't be looked at."""
    try:
        return (process / "ns/mnt").stat().st_ino
    except OSError:
        return 0


def read_pid_namespace() -> int:
    """Inode of the pid namespace whose numbers /proc shows, and so ps(1): mostly our own. 0: it is the initial one."""
    inode = _pid_namespace("self")
    if (PROC / "self").readlink().name != str(os.getpid()):     # /proc is another one's: of a process there
        inode = next((found for pid in processes() if _has_one_pid(pid) and (found := _pid_namespace(pid))), inode)
    return 0 if inode == _INITIAL_PID_NAMESPACE else inode


def _pid_namespace(pid: int | str) -> int:
    try:
        return (PROC / str(pid) / "ns/pid").stat().st_ino
    except OSError:
        return 0        # gone, or not for us to see


def _has_one_pid(pid: int) -> bool:
    """Whether a process is in the very pid namespace of /proc: in those below it would have a second number."""
    try:
        rows = (PROC / str(pid) / "status").read_bytes().splitlines()
    except OSError:
        return False
    return any(row.startswith(b"NSpid:") and len(row.split()) == 2 for row in rows)


def read_pid(pidfd: int) -> int:
    """The pid of a process that we hold by a pidfd, as /proc has it; 0 when it is gone (pidfd_open(2))."""
    try:
        rows = (PROC / f"self/fdinfo/{pidfd}").read_text().splitlines()
    except OSError:
        return 0
    return max(0, next((int(row.split()[1]) for row in rows if row.startswith("Pid:")), 0))


def processes(proc: Path = PROC) -> Iterator[int]:
    """Pids of all processes that there are now."""
    for name in os.listdir(proc):
        if name.isdecimal():
            yield int(name)
