# Positions that we share with the kernel in mapped memory.
from libc.stdint cimport uint32_t, uint64_t


cdef extern from *:
    uint64_t load_64 "__atomic_load_n"(uint64_t *p, int order) nogil
    uint32_t load_32 "__atomic_load_n"(const uint32_t *p, int order) nogil
    void store_64 "__atomic_store_n"(uint64_t *p, uint64_t value, int order) nogil
    enum:
        __ATOMIC_ACQUIRE
        __ATOMIC_RELEASE
