"""Probed files that are written to: their probes have to go at once.

A probe belongs to a place in a file, not to what stood there when it was put in (uprobes): once other code is written
over that (by cp, say, or by a linker that makes no new file), programs started from it would run into a breakpoint in
the middle of an instruction, and end. inotify(7) tells of the first write. What replaces a file by another one of the
same name, as package managers do, is another file, which is looked at by itself.
"""

import os

from ptcpdump import inotify

File = tuple[int, int]      # device and inode


class Changes:
    """Follows open files. fileno() is readable when one of them is written to; -1 where the kernel allows no more."""

    def __init__(self) -> None:
        self._inotify = inotify.Inotify()
        self._files: dict[int, File] = {}       # by the number of its watch

    def fileno(self) -> int:
        """For poll(2)."""
        return self._inotify.fileno()

    def watch(self, descriptor: int) -> bool:
        """Follow an open file from now on; False where that can't be done."""
        watch = self._inotify.add(f"/proc/self/fd/{descriptor}", inotify.MODIFY)
        if watch is None:
            return False
        about = os.fstat(descriptor)
        self._files[watch] = about.st_dev, about.st_ino
        return True

    def read(self) -> set[File]:
        """Those that were written to since the last time; they are followed no more."""
        try:
            events = list(self._inotify.read())
        except OSError:         # it is closed
            return set()
        changed = set()
        for watch, mask, _ in events:
            if mask & inotify.OVERFLOW:
                changed |= set(self._files.values())
            elif watch in self._files and not mask & inotify.IGNORED:
                self._inotify.remove(watch)
                changed.add(self._files[watch])
            if mask & inotify.IGNORED:
                self._files.pop(watch, None)
        return changed

    def close(self) -> None:
        """Follow nothing any more; a second call does nothing."""
        self._inotify.close()
