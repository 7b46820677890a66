"""Writing to a file descriptor in large pieces, or at once where somebody is watching."""

import os
import stat

from cpython.exc cimport PyErr_CheckSignals
from libc.errno cimport EAGAIN, EINTR, EPIPE, errno
from libc.string cimport memmove
from posix.unistd cimport write

from ptcpdump.errors import SavefileError
from ptcpdump.sinks.buffer cimport buffer_free


cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    enum: POLLOUT
    int poll(pollfd *fds, unsigned long n, int timeout)


cdef class Output:
    """A descriptor open for writing.

    name: what messages call it. owned: whether close() closes the descriptor. immediate: every record leaves at once
    (terminals, -l, -U). Raises SavefileError naming the file when a write fails (disk full, for instance), and
    BrokenPipeError when the reader of a pipe has gone, which is no error to speak of.
    """

    def __cinit__(self, int fd, str name not None, *, bint owned=False, bint immediate=False):
        self.fd = fd
        self.name = name
        self.owned = owned
        self.terminal = os.isatty(fd)
        self.immediate = immediate or self.terminal

    def __dealloc__(self):
        buffer_free(&self.buffer)

    cdef int send(self) except -1 nogil:
        cdef uint64_t whole = self.sent     # the buffer holds whole records, so a record ends here
        cdef size_t done = 0
        cdef ssize_t n
        cdef int failure = 0
        while done < self.buffer.len and self.fd >= 0:
            n = write(self.fd, self.buffer.data + done, self.buffer.len - done)
            if n >= 0:
                done += n
                continue
            failure = errno
            if failure == EINTR:
                with gil:
                    PyErr_CheckSignals()
            elif failure == EAGAIN:
                wait_writable(self.fd)
            else:
                break
            failure = 0
        self.sent += done
        memmove(self.buffer.data, self.buffer.data + done, self.buffer.len - done)
        self.buffer.len -= done
        if failure:
            with gil:
                self.fail(failure, whole)
        return 0

    cdef int fail(self, int failure, uint64_t whole) except -1:
        self.buffer.len = 0     # nothing more can be said there, also not by close()
        if failure == EPIPE:
            raise BrokenPipeError(failure, os.strerror(failure), self.name)
        if self.owned and stat.S_ISREG(os.fstat(self.fd).st_mode):
            os.ftruncate(self.fd, whole)    # half a record at the end would make readers complain
            self.sent = whole
        raise SavefileError(
            f"{self.name}: can't write: {os.strerror(failure)}; the {self.sent} bytes written before are kept")

    cpdef int close(self) except -1:
        """Send the rest and close; a second call does nothing."""
        cdef int fd = self.fd
        if fd < 0:
            return 0
        try:
            self.send()
        finally:
            self.fd = -1
            if self.owned:
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
    """Create or truncate a file, with the permissions that the umask leaves; "-" is standard output.

    Raises SavefileError naming the path.
    """
    if os.fspath(path) == "-":
        return standard_output(immediate=immediate)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise SavefileError(f"{path}: can't create: {error.strerror}") from error
    return Output(fd, os.fspath(path), owned=True, immediate=immediate)
