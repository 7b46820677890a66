# From an owner's key to its ready-made text, rendered once.
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.context.texts cimport Entry, Texts
from ptcpdump.packet cimport ContextText


cdef struct Generation:
    Entry **buckets
    uint32_t count
    size_t bytes


cdef class ContextCache:
    cdef Generation current
    cdef Generation previous
    cdef object resolve
    cdef Texts texts

    # Text of the owner with this key. Valid for as long as fewer than MAX_ENTRIES other owners have been looked up.
    cdef const ContextText *find(self, const uint8_t *key, size_t n) except NULL nogil
    # Text of a context, valid until release_text().
    cdef const ContextText *intern(self, context) except NULL

    cdef Entry *resolved(self, const uint8_t *key, size_t n, uint64_t hash) except NULL
    cdef int insert(self, Entry *entry) except -1
