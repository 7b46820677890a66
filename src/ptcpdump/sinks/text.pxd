from libc.stdint cimport uint32_t, uint64_t
from ptcpdump.packet cimport Packet
from ptcpdump.printers.base.core cimport Dissection, PrintOptions
from ptcpdump.printers.base.state cimport PrinterState
from ptcpdump.buffer cimport Buffer
from ptcpdump.sinks.output cimport Output
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sinks.timestamp cimport Clock


cdef class TextSink(Sink):
    cdef readonly Output output
    cdef PrintOptions printing
    cdef Dissection dissection
    cdef PrinterState state     # what printers remember; `dissection` points into it
    cdef Clock clock
    cdef bint number
    cdef bint oneline
    cdef uint64_t sampling
    cdef uint64_t seen          # packets so far, those included that --skip left out
    cdef dict labels            # owns the texts of `interfaces`
    cdef Buffer interfaces      # a Span for each row of the interface table: "eth0 "

    cdef Buffer scratch

    cdef int line(self, Buffer *b, const Packet *p) except -1 nogil
    cdef void join_lines(self, Buffer *b, size_t start) noexcept nogil
    cdef bint valid_header(self, Buffer *b, const Packet *p) noexcept nogil
