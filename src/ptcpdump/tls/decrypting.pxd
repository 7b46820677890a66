from ptcpdump.packet cimport Packet
from ptcpdump.sinks.records cimport RecordSink
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sinks.text cimport TextSink


cdef class DecryptingSink(Sink):
    cdef Sink inner
    cdef TextSink text          # the same, if it writes text; else None
    cdef RecordSink record      # the same, if it writes records; else None
    cdef Sink plaintext
    cdef object keys
    cdef object without_keys
    cdef object endings
    cdef readonly object conversations
    cdef bint choosy
    cdef bint closed

    cdef int packet_of_tcp(self, const Packet *p) except -1
    cdef int put_told(self, told) except -1
    cdef int put_dump(self, bytes sender, bytes plain) except -1
    cdef int export(self, const Packet *p, fields, told) except -1
