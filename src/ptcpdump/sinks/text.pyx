"""Lines of text: tcpdump's, with the context of each packet.

    [NUMBER  ][TIME ][INTERFACE ][COMMAND.PID ][In|Out ]PROTOCOLS[, ParentProc [...]][, Container [...]][, Pod [...]]

With -v the command moves from the line into a block of lines behind it. A packet without interface name, direction and
context gives exactly tcpdump's line.
"""

from libc.string cimport memchr, memcpy, memmove, memset

from ptcpdump.context.escape import escape_word
from ptcpdump.packet cimport DIRECTION_IN, DIRECTION_OUT, Span
from ptcpdump.printers.base import families
from ptcpdump.printers.base.core cimport forced_type, print_bytes, print_protocols
from ptcpdump.printers.base.state cimport PrinterState
from ptcpdump.buffer cimport (
    buffer_free, buffer_room, put_bytes, put_char, put_dec, put_dec_pad, put_text)
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.timestamp cimport clock_init, put_time


cdef enum:
    MAX_LENGTH = 1048576    # of a packet that can be real: BIG TCP ends at 524,280 bytes and a link header


cdef class TextSink(Sink):
    """Writes a line (or more) per packet to an Output. options: a TextOptions; ValueError for an unknown -T name."""

    def __cinit__(self, Output output not None, options=None):
        options = options or TextOptions()
        families.load()
        self.output = output
        self.labels = {}
        self.state = PrinterState()
        memset(&self.printing, 0, sizeof(self.printing))
        memset(&self.dissection, 0, sizeof(self.dissection))
        self.printing.verbose = options.verbose
        self.printing.quiet = options.quiet
        self.printing.numeric = options.numeric
        self.printing.no_domain = options.no_domain
        self.printing.link_header = options.link_header
        self.printing.absolute_seq = options.absolute_seq
        self.printing.no_checksums = options.no_checksums
        self.printing.lengths = options.lengths
        self.printing.asdot = options.asdot
        self.printing.ip_oneline = options.ip_oneline
        self.printing.hex = options.hex
        self.printing.hex_ascii = options.hex_ascii
        self.printing.ascii = options.ascii
        self.printing.force = forced_type(options.force) if options.force else 0
        self.dissection.opt = &self.printing
        self.dissection.memory = &self.state.memory
        clock_init(&self.clock, options.times, options.nano, options.utc)
        self.number = options.number
        self.oneline = options.oneline
        self.sampling = options.sampling
        self.seen = options.skipped

    def __dealloc__(self):
        buffer_free(&self.interfaces)
        buffer_free(&self.scratch)

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        cdef Span none
        cdef Span *span
        cdef bytes label = (escape_word(interface.shown) + " ").encode() if interface.shown else b""
        memset(&none, 0, sizeof(none))
        while self.interfaces.len // sizeof(Span) <= row:
            put_bytes(&self.interfaces, &none, sizeof(none))
        span = &(<Span *>self.interfaces.data)[row]
        span.data = label
        span.len = <uint32_t>len(label)
        self.labels[row] = label
        return 0

    cdef int packet(self, const Packet *p) except -1 nogil:
        self.seen += 1
        if self.sampling and self.seen % self.sampling:
            return 0
        self.line(&self.output.buffer, p)
        return self.output.written()

    cdef int flush(self) except -1 nogil:
        return self.output.send()

    cpdef int close(self) except -1:
        return self.output.close()

    cdef int line(self, Buffer *b, const Packet *p) except -1 nogil:
        """One packet with all that belongs to it, line feed included. Raises KeyboardInterrupt if one came meanwhile."""
        cdef size_t start
        if self.number:
            put_dec_pad(b, self.seen, 5, b' ')
            put_bytes(b, b"  ", 2)
        if self.printing.lengths:
            put_text(b, b"caplen ")
            put_dec(b, p.captured)
            put_text(b, b" len ")
            put_dec(b, p.length)
            put_char(b, b' ')
        if not self.valid_header(b, p):
            return 0
        put_time(b, &self.clock, p.time)
        if p.interface < self.interfaces.len // sizeof(Span):
            put_span(b, &(<Span *>self.interfaces.data)[p.interface])
        if p.context != NULL and not self.printing.verbose:
            put_span(b, &p.context.prefix)
        if p.direction == DIRECTION_IN:
            put_bytes(b, b"In ", 3)
        elif p.direction == DIRECTION_OUT:
            put_bytes(b, b"Out ", 4)
        start = b.len
        self.dissection.out = b
        print_protocols(&self.dissection, p)
        if p.context != NULL:
            if self.printing.verbose:
                put_span(b, &p.context.block)
            elif p.context.suffix.len:
                insert(b, first_line_end(b, start), &p.context.suffix)
        if self.oneline:
            self.join_lines(b, start)
        print_bytes(&self.dissection, p)
        put_char(b, b'\n')
        if self.dissection.interrupted:
            with gil:
                self.dissection.interrupted = False
                raise KeyboardInterrupt
        return 0

    cdef bint valid_header(self, Buffer *b, const Packet *p) noexcept nogil:
        """False, with tcpdump's remark as the whole line, when the record's lengths can't be."""
        cdef size_t start = b.len
        if p.captured == 0:
            put_flaw(b, start, b" caplen==0")
        if p.length == 0:
            put_flaw(b, start, b" len==0")
        elif p.length < p.captured:
            put_flaw(b, start, b" len(")
            put_dec(b, p.length)
            put_text(b, b") < caplen(")
            put_dec(b, p.captured)
            put_char(b, b')')
        if p.captured > MAX_LENGTH:
            put_flaw(b, start, b" caplen(")
            put_dec(b, p.captured)
            put_text(b, b") > ")
            put_dec(b, MAX_LENGTH)
        if p.length > MAX_LENGTH:
            put_flaw(b, start, b" len(")
            put_dec(b, p.length)
            put_text(b, b") > ")
            put_dec(b, MAX_LENGTH)
        if b.len == start:
            return True
        put_bytes(b, b"]\n", 2)
        return False

    cdef void join_lines(self, Buffer *b, size_t start) noexcept nogil:
        """Make one line of all from start on: trimmed, with ", " between them."""
        cdef const char *at = b.data + start
        cdef const char *end = b.data + b.len
        cdef const char *feed
        self.scratch.len = 0
        while at < end:
            feed = <const char *>memchr(at, b'\n', end - at)
            if feed == NULL:
                feed = end
            put_trimmed(&self.scratch, at, feed)
            at = feed + 1
        b.len = start
        put_bytes(b, self.scratch.data, self.scratch.len)


cdef inline void put_flaw(Buffer *b, size_t start, const char *text) noexcept nogil:
    put_text(b, b"[Invalid header:" if b.len == start else b",")
    put_text(b, text)


cdef void put_trimmed(Buffer *b, const char *p, const char *end) noexcept nogil:
    while p < end and (p[0] == 32 or p[0] == 9):
        p += 1
    while p < end and ((end - 1)[0] == 32 or (end - 1)[0] == 9):
        end -= 1
    if p < end:
        if b.len:
            put_bytes(b, b", ", 2)
        put_bytes(b, p, end - p)


cdef inline void put_span(Buffer *b, const Span *span) noexcept nogil:
    put_bytes(b, span.data, span.len)


cdef size_t first_line_end(const Buffer *b, size_t start) noexcept nogil:
    cdef const char *feed = <const char *>memchr(b.data + start, b'\n', b.len - start)
    return b.len if feed == NULL else feed - b.data


cdef void insert(Buffer *b, size_t at, const Span *span) noexcept nogil:
    buffer_room(b, span.len)
    memmove(b.data + at + span.len, b.data + at, b.len - at)
    memcpy(b.data + at, span.data, span.len)
    b.len += span.len

