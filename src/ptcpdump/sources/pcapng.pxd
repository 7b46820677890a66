from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from ptcpdump.packet cimport Packet
from ptcpdump.sources.reader cimport SavefileReader


# An interface of the current section.
cdef struct Described:
    uint32_t row            # of the interface table
    uint32_t linktype
    uint32_t snaplen
    uint64_t per_second     # units of a time stamp in a second
    uint32_t binary         # the resolution is 2^-binary s; 0: a power of ten
    int64_t offset          # if_tsoffset: seconds to add


cdef class PcapngReader(SavefileReader):
    cdef object secrets             # called for each block of them; may be None
    cdef Described *described
    cdef uint32_t described_count
    cdef dict places                # rows of this file by interface and by how many equal ones a section had before
    cdef dict used                  # how often this section has described an interface
    cdef dict statistics            # of this section, by row
    cdef size_t described_bytes

    cdef uint32_t open_block(self, uint32_t *kind) except? 0 nogil
    cdef bint read_block(self, uint32_t kind, uint32_t length, Packet *p) except -1 nogil
    cdef bint enhanced(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil
    cdef bint simple(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil
    cdef bint obsolete(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil
    cdef int place(self, Packet *p, uint32_t interface, const uint8_t *stamp, uint32_t n) except -1 nogil
    cdef int64_t time_of(self, const Described *one, const uint8_t *stamp) noexcept nogil
    cdef int packet_options(self, Packet *p, const uint8_t *o, const uint8_t *end) except -1 nogil
    cdef int read_ahead(self) except -1
    cdef bint section(self) except -1
    cdef int interface(self, const uint8_t *b, uint32_t n) except -1
    cdef int place_of(self, interface) except -1
    cdef int interface_statistics(self, const uint8_t *b, uint32_t n) except -1
    cdef int decryption_secrets(self, const uint8_t *b, uint32_t n) except -1
    cdef list options(self, const uint8_t *o, const uint8_t *end)
