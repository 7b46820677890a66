# A piece of memory with packets that may be written later.
from libc.stdint cimport int64_t, uint32_t, uint64_t, uint8_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.packet cimport MOST_FURTHER, ContextText, Packet


cdef enum:
    SLOTS = 1024        # a power of two


cdef class KeptText:
    """The texts of an owner, as a copy that stays."""

    cdef ContextText text
    cdef bytes whole            # what its spans point into
    cdef object context


cdef KeptText keep_text(const ContextText *text)


cdef class Chunk:
    cdef Buffer data            # struct Kept, numbers of further owners' texts, bytes, other options, padding to 8; and so on
    cdef Buffer texts           # ContextText * of each of `owners`
    cdef list owners            # KeptText
    cdef void *contexts[SLOTS]  # by a hash of the Context's address: the Context itself, and the number of its text
    cdef uint32_t numbers[SLOTS]
    cdef const ContextText *also[MOST_FURTHER]  # further owners of the packet that was read last
    cdef uint64_t text_bytes
    cdef uint64_t most          # bytes
    cdef readonly uint64_t count
    cdef readonly int64_t last  # time of the latest packet

    # Whether another packet had better go to another chunk.
    cdef bint full_for(self, const Packet *p) noexcept nogil
    # Copy a packet, of the interface that the reader shall see.
    cdef int add(self, const Packet *p, uint32_t interface) except -1 nogil
    # The packet at an offset, from 0 on; returns the offset of the next one. It is valid as long as the chunk is.
    cdef size_t read(self, size_t at, Packet *p) noexcept nogil
    cdef uint64_t size(self) noexcept nogil     # bytes of memory
    cdef uint32_t number_of(self, const ContextText *text) except? 0 nogil
    cdef uint32_t learn(self, const ContextText *text, uint32_t slot) except? 0
