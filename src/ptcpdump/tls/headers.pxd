from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

from ptcpdump.tls.cursor cimport Cursor


cdef struct Entry:
    uint32_t size           # as RFC 7541, 4.1 counts it
    uint32_t name           # bytes of its name
    int32_t which           # a name that matters, -1: it does not
    PyObject *value         # a str where it matters; else NULL


cdef class HeaderDecoder:
    cdef uint32_t most              # that the other end has allowed
    cdef uint32_t limit             # bytes of the table at present
    cdef uint32_t size              # of its entries
    cdef Entry *entries             # a ring
    cdef uint32_t room, first, count

    cpdef int allow(self, uint32_t size) except -1
    cdef dict decode(self, const uint8_t *block, size_t n)
    cdef str literal(self, Cursor *c, Entry *entry)
    cdef int shrink(self) except -1
    cdef int add(self, Entry entry, str value) except -1
    cdef int find(self, uint64_t index, Entry *found) except -1
