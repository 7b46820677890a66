from libc.stdint cimport uint32_t

from ptcpdump.dissect.packet_fields cimport PacketFields


cdef class Fields:
    cdef PacketFields f
    cdef readonly bytes data
    cdef readonly uint32_t length
    cdef object made_dns, made_tls, made_http, made_quic    # kept, as they take some time to make
