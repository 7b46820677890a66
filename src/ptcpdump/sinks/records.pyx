"""What sinks that write packets as records have in common: the record with interface and summary, the sample."""

from libc.string cimport memset

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.data.record cimport F_OUR_INTERFACE, F_OUR_SUMMARY, set_span
from ptcpdump.packet cimport Span
from ptcpdump.sinks.output import Output


cdef class RecordSink(Sink):
    """Base of them; derived classes call set_up() as they are made."""

    def __dealloc__(self):
        buffer_free(&self.line)
        buffer_free(&self.interfaces)

    cdef int set_up(self, options, chosen) except -1:
        """options: a TextOptions, how the summary looks and which packets are left out (sampling). chosen(Context) gives
        the part of an owner that is told. ValueError for an unknown -T name."""
        self.recorder = Recorder()
        self.owners = OwnerIndex()
        self.text = TextSink(Output(-1, "lines"), options)
        self.chosen = chosen
        self.labels = {}
        return 0

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        cdef Span label, none
        cdef bytes text = interface.shown.encode(errors="surrogateescape")
        memset(&none, 0, sizeof(none))
        while self.interfaces.len // sizeof(Span) <= row:
            put_bytes(&self.interfaces, &none, sizeof(none))
        label.data = text
        label.len = <uint32_t>len(text)
        (<Span *>self.interfaces.data)[row] = label
        self.labels[row] = text
        return self.text.add_interface(row, interface)

    cdef bint sampled(self) noexcept nogil:
        self.text.seen += 1
        return self.text.sampling == 0 or self.text.seen % self.text.sampling == 0

    cdef int fill(self, const Packet *p) except -1 nogil:
        cdef Span *label
        self.line.len = 0
        self.text.line(&self.line, p)
        self.recorder.fill(p)
        set_span(&self.recorder.record, F_OUR_SUMMARY, self.line.data, self.line.len - 1)
        if p.interface < self.interfaces.len // sizeof(Span):
            label = &(<Span *>self.interfaces.data)[p.interface]
            if label.len:
                set_span(&self.recorder.record, F_OUR_INTERFACE, label.data, label.len)
        return 0
