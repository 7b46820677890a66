# Names of numbers, as data: what stands in a registry stands in a table here, and one function reads them all.
#
#     cdef Names MODES = names({0: b"unspecified", 1: b"symmetric active"})
#     ... name_of(&MODES, mode, b"Reserved")
from libc.stdint cimport uint32_t


cdef struct Name:
    uint32_t value
    const char *text


cdef struct Names:
    const Name *rows        # by value, ascending; kept as long as the process runs
    uint32_t count
    uint32_t first          # the value of the first row
    uint32_t dense          # rows[i] is that of first + i for all i below this: registries have few gaps


cdef Names names(dict texts) except *


cdef inline const char *name_of(const Names *table, uint32_t value, const char *otherwise) noexcept nogil:
    """The name of a value; `otherwise`, which may be NULL, for one that has none."""
    cdef uint32_t low = table.dense, high = table.count, middle
    if value - table.first < low:       # of an unsigned number: values below the first one wrap, and are not below `low`
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
