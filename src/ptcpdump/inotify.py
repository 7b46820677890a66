"""inotify(7), by the C library: what happens to files and folders that are watched."""

import ctypes
import os
import struct
from collections.abc import Iterator

# linux/inotify.h
MODIFY, MOVED_TO, CREATE, DELETE_SELF = 0x2, 0x80, 0x100, 0x400
OVERFLOW, IGNORED, ONLYDIR, ISDIR = 0x4000, 0x8000, 0x1000000, 0x40000000
_EVENT = struct.Struct("=iIII")     # struct inotify_event: watch, mask, cookie, bytes of the name behind it


class Inotify:
    """Watches are known by numbers. Where the kernel allows no more instances, `error` says why (errno)."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor: int = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        self.error = ctypes.get_errno() if self._descriptor < 0 else 0

    def fileno(self) -> int:
        """For poll(2); -1 where there is none, or it is closed."""
        return self._descriptor

    def add(self, path: str, mask: int) -> int | None:
        """Watch a file or folder; the number of the watch, None where that can't be done."""
        watch: int = self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), mask)
        return None if watch < 0 else watch

    def remove(self, watch: int) -> None:
        """Watch no more; IGNORED follows."""
        self._libc.inotify_rm_watch(self._descriptor, watch)

    def read(self) -> Iterator[tuple[int, int, str]]:
        """Watch, mask and name of what is there now. Raises OSError other than that nothing is."""
        try:
            data = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            yield watch, mask, os.fsdecode(data[at:at + length].rstrip(b"\0"))
            at += length

    def close(self) -> None:
        """A second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
