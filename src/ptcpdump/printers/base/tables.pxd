# Names of numbers, as data: what stands in a registry stands in a table here, and one function reads them all.
#
#     cdef Names MODES = names({0: b"unspecified", 1: b"symmetric active"})
#     ... name_of(&MODES, mode, b"Reserved")
#
# The same for the bits of flags, which say_bits() writes as a list in the order of the table:
#
#     cdef Bits FLAGS = bits({0x80: b"router", 0x40: b"solicited"})
#     ... say_bits(d, &FLAGS, flags, b", ", b"none")
from libc.stdint cimport uint32_t


cdef struct Name:
    uint32_t value
    const char *text


cdef struct Names:
    const Name *rows        # by value, ascending; kept as long as the process runs
    uint32_t count
    uint32_t first          # the value of the first row
    uint32_t dense          # rows[i] is that of first + i for all i below this: registries have few gaps


cdef struct Bits:
    const Name *rows        # in the order in which they are written
    uint32_t count


cdef Names names(dict texts) except *
cdef Bits bits(dict texts) except *


cdef inline const char *name_of(const Names *table, uint32_t value, const char *otherwise) noexcept nogil:
    """The name of a value; `otherwise`, which may be NULL, for one that has none."""
    cdef uint32_t low = table.dense, high = table.count, middle
    if value - table.first < low:       # unsigned: values below the first one wrap to large ones
        return table.rows[value - table.first].text
    while low < high:
        middle = (low + high) // 2
        if table.rows[middle].value == value:
            return table.rows[middle].text
        if table.rows[middle].value < value:
            low = middle + 1
        else:
            high = middle
    return otherwise
