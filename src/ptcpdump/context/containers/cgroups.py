"""The cgroup v2 tree as it is and as it changes: ids of control groups and their paths.

The id that the kernel programs record is the inode of the group's directory. A container's directory is made before its
first process runs, and inotify(7) tells of it at once: so it is known in time, and still known when all is over.

Groups below one that has been given to an ordinary user are not followed: he may make as many as he likes, and what
they are called says nothing.
"""

import os
import select
import threading
import time
from collections.abc import Callable

from ptcpdump import inotify
from ptcpdump.threads import PAUSE, Faults, start_thread

_KEEP = 60.0        # seconds for which packets of a group that is gone may still turn up
_MOST = 32768       # groups that are followed
_FEW = 64           # groups of a user's container that are looked at


class CgroupTree:
    """Follows the tree below `mount` in a thread of its own. Paths are relative to it and start with a slash."""

    def __init__(self, mount: str, appeared: Callable[[list[tuple[int, str]]], None],
                 say: Callable[[str], None]) -> None:
        """appeared([(id, path), ...]) is called in that thread with groups made after start(), all of a moment at once.

        say(text) is called once when there are more groups than are followed.
        """
        self._mount = mount
        self._appeared = appeared
        self._say = say
        self._full = False
        self._paths: dict[int, str] = {}
        self._gone: dict[int, float] = {}
        self._watched: dict[int, str] = {}
        self._lock = threading.Lock()
        self._stop, self._stopper = os.pipe2(os.O_CLOEXEC)
        self._inotify = inotify.Inotify()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take in what exists, then follow."""
        if not self._mount:
            return
        self._enter("/")
        if self._inotify.fileno() >= 0:
            self._thread = start_thread(self._run, "control groups")
        else:
            self._say("control groups that are made from now on are not noticed, so short-lived containers may lack "
                      f"their names: {os.strerror(self._inotify.error)} (inotify)")

    def stop(self) -> None:
        """End the thread."""
        os.write(self._stopper, b"s")       # its end alone may mean nothing: another process may have it, too
        os.close(self._stopper)
        if self._thread is not None:
            self._thread.join()
        os.close(self._stop)
        self._inotify.close()

    def path(self, number: int) -> str:
        """The path of a group by its id, also when it is gone since a short while; "" for the root and unknown ones."""
        return self._paths.get(number, "")

    def number(self, path: str) -> int:
        """The id of a group by its path; 0 when there is none."""
        try:
            return os.stat(self._mount + path).st_ino if self._mount else 0
        except OSError:
            return 0

    def below(self, path: str) -> set[int]:
        """The ids of a group and of those in it, as far as they are few; also of one that is not followed."""
        found = {number for number in [self.number(path)] if number}
        waiting = [path] if found else []
        while waiting and len(found) < _FEW:
            for each in self._below(waiting.pop()):
                waiting.append(each)
                found.add(self.number(each))
        return found - {0}

    def items(self) -> list[tuple[int, str]]:
        """All groups that are known, with their paths."""
        with self._lock:
            return list(self._paths.items())

    def _run(self) -> None:
        stop, all_of_it = select.poll(), select.poll()
        for poll in (stop, all_of_it):
            poll.register(self._stop, select.POLLIN)
        all_of_it.register(self._inotify, select.POLLIN)
        faults = Faults("following control groups", self._say)
        while self._stop not in dict(all_of_it.poll(_KEEP * 1000)):
            with faults:
                self._follow()
            if faults.failed:
                stop.poll(PAUSE * 1000)

    def _follow(self) -> None:
        """Take in what has happened."""
        self._forget()
        new: list[tuple[int, str]] = []
        for watch, mask, name in self._inotify.read():
            if mask & inotify.IGNORED:
                path = self._watched.pop(watch, "")
                self._left(path)
            elif mask & inotify.OVERFLOW:
                new += self._enter("/")
            elif mask & inotify.ISDIR and watch in self._watched:
                new += self._enter(self._watched[watch].rstrip("/") + "/" + name)
        if new:
            self._appeared(new)

    def _enter(self, top: str) -> list[tuple[int, str]]:
        """Follow a group and all below it; returns those that were not known."""
        new = []
        waiting = [top]
        while waiting:
            path = waiting.pop()
            try:
                status = os.stat(self._mount + path)
            except OSError:
                continue
            if path != "/" and self._paths.get(status.st_ino) != path:
                if len(self._paths) >= _MOST:
                    self._overflow()
                    break
                with self._lock:
                    self._paths[status.st_ino] = path
                new.append((status.st_ino, path))
            if status.st_uid == 0:
                # watched before it is listed, so none made meanwhile is missed
                self._watch(path, inotify.CREATE | inotify.MOVED_TO)
                waiting += self._below(path)
            else:
                self._watch(path, inotify.DELETE_SELF)
        return new

    def _watch(self, path: str, events: int) -> None:
        watch = self._inotify.add(self._mount + path, events | inotify.ONLYDIR)
        if watch is not None:
            self._watched[watch] = path

    def _below(self, path: str) -> list[str]:
        try:
            with os.scandir(self._mount + path) as entries:
                return [f"{path.rstrip('/')}/{entry.name}" for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return []

    def _overflow(self) -> None:
        if not self._full:
            self._full = True
            self._say(f"there are more than {_MOST} control groups: containers in further ones may lack their names")

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
