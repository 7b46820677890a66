from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sinks.text cimport TextSink


cdef class DecryptingSink(Sink):
    cdef TextSink inner
    cdef object keys
    cdef object without_keys
    cdef bint closed
    cdef readonly object conversations
