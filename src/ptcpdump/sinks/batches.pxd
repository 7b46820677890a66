from libc.stdint cimport int64_t, uint32_t, uint64_t
from ptcpdump.data.columns cimport Columns
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.records cimport RecordSink


cdef class BatchSink(RecordSink):
    cdef Columns columns
    cdef object give            # takes each batch
    cdef object finish          # called at the end
    cdef object begin           # called when packets can come; or None
    cdef list contexts          # of owners, by their numbers
    cdef int64_t span           # ns of packets' time that a batch may cover
    cdef int64_t first          # time of the batch's first packet
    cdef double deadline        # of rotation.now(), after which a batch is given
    cdef bint lent              # give() keeps nothing of what it is given
    cdef uint32_t *weights      # of owners, by their numbers: bytes that each packet of theirs takes
    cdef uint64_t spelled       # bytes that the batch's owners take
    cdef bint closed

    cdef bint due(self, const Packet *p) noexcept nogil
    cdef int deliver(self) except -1
    cdef int owner_of(self, void *context) except -1 nogil
    cdef int learn(self, void *context) except -1
