"""Names of savefiles that take turns (-C, -G, -W), and the command run on each finished one (-z), as in tcpdump(1)."""

import contextlib
import math
import os
import subprocess
import time
from collections.abc import Callable

from ptcpdump.errors import OutputFinished
from ptcpdump.net.limits import restore_descriptor_limit
from ptcpdump.records import dataclass, field


def now() -> float:
    """Seconds since the host's start: setting the clock neither delays a turn nor hurries it (see sinks/clock.pxd)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _keep_back(text: str) -> None:
    """Nobody is there to be warned."""


@dataclass(slots=True)
class Rotation:
    """Which file is written when.

    path: as given to -w; with seconds, strftime(3) fields in it are filled in with the local time of the turn.
    size: bytes after which the next file begins (-C), 0: no limit. seconds: time after which it does (-G), 0: never.
    count: with size, the number of files that are written in a ring (-W); with seconds only, the number of files after
    which the run ends. command: run in the background as `command FILE` for each finished file but the last (-z).
    on_request: whoever writes says when the next file begins and when one is finished (--keep); command runs on each.
    warn(text) is called, once for each reason, where the command can't be run: no capture ends for that.
    """

    path: str
    size: int = 0
    seconds: int = 0
    count: int = 0
    command: str = ""
    on_request: bool = False
    warn: Callable[[str], None] = _keep_back
    deadline: float = field(init=False, default=math.inf)     # of now(), at which a packet goes to the next file
    _date: float = 0            # seconds since the epoch at which the turn began
    _turns: int = 0
    _number: int = 0
    _name: str = ""
    _full: bool = False     # as many files as -W allows were written, and whoever writes knows it
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def first(self) -> str:
        """The name of the first file."""
        self._begin_turn()
        self._name = self._named()
        return self._name

    def start(self) -> None:
        """Have the present file's time begin now: the sink's own start() calls this for the first one."""
        if self.seconds:
            self.deadline = now() + self.seconds

    def _begin_turn(self) -> None:
        self._date = time.time()
        self.start()

    def next(self, size: int) -> str | None:
        """The name of the file that the next packet goes to, None if that is still the present one of `size` bytes.

        Raises OutputFinished when -G has written as many files as -W allows.
        """
        finished = self._name
        timed = now() >= self.deadline
        if timed:
            self._begin_turn()
            self._turns += 1
            self._number = 0
            if not self.size and self.count and self._turns >= self.count:
                self._full = True
                self._run(finished)
                raise self.full()
        elif self.on_request or (self.size and size > self.size):
            self._number += 1
            if self.count and self._number >= self.count:
                self._number = 0
        else:
            return None
        self._name = self._named()
        if not self.on_request:
            self._run(finished)
        return self._name

    @property
    def over(self) -> bool:
        """Whether the time of the last file that -W allows has passed. The next packet would say so, if one came."""
        return (not self.size and not self.on_request and 0 < self.count <= self._turns + 1
                and now() >= self.deadline)

    def full(self) -> OutputFinished:
        """What to raise then."""
        return OutputFinished(f"Maximum file limit reached: {self.count}")

    def end(self) -> None:
        """Say that the run has ended and the last file is closed: it is finished if its time was over."""
        if self.over and not self._full:
            self._run(self._name)

    def finished(self) -> None:
        """Say that the present file is finished, where that is before the next one begins."""
        self._run(self._name)

    def _named(self) -> str:
        """The base name and the number behind it; in a ring as wide as its largest one, so that names sort."""
        base = time.strftime(self.path, time.localtime(self._date)) if self.seconds else self.path
        width = len(str(self.count - 1)) if (self.size or self.on_request) and self.count > 1 else 0
        if self._number == 0 and width == 0:
            return base
        return f"{base}{self._number:0{width}d}"

    def _run(self, finished: str) -> None:
        """Start -z's command on a finished file, with the lowest priority; reap those that have ended."""
        self._running = [process for process in self._running if process.poll() is None]
        if not self.command:
            return
        try:
            process = subprocess.Popen(  # noqa: S603 -- -z names it
                [self.command, finished], stdin=subprocess.DEVNULL,
                preexec_fn=restore_descriptor_limit)  # noqa: PLW1509 -- one system call, no lock
        except OSError as error:
            reason = error.strerror or str(error)
            if reason not in self._told:
                self._told.add(reason)
                self.warn(f"-z {self.command}: can't be run on {finished}: {reason}; files are written nevertheless")
            return
        self._running.append(process)
        with contextlib.suppress(OSError):  # it may have ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, 19)
