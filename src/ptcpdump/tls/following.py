"""A key log that somebody else writes, read now and again while it grows: what a browser has by SSLKEYLOGFILE, say."""

import os
import stat
import threading
from collections.abc import Callable

from ptcpdump.errors import PtcpdumpError
from ptcpdump.threads import start_thread
from ptcpdump.tls.keylog import KeyLogError

LARGEST = 1 << 30           # bytes of a key log
_PIECE = 1 << 20            # bytes that are read at a time
_LONGEST = 1 << 10          # bytes of a line: what is longer is none
_PAUSE = 0.02               # seconds between looks: packets wait ten times as long for their keys


class GrowingKeyLog:
    """An open key log; read() returns the lines that have come since the last call. Raises KeyLogError.

    A file that has become shorter was begun anew, so it is read from its beginning. whole: wait for the end of a pipe,
    else what is in it is taken. named: what errors call it.
    """

    def __init__(self, path: str, *, whole: bool = False, named: str = "") -> None:
        self._named = named or f"--keylog-file {path}"
        self.regular = True
        self._at = 0
        self._rest = b""        # of a line that is not whole yet
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | (0 if whole else os.O_NONBLOCK))
            self.regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        except OSError as error:
            raise KeyLogError(f"{self._named}: {error.strerror}") from error

    def read(self) -> bytes:
        """What has come, up to the end of its last whole line."""
        pieces = [self._rest]
        try:
            if self.regular and os.fstat(self._descriptor).st_size < self._at:
                self._at, pieces = 0, []
            while data := self._piece():
                pieces.append(data)
                self._at += len(data)
                if self._at > LARGEST:
                    raise KeyLogError(f"{self._named}: it has more than {LARGEST} bytes")
        except BlockingIOError:
            pass                # a pipe, and who writes to it has nothing more for now
        except OSError as error:
            raise KeyLogError(f"{self._named}: {error.strerror}") from error
        whole, end, rest = b"".join(pieces).rpartition(b"\n")
        self._rest = rest[:_LONGEST]
        return whole + end

    def _piece(self) -> bytes:
        if self.regular:
            return os.pread(self._descriptor, _PIECE, self._at)
        return os.read(self._descriptor, _PIECE)

    def rest(self) -> bytes:
        """A last line without line feed, which whoever writes may never end."""
        return self._rest

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


class KeyLogFollower:
    """Hands on what comes to a key log, in a thread of its own; complain(text) is told, once, when it can't be read."""

    def __init__(self, log: GrowingKeyLog, take: Callable[[bytes], object], complain: Callable[[str], None]) -> None:
        self._log = log
        self._take = take
        self._complain = complain
        self._over = threading.Event()
        self._thread = start_thread(self._run, "key log")

    def _run(self) -> None:
        try:
            while not self._over.wait(_PAUSE):
                if text := self._log.read():
                    self._take(text)
        except PtcpdumpError as error:
            self._complain(str(error))

    def close(self) -> None:
        """End it; what has come last is handed on. A second call does nothing."""
        if self._over.is_set():
            return
        self._over.set()
        self._thread.join()
        try:
            if text := self._log.read():
                self._take(text)
        except PtcpdumpError as error:
            self._complain(str(error))
        self._log.close()
