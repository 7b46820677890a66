"""What sinks that write packets as records have in common: the record with interface and summary, the sample."""

from libc.string cimport memset

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.data.record cimport (
    F_HTTP_REQUEST_METHOD, F_HTTP_RESPONSE_STATUS_CODE, F_NETWORK_PROTOCOL, F_OUR_INTERFACE, F_OUR_SUMMARY, F_URL_DOMAIN,
    F_URL_ORIGINAL, Record, set_number, set_span)
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

    cdef int tell(self, message) except -1:
        cdef str host = message.host
        name = host if host.endswith("]") else host.rpartition(":")[0] if host[host.rfind("]") + 1:].count(":") else host
        self.tells = True
        self.status = message.status
        self.words = tuple(text.encode(errors="surrogateescape") for text in ("http", message.method, message.path, name))
        return 0

    cdef int fill_message(self) except -1:
        """The fields of HTTP by what the connection's TLS has hidden, instead of what is said of its records."""
        cdef Record *r = &self.recorder.record
        cdef bytes text
        cdef int field
        for field, text in zip((F_NETWORK_PROTOCOL, F_HTTP_REQUEST_METHOD, F_URL_ORIGINAL, F_URL_DOMAIN), self.words):
            if text:
                set_span(r, field, <const char *>text, len(text))
        if self.status:
            set_number(r, F_HTTP_RESPONSE_STATUS_CODE, self.status)
        self.tells = False
        return 0

    cdef bint sampled(self) noexcept nogil:
        self.text.seen += 1
        return self.text.sampling == 0 or self.text.seen % self.text.sampling == 0

    cdef int fill(self, const Packet *p) except -1 nogil:
        cdef Span *label
        self.line.len = 0
        self.text.line(&self.line, p)
        self.recorder.fill(p)
        if self.tells:
            with gil:
                self.fill_message()
        set_span(&self.recorder.record, F_OUR_SUMMARY, self.line.data, self.line.len - 1)
        if p.interface < self.interfaces.len // sizeof(Span):
            label = &(<Span *>self.interfaces.data)[p.interface]
            if label.len:
                set_span(&self.recorder.record, F_OUR_INTERFACE, label.data, label.len)
        return 0
