"""Running a command under capture (``-- CMD``): it waits until the hooks are attached, then is itself.

It keeps our standard input, output and error, and its end tells the status that we exit with.
"""

import contextlib
import ctypes
import errno
import os
import select
import shutil
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ptcpdump.accounts import Account
from ptcpdump.companions import fork
from ptcpdump.context.escape import escape
from ptcpdump.context.model import EventKind
from ptcpdump.errors import PtcpdumpError
from ptcpdump.procfs import read_pid
from ptcpdump.run.privileges import relinquish

_PR_SET_PDEATHSIG = 1
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)   # and so by whoever is executed, if nothing is done
LOOK = 0.05         # seconds between looks at whether it runs: its end is an event that does not wake us
_QUIET, _LONGEST = 0.3, 3.0     # seconds: of silence after which its last packets are through, and at the most
NOT_FOUND = 127     # as shells report a command that can't be run
_SHELL = "/bin/sh"


class Command:
    """A child process that will run a command once told to.

    Make it before threads are started. user: whose privileges it gets, None for ours. variables: of its environment,
    beside ours.
    """

    def __init__(self, words: tuple[str, ...], user: Account | None = None,
                 variables: Mapping[str, str] | None = None) -> None:
        libc = ctypes.CDLL(None)
        # where it is ignored, nobody can ask how a child has ended; only the main thread may set it
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._owner = os.getpid()
        self.pidfd = -1
        gate, self._gate = os.pipe2(os.O_CLOEXEC)
        try:
            self.pid = fork("the command under capture")
        except PtcpdumpError:
            os.close(gate)
            os.close(self._gate)
            raise
        if self.pid == 0:
            try:
                os.close(self._gate)
                libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)   # nothing of ours outlives us, not even after SIGKILL
                if os.read(gate, 1):
                    for number in _IGNORED_BY_PYTHON:
                        signal.signal(number, signal.SIG_DFL)
                    if user:
                        relinquish(user)
                        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)   # setuid(2) has cleared it
                    os.environ.update(variables or {})
                    _execute(words)
            except OSError as error:
                os.write(2, f"ptcpdump: {escape(words[0])}: {error.strerror}\n".encode())
            except PtcpdumpError as error:
                os.write(2, f"ptcpdump: {escape(words[0])}: {error}\n".encode())
            finally:
                os._exit(NOT_FOUND)
        os.close(gate)
        self.pidfd = os.pidfd_open(self.pid)
        self.status: int | None = None
        self._released = False
        self.known_as = read_pid(self.pidfd) or self.pid    # where /proc is of another pid namespace than ours
        self._family = {self.known_as}

    def release(self) -> None:
        """Let the command begin, if it has not."""
        if not self._released:
            self._released = True
            os.write(self._gate, b"g")

    def on_event(self, kind: int, pid: int, start: int, parent: int, time: int) -> None:
        """Follow the family by what the process table tells (see ProcessTable.listeners)."""
        if kind == EventKind.FORK and parent in self._family:
            self._family.add(pid)
        elif kind == EventKind.EXIT:
            self._family.discard(pid)

    @property
    def family_gone(self) -> bool:
        """Whether the command and all its descendants have ended."""
        return not self._family

    def reap(self) -> int | None:
        """The exit status as shells give it (128 + N after signal N); None while it runs."""
        if self.status is None:
            pid, code = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = _status(code)
                self._family.discard(self.known_as)
        return self.status

    def signal(self, number: int) -> None:
        """Pass a signal on to the command, if it still runs and has not become somebody whom we may not signal."""
        if self.reap() is None:
            with contextlib.suppress(PermissionError):
                os.kill(self.pid, number)

    def interrupt(self, number: int) -> None:
        """Tell it of the signal that ends us, and give it two seconds to end by itself.

        A ^C has come to it from the terminal already, as to everyone in the foreground.
        """
        if number != signal.SIGINT or not _in_foreground():
            self.signal(number)
        self._wait(2)

    def _wait(self, seconds: float) -> bool:
        """Whether it ended within a time."""
        poller = select.poll()
        poller.register(self.pidfd, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def close(self) -> None:
        """End the command if it still runs: first as asked, after two seconds by force."""
        if self.status is None and self.reap() is None:
            os.close(self._gate)
            self._gate = -1
            self.signal(signal.SIGTERM)
            if not self._wait(2):
                self.signal(signal.SIGKILL)
                self._wait(2)
            if self.reap() is None:     # one that has become somebody else may stay
                self.status = 128 + signal.SIGTERM
        if self._gate >= 0:
            os.close(self._gate)
            self._gate = -1
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def __del__(self) -> None:
        """Nobody has closed it: a capture was made and never begun. Not in a process that was forked from ours."""
        if self.pidfd >= 0 and os.getpid() == self._owner:
            self.close()


class Farewell:
    """Tells when a command has ended, its descendants with it, and their last packets are through."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._end = self._quiet = 0.0

    def over(self, found: int) -> bool:
        """To be asked after each step of the driver, which has found so many packets."""
        if self._command.reap() is None or not self._command.family_gone:
            return False
        now = time.monotonic()
        if not self._end:
            self._end, self._quiet = now + _LONGEST, now + _QUIET
        if found:       # the sockets of the dead have packets under way still: wait until all is quiet
            self._quiet = now + _QUIET
        return now >= min(self._end, self._quiet)


def _execute(words: tuple[str, ...]) -> None:
    """Become this command; a script that does not say by what it is run is the shell's, as execvp(3) has it."""
    try:
        os.execvp(words[0], words)   # noqa: S606 -- no shell shall come between
    except OSError as error:
        script = shutil.which(words[0])
        if error.errno != errno.ENOEXEC or script is None:
            raise
        os.execv(_SHELL, (_SHELL, script, *words[1:]))   # noqa: S606 -- the same


def _in_foreground() -> bool:
    """Whether signals of the terminal's keys come to us and to our children."""
    try:
        with Path("/dev/tty").open("rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False        # no terminal


def _status(code: int) -> int:
    exit_code = os.waitstatus_to_exitcode(code)
    return exit_code if exit_code >= 0 else 128 - exit_code
