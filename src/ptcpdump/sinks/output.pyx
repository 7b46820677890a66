"""Writing to a file descriptor in large pieces, or at once where somebody is watching."""

import os
import stat

from cpython.exc cimport PyErr_CheckSignals
from libc.errno cimport EAGAIN, EINTR, EPIPE, errno
from libc.string cimport memset
from posix.uio cimport iovec, writev

from ptcpdump.errors import ReaderGone, SavefileError
from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.sinks import creation


cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    enum: POLLOUT
    int poll(pollfd *fds, unsigned long n, int timeout)


cdef enum:
    MAX_PARTS = 1024        # of one writev(2) (UIO_MAXIOV)
    KEPT = 4 << 20          # bytes that wait for a reader whom nobody waits for
    PATIENCE = 1000         # ms that one who is only slow has at the end


cdef class Output:
    """A descriptor open for writing.

    name: what messages call it. owned: whether close() closes the descriptor. immediate: every record leaves at once
    (-l, -U). Raises SavefileError naming the file when a write fails (disk full, for instance), and
    BrokenPipeError when the reader of a pipe has gone, which is no error to speak of; for a savefile on standard output,
    of which the reader lacks the end, it is a SavefileError.
    """

    def __cinit__(self, int fd, str name not None, *, bint owned=False, bint immediate=False):
        self.fd = fd
        self.name = name
        self.owned = owned
        self.immediate = immediate

    def __dealloc__(self):
        buffer_free(&self.buffer)
        buffer_free(&self.parts)

    cdef void borrow(self, const void *data, size_t n) noexcept nogil:
        cdef iovec part[2]
        part[0].iov_base = NULL
        part[0].iov_len = self.buffer.len - self.divided
        part[1].iov_base = <void *>data
        part[1].iov_len = n
        put_bytes(&self.parts, part, sizeof(part))
        self.divided = self.buffer.len
        self.borrowed += n

    cdef int send(self) except -1 nogil:
        cdef uint64_t whole = self.sent     # whole records wait here, so a record ends here
        cdef iovec *part
        cdef size_t count = 0
        cdef ssize_t n
        cdef int failure = 0
        if self.fd < 0:
            self.keep(NULL, 0)
        if self.buffer.len + self.borrowed == 0:
            return 0
        if self.interrupted and self.buffer.len + self.borrowed < KEPT and not self.is_read(0):
            if self.borrowed:
                part = self.locate(&count)
                self.keep(part, count)
            return 0
        self.interrupted = False
        part = self.locate(&count)
        while count and not failure:
            if part.iov_len == 0:
                part += 1
                count -= 1
                continue
            n = writev(self.fd, part, <int>min(count, <size_t>MAX_PARTS))
            if n < 0:
                failure = self.hindered(errno, part, count)
                continue
            self.sent += n
            while n > 0 and <size_t>n >= part.iov_len:
                n -= part.iov_len
                part += 1
                count -= 1
            if n > 0:
                part.iov_base = <char *>part.iov_base + n
                part.iov_len -= n
            if count:       # there were too many parts, or a signal came while it waited for a reader
                failure = self.hindered(EINTR, part, count)
        self.keep(NULL, 0)
        if failure:
            with gil:
                self.fail(failure, whole)
        return 0

    cdef iovec *locate(self, size_t *count) noexcept nogil:
        """All that waits, as writev(2) takes it."""
        cdef char *at = self.buffer.data
        cdef iovec *parts
        cdef size_t i
        self.borrow(NULL, 0)        # the end of the buffer
        parts = <iovec *>self.parts.data
        count[0] = self.parts.len // sizeof(iovec)
        for i in range(0, count[0], 2):
            parts[i].iov_base = at
            at += parts[i].iov_len
        return parts

    cdef int hindered(self, int failure, const iovec *part, size_t count) except -1 nogil:
        """What to do when these parts could not be written: 0 to try again, else the failure.

        Signal handlers may raise; then the parts are kept for the next time, which waits no more for who does not read.
        """
        if failure != EINTR and failure != EAGAIN:
            return failure
        if failure == EAGAIN:
            wait_writable(self.fd)
        with gil:
            try:
                PyErr_CheckSignals()
            except BaseException:
                self.keep(part, count)
                self.interrupted = True
                raise
        return 0

    cdef bint is_read(self, int patience) noexcept nogil:
        """Whether somebody reads what is written, or is gone, so that writing does not wait; ms to wait for that."""
        cdef pollfd one
        one.fd = self.fd
        one.events = POLLOUT
        one.revents = 0
        return poll(&one, 1, patience) > 0      # a signal ends that wait, too

    cdef void keep(self, const iovec *part, size_t count) noexcept nogil:
        """Let go of all that waits but these parts, which are copied."""
        cdef Buffer kept
        cdef size_t i
        if count == 0:
            self.buffer.len = 0
        else:
            memset(&kept, 0, sizeof(kept))
            for i in range(count):
                put_bytes(&kept, part[i].iov_base, part[i].iov_len)
            buffer_free(&self.buffer)
            self.buffer = kept
        self.parts.len = self.divided = self.borrowed = 0

    cdef int fail(self, int failure, uint64_t whole) except -1:
        if failure == EPIPE and self.savefile:
            raise ReaderGone(f"{self.name}: can't write: its reader has closed the pipe; it got {self.sent} bytes at most")
        if failure == EPIPE:
            raise BrokenPipeError(failure, os.strerror(failure), self.name)
        if self.owned:
            if not self.stream and stat.S_ISREG(os.fstat(self.fd).st_mode):
                os.ftruncate(self.fd, whole)    # half a record at the end would make readers complain
                self.sent = whole
            os.close(self.fd)       # nothing may follow what is lost
            self.fd = -1
        raise SavefileError(
            f"{self.name}: can't write: {os.strerror(failure)}; the {self.sent} bytes written before are kept")

    cpdef int close(self) except -1:
        """Send the rest and close; a second call does nothing. What nobody reads is lost where that was not waited for."""
        cdef int fd
        if self.fd < 0:
            return 0
        if self.interrupted:
            with nogil:         # another thread may be who reads
                if not self.is_read(PATIENCE):
                    self.keep(NULL, 0)
        try:
            self.send()
        finally:
            fd = self.fd        # -1 after a failure
            self.fd = -1
            if self.owned and fd >= 0:
                os.close(fd)
        return 0


cdef void wait_writable(int fd) noexcept nogil:
    """A descriptor that somebody made non-blocking: wait, but not for ever, so that signals are seen."""
    cdef pollfd one
    one.fd = fd
    one.events = POLLOUT
    one.revents = 0
    poll(&one, 1, 100)


def standard_output(*, bint immediate=False):
    """Standard output as an Output; it is not closed with it."""
    return Output(1, "standard output", immediate=immediate)


def create(path, *, bint immediate=False):
    """Create or truncate a file (see sinks.creation); "-" is standard output. Raises SavefileError naming the path."""
    if os.fspath(path) == "-":
        output = standard_output(immediate=immediate)
        (<Output>output).savefile = True
        return output
    return Output(creation.create(os.fspath(path)), os.fspath(path), owned=True, immediate=immediate)
