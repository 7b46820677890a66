# The base of the savefile readers.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy
from ptcpdump.sources.source cimport Source
from ptcpdump.sources.stream cimport Stream


cdef extern from *:
    uint16_t __builtin_bswap16(uint16_t) nogil
    uint32_t __builtin_bswap32(uint32_t) nogil
    uint64_t __builtin_bswap64(uint64_t) nogil


# Numbers of a file; swapped: its byte order is not this machine's.
cdef inline uint16_t read16(const uint8_t *p, bint swapped) noexcept nogil:
    cdef uint16_t v
    memcpy(&v, p, 2)
    return __builtin_bswap16(v) if swapped else v


cdef inline uint32_t read32(const uint8_t *p, bint swapped) noexcept nogil:
    cdef uint32_t v
    memcpy(&v, p, 4)
    return __builtin_bswap32(v) if swapped else v


cdef inline uint64_t read64(const uint8_t *p, bint swapped) noexcept nogil:
    cdef uint64_t v
    memcpy(&v, p, 8)
    return __builtin_bswap64(v) if swapped else v


cdef enum:
    MAX_CAPTURED = 134217728    # no packet and no block is longer: 128 MiB, as libpcap has it for USB captures


cdef class SavefileReader(Source):
    cdef Stream stream
    cdef object table               # the run's interface table
    cdef bint swapped               # the file's byte order is not ours
    cdef readonly list interfaces   # those of this file so far
    cdef list rows                  # of the interface table, that they have been given

    # Called where need() has said no. At the place where a record may begin: 0 when all is said for now, else raise.
    cdef int end_of_file(self, uint64_t wanted) except -1 nogil
    # Within a record, of which `wanted` bytes are needed: 0 when somebody stopped the reading or the rest has yet to be
    # written, else raise.
    cdef int truncated(self, uint64_t wanted, const char *what) except -1 nogil
    cdef int malformed(self, str cause) except -1
    # The row of an interface, for as long as the file is open; nth: how many equal ones it is told apart from.
    cdef int take_row(self, interface, nth=*) except -1

    cdef inline uint16_t get16(self, const uint8_t *p) noexcept nogil:
        return read16(p, self.swapped)

    cdef inline uint32_t get32(self, const uint8_t *p) noexcept nogil:
        return read32(p, self.swapped)


cdef inline uint32_t true_linktype(uint32_t field) noexcept nogil:
    """The LINKTYPE_ value in a file's link type field: without the length of the frame check sequence in its upper
    half, and without the numbers that some systems used for raw IP (12 and 14)."""
    field &= 0xffff
    return 101 if field == 12 or field == 14 else field
