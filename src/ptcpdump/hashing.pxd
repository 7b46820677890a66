# Hashes of byte strings for tables of our own in memory; they are not made to withstand somebody who wants collisions.
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy


cdef inline uint64_t hash_of(const void *data, uint32_t n) noexcept nogil:
    cdef const char *p = <const char *>data
    cdef uint64_t h = n, word
    while n >= 8:
        memcpy(&word, p, 8)
        h = (h ^ word) * <uint64_t>0x9e3779b97f4a7c15
        h ^= h >> 29
        p += 8
        n -= 8
    word = 0
    memcpy(&word, p, n)
    h = (h ^ word) * <uint64_t>0x9e3779b97f4a7c15
    return h ^ h >> 32
