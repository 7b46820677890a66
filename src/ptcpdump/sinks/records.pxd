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

    cdef bint tells             # what follows stands in the record of the next packet, and then no more
    cdef uint32_t status        # 0: it is no response
    cdef tuple words            # protocol, method, target and host of an HTTP message

    # Have the next packet's record tell of a messages.Message that TLS has hidden.
    cdef int tell(self, message) except -1
    cdef int fill_message(self) except -1
    cdef int set_up(self, options, chosen) except -1
    # Count a packet; whether it is one of the sample.
    cdef bint sampled(self) noexcept nogil
    # Fill the record in. May raise, as printing a line may.
    cdef int fill(self, const Packet *p) except -1 nogil
