from libc.stdint cimport int64_t, uint32_t, uint64_t
from ptcpdump.sinks.savefile cimport SavefileSink


cdef class PcapngSink(SavefileSink):
    cdef dict statistics        # interface: (received, dropped)
    cdef object secrets         # (kind, bytes) so far, repeated in each file
    cdef size_t secret_bytes
    cdef uint32_t described     # interfaces announced
    cdef int64_t last_time      # of the packets written

    cdef int block(self, uint32_t kind, bytes body) except -1
