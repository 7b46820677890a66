"""Records as columns, in the layout of Apache Arrow (https://arrow.apache.org/docs/format/Columnar.html), of a batch at a time.

A packet has few of all fields, so only what it has is touched: columns are empty, and numbers 0, until a value comes.
"""

from cpython.buffer cimport PyBUF_READ
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdlib cimport calloc, free
from libc.stdint cimport uint16_t
from libc.string cimport memcpy, memset

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.data.dictionary cimport forget_strings, free_dictionary, number_of
from ptcpdump.data.record cimport Cell
from ptcpdump.data.text cimport put_utf8

from ptcpdump.data.fields import PACKET_FIELDS as ROWS_OF_TABLE
from ptcpdump.data.fields import Kind

cdef extern from *:
    int __builtin_ctzll(unsigned long long value) noexcept nogil


cdef Storage storage_of(field) except *:
    if field.kind is Kind.KEYWORD:
        return STORED_TEXTS if field.rare else STORED_WORDS
    if field.kind is Kind.OBJECTS:
        return STORED_TEXTS
    return {Kind.LONG: STORED_NUMBERS, Kind.DATE: STORED_TIMES, Kind.BOOLEAN: STORED_BITS, Kind.IP: STORED_WORDS,
            Kind.KEYWORDS: STORED_LISTS, Kind.IPS: STORED_LISTS}[field.kind]


cdef class Columns:
    """Columns of all fields that a packet has; owners are told by numbers."""

    def __cinit__(self):
        cdef Column *c
        cdef int i
        memset(self.columns, 0, sizeof(self.columns))
        self.owners = <uint32_t *>calloc(ROWS, sizeof(uint32_t))
        if self.owners == NULL:
            raise MemoryError
        for i, field in enumerate(ROWS_OF_TABLE):
            c = &self.columns[i]
            c.storage = storage_of(field)
            c.valid = <uint8_t *>calloc(ROWS // 8, 1)
            c.values = calloc(ROWS, sizeof(int64_t) if c.storage == STORED_TIMES else sizeof(uint32_t))
            if c.valid == NULL or c.values == NULL:
                raise MemoryError

    def __dealloc__(self):
        cdef int i
        for i in range(PACKET_FIELDS):
            free(self.columns[i].valid)
            free(self.columns[i].values)
            buffer_free(&self.columns[i].bytes)
            free_dictionary(&self.columns[i].words)
        free(self.owners)

    cdef void append(self, const Record *r, uint32_t owner) noexcept nogil:
        cdef uint64_t which = r.present
        cdef uint32_t row = self.rows
        cdef uint8_t bit = <uint8_t>(1 << (row & 7))
        cdef int field
        cdef Column *c
        cdef const Cell *cell
        self.owners[row] = owner
        while which:
            field = __builtin_ctzll(which)
            which &= which - 1
            c = &self.columns[field]
            cell = &r.cells[field]
            c.valid[row >> 3] |= bit
            c.present += 1
            if c.storage == STORED_NUMBERS:
                (<uint32_t *>c.values)[row] = <uint32_t>cell.number
            elif c.storage == STORED_WORDS:
                (<uint32_t *>c.values)[row] = number_of(&c.words, cell.text.data, cell.text.len)
            elif c.storage == STORED_TIMES:
                (<int64_t *>c.values)[row] = <int64_t>cell.number
            elif c.storage == STORED_BITS:
                (<uint8_t *>c.values)[row >> 3] |= bit
            else:
                self.bytes += put_long(c, row, cell.text.data, cell.text.len)
        self.rows += 1

    def take(self, bint lent=False) -> "tuple[int, Stretch, list[tuple[int, int, Stretch, Stretch, Stretch, bytes, bytes]]]":
        """What was appended; clear() begins anew.

        Returns the number of rows, the owners of all rows (uint32) and for each column: its Storage, how many rows have
        a value, validity bits, values, bytes, and the strings that numbers stand for: where each ends, and their bytes.
        All are empty where no row has a value. lent: nothing is copied that is long; memoryviews are valid until clear().
        """
        cdef uint32_t rows = self.rows
        cdef Column *c
        cdef int i
        taken = []
        for i in range(PACKET_FIELDS):
            c = &self.columns[i]
            if c.present == 0:
                taken.append((<int>c.storage, 0, b"", b"", b"", b"", b""))
                continue
            if c.storage == STORED_TEXTS or c.storage == STORED_LISTS:
                fill_up(c, rows)
            taken.append((<int>c.storage, c.present, of(c.valid, (rows + 7) // 8, lent),
                          of(c.values, size_of_values(c, rows), lent), of(c.bytes.data, c.bytes.len, lent),
                          of(c.words.offsets.data, c.words.offsets.len, False),
                          of(c.words.bytes.data, c.words.bytes.len, False)))
        return rows, of(self.owners, 4 * rows, lent), taken

    cdef void clear(self) noexcept nogil:
        cdef Column *c
        cdef int i
        for i in range(PACKET_FIELDS):
            c = &self.columns[i]
            if c.present:
                memset(c.valid, 0, (self.rows + 7) // 8)
                memset(c.values, 0, size_of_values(c, self.rows))
                c.present = c.filled = 0
                c.bytes.len = 0
                forget_strings(&c.words)
        self.rows = 0
        self.bytes = 0


cdef object of(const void *data, size_t size, bint lent):
    if size == 0:
        return b""
    return PyMemoryView_FromMemory(<char *>data, size, PyBUF_READ) if lent else (<const char *>data)[:size]


cdef inline size_t size_of_values(const Column *c, uint32_t rows) noexcept nogil:
    if c.storage == STORED_BITS:
        return (rows + 7) // 8
    return (8 if c.storage == STORED_TIMES else 4) * <size_t>rows


cdef inline void end_row(Column *c, uint32_t row, size_t end) noexcept nogil:
    (<uint32_t *>c.values)[row] = <uint32_t>end
    c.filled = row + 1


cdef inline void fill_up(Column *c, uint32_t row) noexcept nogil:
    """Rows without a value end where the one before does."""
    cdef uint32_t *ends = <uint32_t *>c.values
    cdef uint32_t end = ends[c.filled - 1] if c.filled else 0
    while c.filled < row:
        ends[c.filled] = end
        c.filled += 1


cdef size_t put_long(Column *c, uint32_t row, const char *data, uint32_t n) noexcept nogil:
    """A text, or the texts of a list; returns what counts of it: pyarrow spells lists out, several times over."""
    cdef size_t spelled
    fill_up(c, row)
    if c.storage == STORED_TEXTS:
        put_utf8(&c.bytes, data, n)
        end_row(c, row, c.bytes.len)
        return n
    spelled = put_numbers(c, data, data + n)
    end_row(c, row, c.bytes.len // sizeof(uint32_t))
    return 8 * spelled


cdef size_t put_numbers(Column *c, const char *at, const char *end) noexcept nogil:
    """The texts of a list, see Cell in record.pxd; returns the bytes that they take once they are spelled out."""
    cdef uint16_t size
    cdef uint32_t number
    cdef size_t spelled = 0
    while at < end:
        memcpy(&size, at, 2)
        number = number_of(&c.words, at + 2, size)
        put_bytes(&c.bytes, &number, sizeof(number))
        spelled += sizeof(number) + size
        at += 2 + size
    return spelled
