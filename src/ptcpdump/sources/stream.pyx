"""Reading a savefile's bytes, also from a pipe that is still being written."""

import io
import os
import stat
import sys
import time

from cpython.exc cimport PyErr_CheckSignals
from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove
from posix.unistd cimport close, read

from ptcpdump.errors import SavefileError
from ptcpdump.lazy import lazy_modules

with lazy_modules:
    from ptcpdump.sources import compression


cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    enum: POLLIN
    int poll(pollfd *fds, unsigned long n, int timeout)


CAPACITY = 262144
PACKED = b"\x04\x1f\x28\xfd"      # what compressed files begin with, and no savefile does; see sources.compression
LONGEST_MAGIC = 6


cdef class Stream:
    """The bytes of a savefile. path: a file, a FIFO, or "-" for standard input; compressed ones are recognised by their first
    bytes. unpack_limit: how many times as large they may get; None: compression.RATIO, 0: any number.

    Memory is bounded by the longest piece that is asked for at once, and grows no faster than bytes arrive, whatever
    length a file claims. Raises SavefileError naming the path.

    From a pipe only what is there is read, so that whoever wants the packets gets them before the next ones are waited
    for: then `short` is set until wait_for_more().
    """

    def __cinit__(self, path, unpack_limit=None):
        self.fd = -1
        self.name = os.fspath(path)
        self.owned = self.name != "-"
        try:
            if not self.owned and sys.stdin is None:
                raise ValueError("standard input is closed")
            self.fd = os.open(self.name, os.O_RDONLY | os.O_CLOEXEC) if self.owned else sys.stdin.fileno()
            if stat.S_ISDIR(os.fstat(self.fd).st_mode):
                raise SavefileError(f"{self.name}: is a directory, not a savefile")
        except (OSError, ValueError) as error:
            raise SavefileError(f"{self.name}: can't open: {getattr(error, 'strerror', None) or error}") from error
        self.grow()
        if not self.wait(1) or self.buffer[0] not in PACKED:
            return
        self.wait(LONGEST_MAGIC)
        begin = <bytes>self.buffer[:self.end]
        packed = compression.recognized(begin)
        if packed is not None:
            self.packed = packed.name
            self.end = 0
            self.at_end = False
            # raw, for a buffer would wait until it is full before it gives anything of a pipe
            ratio = compression.RATIO if unpack_limit is None else unpack_limit
            self.inflater = compression.unpacked(packed, _Rejoined(begin, self.fd), self.name, ratio)

    def __dealloc__(self):
        free(self.buffer)
        if self.fd >= 0 and self.owned:     # nobody has closed it
            close(self.fd)

    cdef int grow(self) except -1:
        cdef size_t capacity = self.capacity * 2 if self.capacity else <size_t>CAPACITY
        cdef void *buffer = realloc(self.buffer, capacity)
        if buffer == NULL:
            raise MemoryError
        self.buffer = <uint8_t *>buffer
        self.capacity = capacity
        return 0

    cdef bint wait(self, size_t n) except -1:
        cdef bint ready
        self.patience = WAIT_ALWAYS
        with nogil:
            ready = self.need(n)
        self.patience = NEVER_WAIT
        return ready

    def wait_for_more(self, seconds=None) -> None:
        """Wait until the file goes on, for so long at most; signal handlers run meanwhile."""
        cdef int tick
        cdef bint more = self.inflater is not None     # it may hold bytes back: just read
        end = None if seconds is None else time.monotonic() + seconds
        while not more and not self.stopped:
            left = 1.0 if end is None else end - time.monotonic()
            if left <= 0:
                return
            tick = <int>(min(left, 0.25) * 1000) + 1     # a signal may come just before we wait
            with nogil:
                more = readable(self.fd, tick)
            PyErr_CheckSignals()
        self.short = False
        self.patience = WAIT_ONCE

    cdef bint fill(self, size_t n) except -1 nogil:
        """Read on until n bytes are ready; False when the file ends before."""
        cdef ssize_t got
        if self.start:
            memmove(self.buffer, self.buffer + self.start, self.end - self.start)
            self.dropped += self.start
            self.end -= self.start
            self.start = 0
        while self.end < n and not self.at_end and not self.stopped:
            if self.end == self.capacity:
                with gil:
                    self.grow()
            if self.patience == NEVER_WAIT and not readable(self.fd, 0):
                self.short = True
                return False
            got = self.take()
            if self.patience == WAIT_ONCE:
                self.patience = NEVER_WAIT
            if got == 0:
                self.at_end = True
            self.end += got
        return self.end >= n

    cdef ssize_t take(self) except -1 nogil:
        """Read once to the end of the buffer: how many bytes came, 0 at the end."""
        cdef ssize_t got
        while True:
            with gil:
                PyErr_CheckSignals()
                if self.stopped:
                    return 0
                if self.inflater is not None:
                    return self.inflate()
            got = read(self.fd, self.buffer + self.end, self.capacity - self.end)
            if got >= 0:
                return got
            if errno == EAGAIN:
                readable(self.fd, 100)
            elif errno != EINTR:
                with gil:
                    raise SavefileError(f"{self.name}: can't read at byte {self.offset()}: {os.strerror(errno)}")

    cdef ssize_t inflate(self) except -1:
        cdef bytes piece
        try:
            piece = self.inflater.read1(self.capacity - self.end)
        except MemoryError:
            raise
        except Exception as error:      # each library has errors of its own
            # what could be unpacked is shown first: this comes up again when the reader finds the file too short
            self.inflater = io.BytesIO()
            refused = isinstance(error, compression.LimitError)
            self.damage = str(error) if refused else f"damaged {self.packed} file: {error}"
            return 0
        memcpy(self.buffer + self.end, <const char *>piece, len(piece))
        return len(piece)

    def stop(self) -> None:
        """Let the file end here; may be called by a signal handler while a read waits."""
        self.stopped = True

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self.stopped = True
        if self.fd >= 0 and self.owned:
            os.close(self.fd)
        self.fd = -1


cdef bint readable(int fd, int timeout) noexcept nogil:
    """Whether a read would come back at once, after waiting up to timeout ms for that."""
    cdef pollfd one
    one.fd = fd
    one.events = POLLIN
    one.revents = 0
    return poll(&one, 1, timeout) != 0


class _Rejoined(io.RawIOBase):
    """The bytes that were read to recognise a file, followed by the rest of it."""

    def __init__(self, begin: bytes, fd: int) -> None:
        self.begin = begin
        self.fd = fd

    def readable(self) -> bool:
        return True

    def readinto(self, target) -> int:
        piece = self.begin[:len(target)] or os.read(self.fd, len(target))
        self.begin = self.begin[len(target):]
        target[:len(piece)] = piece
        return len(piece)
