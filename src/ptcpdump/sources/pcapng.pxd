from libc.stdint cimport uint8_t, uint32_t, uint64_t
from ptcpdump.packet cimport Packet
from ptcpdump.sources.packet_options cimport PacketOptions
from ptcpdump.sources.reader cimport SavefileReader
from ptcpdump.sources.section cimport Described, Section


cdef class PcapngReader(SavefileReader):
    cdef object secrets             # called for each block of them; may be None
    cdef Section section
    cdef PacketOptions packet_options

    cdef uint32_t open_block(self, uint32_t *kind) except? 0 nogil
    cdef bint read_block(self, uint32_t kind, uint32_t length, Packet *p) except -1 nogil
    cdef int read_rare(self, uint32_t kind, const uint8_t *body, uint32_t n) except -1
    cdef bint enhanced(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil
    cdef bint simple(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil
    cdef bint obsolete(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil
    cdef bint with_options(self, const uint8_t *b, uint32_t n, Packet *p, uint32_t interface,
                           uint64_t drops) except -1 nogil
    cdef int place(self, Packet *p, uint32_t interface, const uint8_t *stamp, uint32_t n) except -1 nogil
    cdef int keep(self, uint32_t kind, const uint8_t *body, uint32_t n) except -1
    cdef int read_ahead(self) except -1
    cdef bint begin_section(self) except -1
    cdef int decryption_secrets(self, const uint8_t *b, uint32_t n) except -1
