# From a context to its ready-made text.
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


cdef class Texts:
    cdef readonly object renderer
    cdef readonly object wanted
    # what the renderer says, read once:
    cdef bint whole             # all parts of a context are shown
    cdef bint redacted          # something must not be told
    cdef bint found
    cdef bint on_line
    cdef bint verbose
    cdef bint saved

    # A new entry of this key (NULL, 0 and 0: of none). foreign: comments that are not about the context, as options.
    cdef Entry *entry(self, context, bytes foreign, const uint8_t *key, size_t n, uint64_t hash) except NULL


# Free a text that an entry holds, with it.
cdef int release_text(const ContextText *text) noexcept
