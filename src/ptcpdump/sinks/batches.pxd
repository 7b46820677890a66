from libc.stdint cimport int64_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.data.columns cimport Columns
from ptcpdump.data.owner_index cimport OwnerIndex
from ptcpdump.data.record cimport Recorder
from ptcpdump.packet cimport Packet, Span
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sinks.text cimport TextSink


cdef class BatchSink(Sink):
    cdef Recorder recorder
    cdef Columns columns
    cdef TextSink text          # makes the summaries
    cdef object chosen          # gives the part of a Context that is told
    cdef object give            # takes each batch
    cdef object finish          # called at the end
    cdef Buffer line
    cdef OwnerIndex owners
    cdef list contexts          # of owners, by their numbers
    cdef dict labels            # owns the texts of `interfaces`
    cdef Buffer interfaces      # a Span for each row of the interface table
    cdef int64_t span           # ns of packets' time that a batch may cover
    cdef int64_t first          # time of the batch's first packet
    cdef double deadline        # seconds since the epoch after which a batch is given
    cdef bint closed

    cdef bint due(self, const Packet *p) noexcept nogil
    cdef int deliver(self) except -1
    cdef int owner_of(self, void *context) except -1 nogil
    cdef int learn(self, void *context) except -1
