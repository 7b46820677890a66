"""The cgroup v2 tree as it is and as it changes: ids of control groups and their paths.

The id that the kernel programs record is the inode of the group's directory. A container's directory is made before its
first process runs, and inotify(7) tells of it at once: so it is known in time, and still known when all is over.
"""

import ctypes
import os
import select
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_IN_CREATE, _IN_MOVED_TO, _IN_IGNORED, _IN_ISDIR, _IN_ONLYDIR = 0x100, 0x80, 0x8000, 0x40000000, 0x1000000
_IN_Q_OVERFLOW = 0x4000
_EVENT = struct.Struct("=iIII")
_KEEP = 60.0        # seconds for which packets of a group that is gone may still turn up


def find_mount(mounts: Path = Path("/proc/self/mounts")) -> str:
    """Where cgroup v2 is mounted; "" when it is not."""
    for line in mounts.read_text(errors="surrogateescape").splitlines():
        fields = line.split()
        if len(fields) > 2 and fields[2] == "cgroup2":
            return fields[1].encode(errors="surrogateescape").decode("unicode_escape")
    return ""


class CgroupTree:
    """Follows the tree below `mount` in a thread of its own. Paths are relative to it and start with a slash."""

    def __init__(self, mount: str, appeared: Callable[[int, str], None]) -> None:
        """appeared(id, path) is called in that thread for each group made after start()."""
        self._mount = mount
        self._appeared = appeared
        self._paths: dict[int, str] = {}
        self._gone: dict[int, float] = {}
        self._watched: dict[int, str] = {}
        self._lock = threading.Lock()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK) if mount else -1
        self._stop, self._stopper = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="cgroups", daemon=True)

    def start(self) -> None:
        """Take in what exists, then follow."""
        if not self._mount:
            return
        self._enter("/", lambda number, path: None)
        if self._inotify >= 0:
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        os.close(self._stopper)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._stop)
        if self._inotify >= 0:
            os.close(self._inotify)

    def path(self, number: int) -> str:
        """The path of a group by its id, also when it is gone since a short while; "" for the root and unknown ones."""
        return self._paths.get(number, "")

    def number(self, path: str) -> int:
        """The id of a group by its path; 0 when there is none."""
        try:
            return os.stat(self._mount + path).st_ino if self._mount else 0     # noqa: PTH116  no Path for each owner
        except OSError:
            return 0

    def items(self) -> list[tuple[int, str]]:
        """All groups that are known, with their paths."""
        with self._lock:
            return list(self._paths.items())

    def _run(self) -> None:
        while self._stop not in select.select([self._inotify, self._stop], [], [], _KEEP)[0]:
            self._forget()
            for watch, mask, name in self._read():
                if mask & _IN_IGNORED:
                    path = self._watched.pop(watch, "")
                    self._left(path)
                elif mask & _IN_Q_OVERFLOW:
                    self._enter("/", self._appeared)
                elif mask & _IN_ISDIR and watch in self._watched:
                    self._enter(self._watched[watch].rstrip("/") + "/" + name, self._appeared)

    def _read(self) -> Iterator[tuple[int, int, str]]:
        try:
            data = os.read(self._inotify, 65536)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            yield watch, mask, os.fsdecode(data[at:at + length].rstrip(b"\0"))
            at += length

    def _enter(self, path: str, tell: Callable[[int, str], None]) -> None:
        """Watch a directory and all below it; watched before it is listed, so none made meanwhile is missed."""
        watch = self._libc.inotify_add_watch(
            self._inotify, os.fsencode(self._mount + path), _IN_CREATE | _IN_MOVED_TO | _IN_ONLYDIR)
        if watch >= 0:
            self._watched[watch] = path
        number = self.number(path)
        if not number:
            return
        if path != "/" and self._paths.get(number) != path:
            with self._lock:
                self._paths[number] = path
            tell(number, path)
        try:
            with os.scandir(self._mount + path) as entries:
                below = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return
        for name in below:
            self._enter(path.rstrip("/") + "/" + name, tell)

    def _left(self, path: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._gone.update({number: now for number, known in self._paths.items() if known == path})

    def _forget(self) -> None:
        limit = time.monotonic() - _KEEP
        with self._lock:
            for number in [n for n, since in self._gone.items() if since < limit]:
                del self._gone[number]
                self._paths.pop(number, None)
