"""Savefiles that are compressed while they are written (--compress)."""

from cpython.buffer cimport PyBUF_READ
from cpython.memoryview cimport PyMemoryView_FromMemory
from posix.uio cimport iovec

from ptcpdump.buffer cimport put_bytes
from ptcpdump.sinks.clock cimport is_over, seconds_now

cdef double PATIENCE = 1.0      # seconds that what was written may stay in the compressor


cdef Output packed(Output file, packer, bint immediate):
    """An output before another one; packer: a packing.Packer."""
    cdef PackedOutput output = PackedOutput(file.fd, file.name, immediate=immediate)
    output.file = file
    file.stream = True
    output.packer = packer
    return output


cdef class PackedOutput(Output):
    """Stands before another Output, which it owns; sizes are those of the plain bytes (-C counts these, as tcpdump does).

    What is sent has not left the compressor by then: every second it does, so that a run that is killed loses no more, and
    with each record if those leave at once (-U). After a failure the file holds the start of a compressed stream, which can be
    unpacked up to where that was done last.
    """

    cdef int send(self) except -1 nogil:
        if self.buffer.len + self.borrowed == 0 and not (self.held and is_over(self.due)):
            return 0
        with gil:
            return self.pack()

    cdef int pack(self) except -1:
        cdef size_t count = 0
        cdef size_t i
        cdef iovec *part
        if self.fd < 0:
            self.keep(NULL, 0)
            return 0
        part = self.locate(&count)
        try:
            for i in range(count):
                if part[i].iov_len:
                    self.sent += part[i].iov_len
                    self.pass_on(self.packer.pack(
                        PyMemoryView_FromMemory(<char *>part[i].iov_base, part[i].iov_len, PyBUF_READ)))
        finally:
            self.keep(NULL, 0)
        if not self.held:
            self.held = True
            self.due = seconds_now() + PATIENCE
        if self.immediate or is_over(self.due):
            self.held = False
            self.pass_on(self.packer.flush())
        return self.file.send()

    cdef int pass_on(self, bytes packed) except -1:
        put_bytes(&self.file.buffer, <const char *>packed, len(packed))
        return self.file.written()

    cpdef int close(self) except -1:
        """Finish the compressed stream and close; a second call does nothing."""
        if self.fd < 0:
            return 0
        try:
            self.send()
            self.pass_on(self.packer.finish())
        finally:
            self.fd = -1
            self.file.close()
        return 0
