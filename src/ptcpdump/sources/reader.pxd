# The base of the savefile readers.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, int64_t
from libc.string cimport memcpy
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sources.stream cimport Stream


cdef extern from *:
    uint16_t __builtin_bswap16(uint16_t) nogil
    uint32_t __builtin_bswap32(uint32_t) nogil


cdef enum:
    MAX_CAPTURED = 134217728    # no packet and no block is longer: 128 MiB, as libpcap has it for USB captures


cdef class SavefileReader:
    cdef Stream stream
    cdef bint swapped           # the file's byte order is not ours
    cdef readonly list interfaces   # the interface table so far; Packet.interface is an index of it
    cdef readonly list secrets      # (kind, bytes) of each secrets block so far, as far as they are kept
    cdef list fresh_secrets         # those that no sink has got yet
    cdef uint32_t announced         # interfaces that the sink has got
    cdef bint news                  # the sink has to get an interface or secrets

    # The next packet into *p, whose bytes stay valid until the next call; 0 at the end of the file.
    cdef int next(self, Packet *p) except -1 nogil
    cdef int announce(self, Sink sink) except -1
    cdef int end_of_file(self, uint64_t wanted) except -1 nogil
    cdef int truncated(self, uint64_t wanted, const char *what) except -1 nogil
    cdef int malformed(self, str cause) except -1

    cdef inline uint16_t get16(self, const uint8_t *p) noexcept nogil:
        cdef uint16_t v
        memcpy(&v, p, 2)
        return __builtin_bswap16(v) if self.swapped else v

    cdef inline uint32_t get32(self, const uint8_t *p) noexcept nogil:
        cdef uint32_t v
        memcpy(&v, p, 4)
        return __builtin_bswap32(v) if self.swapped else v


cdef inline uint32_t true_linktype(uint32_t field) noexcept nogil:
    """The LINKTYPE_ value in a file's link type field: without the length of the frame check sequence in its upper
    half, and without the numbers that some systems used for raw IP (12 and 14)."""
    field &= 0xffff
    return 101 if field == 12 or field == 14 else field
