from ptcpdump.buffer cimport Buffer
from ptcpdump.packet cimport OwnerKey, Packet
from ptcpdump.sources.source cimport Source


cdef class SequenceSource(Source):
    cdef object rest            # iterator of the sources to come
    cdef Source current         # None: before the first and after the last


# The next packet of one of two sources.
cdef struct Head:
    bint there
    bint empty                  # the source has no more in this batch
    Packet packet
    OwnerKey owner              # with `bytes`: where a packet is kept that has to wait longer than its place stays
    OwnerKey far                # of its other end
    Buffer bytes


cdef class MergedSource(Source):
    cdef Source first
    cdef Source second
    cdef Head one
    cdef Head other
    cdef Head *taken            # whose packet was handed out last; NULL: nobody's

    cdef void done_with(self) noexcept nogil


cpdef Source merged(sources)
