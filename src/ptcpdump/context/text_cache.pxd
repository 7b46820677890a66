# From an owner's key to its ready-made text, rendered once.
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.packet cimport ContextText


# One malloc'ed piece: the entry, its key, and the texts that `text` points to.
cdef struct Entry:
    ContextText text            # first, so that a ContextText * is also its Entry *
    Entry *next
    uint64_t hash
    const uint8_t *key
    uint32_t key_len
    size_t size                 # bytes of the whole piece, and what its Context takes beside it, about


cdef struct Generation:
    Entry **buckets
    uint32_t count
    size_t bytes


cdef class ContextCache:
    cdef Generation current
    cdef Generation previous
    cdef readonly object resolve
    cdef readonly object renderer
    cdef readonly object wanted

    # Text of the owner with this key. Valid for as long as fewer than MAX_ENTRIES other owners have been looked up.
    cdef const ContextText *find(self, const uint8_t *key, size_t n) except NULL nogil
    # Text of a context, valid until release_text().
    cdef const ContextText *intern(self, context) except NULL

    cdef Entry *make(self, context, foreign, const uint8_t *key, size_t n, uint64_t hash) except NULL
    cdef Entry *resolved(self, const uint8_t *key, size_t n, uint64_t hash) except NULL
    cdef int insert(self, Entry *entry) except -1


cdef int release_text(const ContextText *text) noexcept
