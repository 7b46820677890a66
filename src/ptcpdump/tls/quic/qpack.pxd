from libc.stdint cimport int64_t, uint64_t

from ptcpdump.tls.cursor cimport Cursor


cdef class HeaderReader:
    cdef object decoder
    cdef bint sized
    cdef bytearray unused       # instructions that wait for the size of the table
    # how long an entry of the table may be at most, by the strings in its instructions (RFC 9204, 4.3)
    cdef uint64_t longest
    cdef uint64_t name          # bytes of the longest name that was sent
    cdef bytearray rest         # of an instruction that is not whole,
    cdef Py_ssize_t need        # and how many bytes of it there have to be to go on

    cpdef set_table(self, uint64_t size)
    cpdef list instruct(self, bytes data)
    cpdef list read(self, int64_t stream, bytes block)
    cpdef list resume(self, int64_t stream)
    cdef int measure(self, bytes data) except -1
    cdef bint instruction(self, Cursor *c) except -1
    cdef bint value(self, Cursor *c) except -1
    cdef bint lacks(self, Cursor *c, uint64_t size)
