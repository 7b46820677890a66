from ptcpdump.buffer cimport Buffer
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sinks.text cimport TextSink


cdef class PacketSink(Sink):
    cdef TextSink text          # makes the lines; None: they stay empty
    cdef dict interfaces        # by row of the interface table
    cdef Buffer buffer

    cdef object made(self, const Packet *p)
