# One section of a pcapng file: its byte order and its interfaces.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from ptcpdump.sources.reader cimport read16, read32


cdef enum:
    COUNTERS = 5            # received, dropped, accepted, os_dropped, delivered: as in net.interface.Statistics


# What statistics of an interface say.
cdef struct Counters:
    uint32_t known          # a bit for each option, by its code
    uint64_t numbers[COUNTERS]
    int64_t started         # ns since the epoch
    int64_t ended


# An interface of the section.
cdef struct Described:
    uint32_t row            # of the interface table
    uint32_t place          # its number in the file
    uint32_t linktype
    uint32_t snaplen
    uint64_t per_second     # units of a time stamp in a second
    uint32_t binary         # the resolution is 2^-binary s; 0: a power of ten
    int64_t offset          # if_tsoffset: seconds to add
    bint counted            # statistics have come, the last ones are:
    Counters counters


# An interface of the file.
cdef struct Place:
    uint32_t row
    bint counted            # sections that are over have had statistics of it, together:
    Counters counters


cdef class Alike:
    cdef object interface
    cdef list places        # their numbers in the file
    cdef uint64_t section   # that described one of them last, and how many so far
    cdef uint32_t times


cdef class Description:
    cdef Alike alike
    cdef uint64_t per_second
    cdef uint32_t binary
    cdef int64_t offset


cdef class Section:
    cdef object take_row            # from an interface and how many equal ones stood before it to its row
    cdef bint swapped               # its byte order is not ours
    cdef uint64_t number            # of the section, from 1 on
    cdef Described *described
    cdef uint32_t count             # interfaces so far
    cdef uint32_t room              # for so many
    cdef Place *places
    cdef uint32_t places_count
    cdef uint32_t places_room
    cdef dict parsed                # Description by the bytes of one
    cdef dict parsed_swapped        # likewise, in the other byte order
    cdef dict alike                 # Alike by Interface
    cdef size_t described_bytes

    cdef inline uint16_t get16(self, const uint8_t *p) noexcept nogil:
        return read16(p, self.swapped)

    cdef inline uint32_t get32(self, const uint8_t *p) noexcept nogil:
        return read32(p, self.swapped)

    # These three raise MalformedError.
    cdef int begin(self, const uint8_t *header) except -1
    cdef int interface(self, const uint8_t *b, uint32_t n) except -1
    cdef int interface_statistics(self, const uint8_t *b, uint32_t n) except -1

    cdef void add_up(self) noexcept
    cdef list take_statistics(self)
    cdef int64_t time_of(self, const Described *one, const uint8_t *stamp) noexcept nogil
    cdef Description description(self, const uint8_t *b, uint32_t n)
    cdef int place_of(self, Alike alike) except -1
    cdef list options(self, const uint8_t *o, const uint8_t *end)
