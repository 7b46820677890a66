"""Distinct byte strings and their numbers: what a dictionary-encoded column is made of."""

from libc.stdio cimport fputs, stderr
from libc.stdlib cimport abort, calloc, free
from libc.string cimport memset

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.hashing cimport hash_of, same_bytes

cdef enum:
    SMALLEST = 64


cdef inline uint32_t start_of(const Dictionary *d, uint32_t number) noexcept nogil:
    return (<const uint32_t *>d.offsets.data)[number - 1] if number else 0


cdef inline bint same(const Dictionary *d, uint32_t number, const void *data, uint32_t n) noexcept nogil:
    cdef uint32_t start = start_of(d, number)
    return (<const uint32_t *>d.offsets.data)[number] - start == n and same_bytes(d.bytes.data + start, data, n)


cdef uint32_t number_of(Dictionary *d, const void *data, uint32_t n) noexcept nogil:
    cdef uint32_t i, end
    # mostly the value before, from the same memory; memory is used again for others, so it has to be compared
    if d.last == data and d.last_size == n and same(d, d.last_number, data, n):
        return d.last_number
    if 2 * d.count >= d.size:
        grow(d)
    i = <uint32_t>hash_of(data, n) & (d.size - 1)
    while d.slots[i] and not same(d, d.slots[i] - 1, data, n):
        i = (i + 1) & (d.size - 1)
    if d.slots[i] == 0:
        put_bytes(&d.bytes, data, n)
        end = <uint32_t>d.bytes.len
        put_bytes(&d.offsets, &end, sizeof(end))
        d.count += 1
        d.slots[i] = d.count
    d.last = data
    d.last_size = n
    d.last_number = d.slots[i] - 1
    return d.last_number


cdef void grow(Dictionary *d) noexcept nogil:
    """Twice as many slots."""
    cdef uint32_t size = d.size * 2 if d.size else SMALLEST
    cdef uint32_t *slots = <uint32_t *>calloc(size, sizeof(uint32_t))
    cdef uint32_t number, i, start
    if slots == NULL:
        fputs(b"ptcpdump: out of memory for columns\n", stderr)
        abort()
    for number in range(d.count):
        start = start_of(d, number)
        i = <uint32_t>hash_of(d.bytes.data + start, (<const uint32_t *>d.offsets.data)[number] - start) & (size - 1)
        while slots[i]:
            i = (i + 1) & (size - 1)
        slots[i] = number + 1
    free(d.slots)
    d.slots = slots
    d.size = size


cdef void forget_strings(Dictionary *d) noexcept nogil:
    if d.slots != NULL:
        memset(d.slots, 0, d.size * sizeof(uint32_t))
    d.bytes.len = d.offsets.len = 0
    d.count = 0
    d.last = NULL


cdef void free_dictionary(Dictionary *d) noexcept nogil:
    buffer_free(&d.bytes)
    buffer_free(&d.offsets)
    free(d.slots)
    d.slots = NULL
    d.size = 0
