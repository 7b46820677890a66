from libc.stdint cimport int64_t

from ptcpdump.packet cimport Packet
from ptcpdump.sinks.records cimport RecordSink
from ptcpdump.sinks.sink cimport ForwardingSink, Sink
from ptcpdump.sinks.text cimport TextSink


cdef class DecryptingSink(ForwardingSink):
    cdef TextSink text          # the same, if it writes text; else None
    cdef RecordSink record      # the same, if it writes records; else None
    cdef Sink plaintext
    cdef object keys
    cdef object without_keys
    cdef object endings
    cdef readonly object conversations
    cdef readonly object quic
    cdef bint quic_active
    cdef int64_t time           # of the last packet
    cdef bint choosy
    cdef bint closed

    cdef int shown(self, const Packet *p, conversations) except -1
    cdef int follow_up(self, const Packet *p, told) except -1
    cdef int record_late(self, int64_t time, message, bytes data) except -1
    cdef int put_told(self, told) except -1
    cdef int put_dump(self, bytes title, bytes plain) except -1
    cdef int export(self, const Packet *p, told) except -1
