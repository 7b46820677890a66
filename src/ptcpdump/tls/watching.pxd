from libc.stdint cimport uint32_t

from ptcpdump.dissect.packet_fields cimport PacketFields
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.sink cimport ForwardingSink, Sink


cdef class HelloSink(ForwardingSink):
    cdef object proof
    cdef object derivations
    cdef bint shows             # whether they expect something
    cdef object quic            # HandshakeBytes of hellos that are not whole, by their flow

    cdef int look_at_quic(self, const Packet *p, PacketFields *f) except -1
