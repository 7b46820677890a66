# What sinks that write packets as records have in common.
from libc.stdint cimport uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.data.owner_index cimport OwnerIndex
from ptcpdump.data.record cimport Recorder
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sinks.text cimport TextSink


cdef class RecordSink(Sink):
    cdef Recorder recorder
    cdef OwnerIndex owners
    cdef TextSink text          # makes the summaries
    cdef object chosen          # gives the part of a Context that is told
    cdef Buffer line
    cdef dict labels            # owns the texts of `interfaces`
    cdef Buffer interfaces      # a Span for each row of the interface table

    cdef int set_up(self, options, chosen) except -1
    # Count a packet; whether it is one of the sample.
    cdef bint sampled(self) noexcept nogil
    # Fill the record in. May raise, as printing a line may.
    cdef int fill(self, const Packet *p) except -1 nogil
