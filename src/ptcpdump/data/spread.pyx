"""What is known of each owner once, or of each distinct text, spread over the rows of a column.

Layouts are Apache Arrow's (https://arrow.apache.org/docs/format/Columnar.html): bits that say which rows have a value,
values one after the other, and for texts and lists where each of them ends.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from ptcpdump.buffer cimport Buffer, buffer_free, put_bytes


def spread_values(const uint32_t[::1] numbers not None, const uint8_t[::1] values not None, uint32_t width,
                  const uint8_t[::1] known not None) -> "tuple[bytes, bytes, int]":
    """The value of `width` bytes, 4 or 8, that each of the numbers stands for; 0: of values is known which there are.

    Returns bits that say which are known, the values, and how many are known. Raises IndexError for a number that has
    no value.
    """
    cdef Py_ssize_t rows = len(numbers), i
    cdef bytes valid = bytes((rows + 7) // 8), spread = bytes(width * rows)
    cdef uint8_t *bits = <uint8_t *><char *>valid
    cdef char *to = <char *>spread
    cdef const uint8_t *of = &values[0] if len(values) else NULL
    cdef uint32_t present = 0, number
    check(numbers, min(len(known), len(values) // width) if width else len(known))
    with nogil:
        for i in range(rows):
            number = numbers[i]
            if width == 4:
                memcpy(to + 4 * i, of + 4 * <size_t>number, 4)
            elif width == 8:
                memcpy(to + 8 * i, of + 8 * <size_t>number, 8)
            bits[i >> 3] |= <uint8_t>(known[number] << (i & 7))
            present += known[number]
    return valid, spread, present


def spread_lists(const uint32_t[::1] numbers not None, const uint32_t[::1] ends not None) -> "tuple[bytes, bytes]":
    """The list that each of the numbers stands for; ends: where each list ends, counted in items.

    Returns where the list of each row ends, and the numbers of all rows' items, uint32 both. Raises IndexError for a
    number that has no list.
    """
    cdef Py_ssize_t rows = len(numbers), i
    cdef bytes spread = bytes(4 * rows)
    cdef uint32_t *to = <uint32_t *><char *>spread
    cdef uint32_t item, count = 0
    cdef Buffer items
    items.data = NULL
    items.len = items.cap = 0
    check(numbers, len(ends))
    try:
        with nogil:
            for i in range(rows):
                for item in range(ends[numbers[i] - 1] if numbers[i] else 0, ends[numbers[i]]):
                    put_bytes(&items, &item, sizeof(item))
                    count += 1
                to[i] = count
        return spread, items.data[:items.len]
    finally:
        buffer_free(&items)


def spread_texts(const uint32_t[::1] numbers not None, const uint32_t[::1] ends not None,
                 const uint8_t[::1] texts not None) -> "tuple[bytes, bytes]":
    """The text that each of the numbers stands for; ends: where each text ends, in bytes.

    Returns where the text of each number ends (uint32), and all of them one after the other. Raises IndexError for a
    number that has no text.
    """
    cdef Py_ssize_t rows = len(numbers), i
    cdef bytes spread = bytes(4 * rows)
    cdef uint32_t *to = <uint32_t *><char *>spread
    cdef const uint8_t *of = &texts[0] if len(texts) else NULL
    cdef uint32_t start
    cdef Buffer out
    out.data = NULL
    out.len = out.cap = 0
    check(numbers, len(ends))
    try:
        with nogil:
            for i in range(rows):
                start = ends[numbers[i] - 1] if numbers[i] else 0
                put_bytes(&out, of + start, ends[numbers[i]] - start)
                to[i] = <uint32_t>out.len
        return spread, out.data[:out.len]
    finally:
        buffer_free(&out)


cdef int check(const uint32_t[::1] numbers, size_t count) except -1:
    """That each of the numbers is below count."""
    cdef Py_ssize_t i
    cdef uint32_t greatest = 0
    for i in range(len(numbers)):
        greatest = max(greatest, numbers[i])
    if len(numbers) and greatest >= count:
        raise IndexError(f"number {greatest} of {count}")
    return 0
