from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from ptcpdump.packet cimport Packet
from ptcpdump.buffer cimport Buffer
from ptcpdump.sinks.savefile cimport SavefileSink


cdef class PcapSink(SavefileSink):
    cdef object cooked
    cdef bint nano
    cdef int32_t linktype       # of the file; -1 as long as no header is written
    cdef Buffer places          # a Place for each row of the interface table

    cdef int announce(self) except -1
    cdef int refuse(self, const Packet *p) except -1
