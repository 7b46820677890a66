"""Probed files that are written to: their probes have to go at once.

A probe belongs to a place in a file, not to what stood there when it was put in (uprobes): once other code is written
over that (by cp, say, or by a linker that makes no new file), programs started from it would run into a breakpoint in
the middle of an instruction, and end. inotify(7) tells of the first write. What replaces a file by another one of the
same name, as package managers do, is another file, which is looked at by itself.
"""

import ctypes
import os
import struct

_IN_MODIFY, _IN_Q_OVERFLOW, _IN_IGNORED = 0x2, 0x4000, 0x8000
_EVENT = struct.Struct("=iIII")

File = tuple[int, int]      # device and inode


class Changes:
    """Follows open files. fileno() is readable when one of them is written to; -1 where the kernel allows no more."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._inotify: int = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        self._files: dict[int, File] = {}       # by the number of its watch

    def fileno(self) -> int:
        """For poll(2)."""
        return self._inotify

    def watch(self, descriptor: int) -> bool:
        """Follow an open file from now on; False where that can't be done."""
        watch = self._libc.inotify_add_watch(self._inotify, f"/proc/self/fd/{descriptor}".encode(), _IN_MODIFY)
        if watch < 0:
            return False
        about = os.fstat(descriptor)
        self._files[watch] = about.st_dev, about.st_ino
        return True

    def read(self) -> set[File]:
        """Those that were written to since the last time; they are followed no more."""
        try:
            data = os.read(self._inotify, 65536)
        except OSError:         # nothing has come, or it is closed
            return set()
        changed, at = set(), 0
        while at < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size + length
            if mask & _IN_Q_OVERFLOW:
                changed |= set(self._files.values())
            elif watch in self._files and not mask & _IN_IGNORED:
                self._libc.inotify_rm_watch(self._inotify, watch)
                changed.add(self._files[watch])
            if mask & _IN_IGNORED:
                self._files.pop(watch, None)
        return changed

    def close(self) -> None:
        """Follow nothing any more; a second call does nothing."""
        if self._inotify >= 0:
            os.close(self._inotify)
            self._inotify = -1
