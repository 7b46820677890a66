# Records as columns, in the layout of Apache Arrow's columnar format.
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from ptcpdump.buffer cimport Buffer
from ptcpdump.data.dictionary cimport Dictionary
from ptcpdump.data.record cimport PACKET_FIELDS, Record

cdef enum:
    ROWS = 131072               # of one batch at the most


# How a column's values lie in memory
cdef enum Storage:
    STORED_NUMBERS = 0          # uint32_t each
    STORED_TIMES = 1            # int64_t each
    STORED_BITS = 2
    STORED_WORDS = 3            # a uint32_t each, its number in `words`
    STORED_TEXTS = 4            # a uint32_t for each row: where its text ends in `bytes`
    STORED_LISTS = 5            # likewise: how many numbers of `words` there are in `bytes` up to it


cdef struct Column:
    Storage storage
    uint8_t *valid              # bit n: row n has a value
    uint32_t present            # rows that have one
    uint32_t filled             # rows whose end is known, of texts and lists
    void *values
    Buffer bytes
    Dictionary words


cdef class Columns:
    cdef Column columns[PACKET_FIELDS]
    cdef uint32_t *owners       # number of each record's owner
    cdef readonly uint32_t rows
    cdef readonly uint64_t bytes        # of texts, roughly

    # Append a record; there has to be room: rows < ROWS.
    cdef void append(self, const Record *r, uint32_t owner) noexcept nogil
    # Begin anew.
    cdef void clear(self) noexcept nogil
