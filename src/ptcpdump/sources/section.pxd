# One section of a pcapng file: its byte order and its interfaces.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from ptcpdump.sources.reader cimport read16, read32


# An interface of the section.
cdef struct Described:
    uint32_t row            # of the interface table
    uint32_t linktype
    uint32_t snaplen
    uint64_t per_second     # units of a time stamp in a second
    uint32_t binary         # the resolution is 2^-binary s; 0: a power of ten
    int64_t offset          # if_tsoffset: seconds to add


cdef class Section:
    cdef object take_row            # from an interface and how many equal ones stood before it to its row
    cdef bint swapped               # its byte order is not ours
    cdef Described *described
    cdef uint32_t count             # interfaces so far
    cdef dict parsed                # what descriptions that came say, by their bytes
    cdef dict places                # rows of this file by interface and by how many equal ones a section had before
    cdef dict used                  # how often this section has described an interface
    cdef readonly dict statistics   # of this section, by row
    cdef size_t described_bytes

    cdef inline uint16_t get16(self, const uint8_t *p) noexcept nogil:
        return read16(p, self.swapped)

    cdef inline uint32_t get32(self, const uint8_t *p) noexcept nogil:
        return read32(p, self.swapped)

    # These three raise MalformedError.
    cdef int begin(self, const uint8_t *header) except -1
    cdef int interface(self, const uint8_t *b, uint32_t n) except -1
    cdef int interface_statistics(self, const uint8_t *b, uint32_t n) except -1

    cdef int64_t time_of(self, const Described *one, const uint8_t *stamp) noexcept nogil
    cdef object description(self, const uint8_t *b, uint32_t n)
    cdef int place_of(self, interface) except -1
    cdef list options(self, const uint8_t *o, const uint8_t *end)
