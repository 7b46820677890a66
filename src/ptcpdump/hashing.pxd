# Hashes of byte strings for tables of our own in memory, and whether such strings are the same; they are short, so that
# no function is called for them. Hashes are not made to withstand somebody who wants collisions.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy


# The last n bytes of a string, less than 8, as a number.
cdef inline uint64_t rest_of(const char *p, uint32_t n) noexcept nogil:
    cdef uint32_t four = 0
    cdef uint16_t two = 0
    cdef uint64_t word = 0
    if n & 4:
        memcpy(&four, p, 4)
        word = four
        p += 4
    if n & 2:
        memcpy(&two, p, 2)
        word = word << 16 | two
        p += 2
    if n & 1:
        word = word << 8 | <uint8_t>p[0]
    return word


cdef inline uint64_t hash_of(const void *data, uint32_t n) noexcept nogil:
    cdef const char *p = <const char *>data
    cdef uint64_t h = n, word
    while n >= 8:
        memcpy(&word, p, 8)
        h = (h ^ word) * <uint64_t>0x9e3779b97f4a7c15
        h ^= h >> 29
        p += 8
        n -= 8
    h = (h ^ rest_of(p, n)) * <uint64_t>0x9e3779b97f4a7c15
    return h ^ h >> 32


cdef inline bint same_bytes(const void *first, const void *second, uint32_t n) noexcept nogil:
    cdef const char *p = <const char *>first
    cdef const char *q = <const char *>second
    cdef uint64_t one, other
    while n >= 8:
        memcpy(&one, p, 8)
        memcpy(&other, q, 8)
        if one != other:
            return False
        p += 8
        q += 8
        n -= 8
    return rest_of(p, n) == rest_of(q, n)
