"""Headers of HTTP/2 (RFC 7541), by the tables of the package hpack: those fields that matter to an observer.

hpack's own decoder makes Python objects of each field, which may have one byte, and takes Huffman's code apart in
Python: 10 MB of such fields would take 20 seconds. What does not matter only counts in the table here.
"""

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc

from ptcpdump.tls.cursor cimport Cursor
from ptcpdump.tls.headerstrings cimport number, string, which

from hpack.table import HeaderTable

from ptcpdump.tls.headerstrings import NAMES

cdef enum:
    MOST_DECODED = 1 << 16      # bytes of the headers of one message, decoded
    MOST_TABLE = 1 << 20        # bytes of a table of headers
    AT_FIRST = 4096             # likewise, without a word of the other end (RFC 9113, 6.5.2)
    OVERHEAD = 32               # bytes that an entry counts beside its name and value
    STATIC = 61                 # entries of the table that everyone has

    INDEXED = 0x80              # how fields begin
    KEPT = 0x40
    RESIZE = 0x20

cdef Entry COMMON[STATIC]
cdef list COMMON_VALUES = []        # keeps them
cdef tuple WORDS = NAMES


cdef int fill_table() except -1:
    cdef int i
    if len(HeaderTable.STATIC_TABLE) != STATIC:
        raise ImportError("the package hpack has another table than this version of ptcpdump knows: pip install "
                          "'hpack<5'")
    for i, (name, value) in enumerate(HeaderTable.STATIC_TABLE):
        COMMON_VALUES.append(value.decode())
        COMMON[i].name, COMMON[i].size = len(name), OVERHEAD + len(name) + len(value)
        COMMON[i].which = NAMES.index(name) if name in NAMES else -1
        COMMON[i].value = <PyObject *>COMMON_VALUES[i]
    return 0


fill_table()


cdef class HeaderDecoder:
    """Reads the header blocks of one direction, in order."""

    def __cinit__(self):
        self.most = self.limit = AT_FIRST

    def __dealloc__(self):
        self.limit = 0
        self.shrink()
        free(self.entries)

    def read(self, bytes block not None):
        """The fields of a block that matter, of several with one name the first. Raises ValueError."""
        return self.decode(<const uint8_t *><const char *>block, len(block))

    cpdef int allow(self, uint32_t size) except -1:
        """The other end has told how large the table may be."""
        self.most = min(size, <uint32_t>MOST_TABLE)
        return 0

    cdef dict decode(self, const uint8_t *block, size_t n):
        cdef Cursor c
        cdef Entry entry
        cdef dict fields = {}
        cdef uint32_t total = 0, seen = 0
        cdef uint64_t size
        cdef str value
        c.at, c.end = block, block + n
        while c.at < c.end:
            value = None
            if c.at[0] & INDEXED:
                self.find(number(&c, 7), &entry)
                if entry.which >= 0:
                    value = <str>entry.value
            elif not c.at[0] & KEPT and c.at[0] & RESIZE:
                size = number(&c, 5)
                if total or size > self.most:
                    raise ValueError("a table's size stands behind fields, or is too large")
                self.limit = <uint32_t>size
                self.shrink()
                continue
            else:
                value = self.literal(&c, &entry)
            total += entry.size
            if total > MOST_DECODED:
                raise ValueError("headers are too large")
            if entry.which >= 0 and not seen >> entry.which & 1:
                seen |= 1 << entry.which
                fields[WORDS[entry.which]] = value
        if self.limit > self.most:
            raise ValueError("a table is larger than the other end allows")
        return fields

    cdef str literal(self, Cursor *c, Entry *entry):
        """Take a field that is spelled, but for its name perhaps; its value if that matters."""
        cdef bint kept = c.at[0] & KEPT
        cdef int bits = 6 if kept else 4
        cdef uint32_t length = 0
        cdef str value
        if c.at[0] & ((1 << bits) - 1):
            self.find(number(c, bits), entry)
        else:
            c.at += 1
            entry.which = which(c, &entry.name)
        value = string(c, entry.which >= 0, &length)
        entry.size = OVERHEAD + entry.name + length
        if kept:
            self.add(entry[0], value)
        return value

    cdef int find(self, uint64_t index, Entry *found) except -1:
        """The field of this number in the table that everyone has, or in that of the connection behind it."""
        if 0 < index <= STATIC:
            found[0] = COMMON[index - 1]
        elif index and index - STATIC <= self.count:
            found[0] = self.entries[self.first + index - STATIC - 1 & self.room - 1]
        else:
            raise ValueError("no field has this number")
        return 0

    cdef int add(self, Entry entry, str value) except -1:
        """Put a field before all others of the connection, the last of which may have to go."""
        cdef Entry *larger
        cdef uint32_t i
        if entry.size > self.limit:
            self.size += entry.size         # none has room beside it, nor has it
            self.shrink()
            self.size = 0
            return 0
        if self.count == self.room:
            larger = <Entry *>malloc((2 * self.room or 16) * sizeof(Entry))
            if larger == NULL:
                raise MemoryError
            for i in range(self.count):
                larger[i] = self.entries[self.first + i & self.room - 1]
            free(self.entries)
            self.entries, self.room, self.first = larger, 2 * self.room or 16, 0
        entry.value = <PyObject *>value if entry.which >= 0 else NULL
        if entry.value != NULL:
            Py_INCREF(value)
        self.first = self.first - 1 & self.room - 1
        self.entries[self.first] = entry
        self.count += 1
        self.size += entry.size
        return self.shrink()

    cdef int shrink(self) except -1:
        """Let the last ones go until the table is as small as it has to be."""
        cdef Entry *last
        while self.count and self.size > self.limit:
            self.count -= 1
            last = &self.entries[self.first + self.count & self.room - 1]
            self.size -= last.size
            Py_XDECREF(last.value)
        return 0
