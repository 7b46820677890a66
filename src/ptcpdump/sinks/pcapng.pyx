"""Writing pcapng files (draft-ietf-opsawg-pcapng) with what is known of interfaces and owners.

Block and option layout is that of the Go tool's files, so that its readers and ours understand both; times are in
nanoseconds, numbers in this machine's byte order.
"""

import collections
import struct
import time

from libc.stdint cimport UINT64_MAX, uint8_t, uint16_t, uint64_t
from libc.string cimport memcpy, memset

from ptcpdump.packet cimport DIRECTION_UNKNOWN, ContextText, Packet, Span
from ptcpdump.buffer cimport buffer_free, buffer_room, put_bytes
from ptcpdump.errors import SavefileError
from ptcpdump.net.linktypes import RAW
from ptcpdump.sinks import bodies


cdef enum:
    SECTION_HEADER = 0x0a0d0d0a
    INTERFACE_DESCRIPTION = 1
    NAME_RESOLUTION = 4
    INTERFACE_STATISTICS = 5
    ENHANCED_PACKET = 6
    DECRYPTION_SECRETS = 10
    OPT_FLAGS = 2
    OPT_PROCESS_THREAD = 8
    MAX_REPEATED = 4194304      # bytes of secrets that are repeated in each file of a rotation, the latest ones
    LITTLE = 4096               # bytes
    PARTS = 4                   # of the size of such a file: one may be secrets that are repeated, one interfaces without packets


cdef inline uint8_t *put32(uint8_t *to, uint32_t v) noexcept nogil:
    memcpy(to, &v, 4)
    return to + 4


cdef class PcapngSink(SavefileSink):
    """Writes one pcapng file, or several in rotation; see SavefileSink.

    An interface is described before its first packet in a file, not before: many readers refuse a file that describes
    interfaces of several link types, whether they have packets or not. What has had no packets at the end of a file is
    described there, unless it would be the first of another link type, or a second one of raw IP: libpcap up to 1.10
    takes that for another type.

    comments: which packets have comments on their owner, "every", "first" (of each flow and owner) or "none"; what all
    of them can do without is said once a process, see KnownProcesses. command: our command line, "" if it is not told.
    deferred: nothing is written before next_section(). secrets: whether those that come are written. names: has names of
    addresses written, those that packets tell and those that it gives, see KnownNames; None: there are none.
    """

    def __init__(self, path, *, rotation=None, bint immediate=False, str comments="every", str command="",
                 bint deferred=False, bint secrets=True, str compress="", names=None):
        self.processes = KnownProcesses(comments)
        self.names = None if names is None else KnownNames(names)
        self.command = command
        self.statistics = {}
        self.secrets = collections.deque()
        self.without_secrets = not secrets
        self.linktypes = set()
        self.notes = []
        if not deferred:
            self.begin()

    def __dealloc__(self):
        buffer_free(&self.numbers)

    cdef int block(self, uint32_t kind, bytes body) except -1:
        cdef uint32_t n = <uint32_t>len(body), length = 12 + n
        cdef uint8_t *to = <uint8_t *>buffer_room(&self.output.buffer, length)
        to = put32(put32(to, kind), length)
        memcpy(to, <const char *>body, n)
        put32(to + n, length)
        self.output.buffer.len += length
        return 0

    cdef int begin(self) except -1:
        if self.numbers.len:
            memset(self.numbers.data, 0, self.numbers.len)
        self.described = 0
        self.of_packets = self.repeated = 0
        self.linktypes.clear()
        self.processes.forget()
        self.begun = True
        self.block(SECTION_HEADER, bodies.section(self.command, self.notes))
        for kind, secrets in self.secrets:
            self.block(DECRYPTION_SECRETS, bodies.padded_secrets(kind, secrets))
        self.repeated = self.output.size()
        return self.output.written()

    cdef bint is_full(self) noexcept nogil:
        """Not before it has as many bytes of packets as of what each file repeats, where that is much: else each packet would
        have a file of its own."""
        return self.repeated <= LITTLE or self.of_packets >= self.repeated

    cdef int next_section(self, list notes) except -1:
        self.notes = notes
        if self.output.fd < 0:
            self.open(self.rotation.next(0))
        return self.begin()

    # ------------------------------------------------------------------ interfaces

    cdef uint32_t number(self, uint32_t row) noexcept nogil:
        """The number of a row's interface in this file, from 1 on; 0: it is not described yet."""
        return (<uint32_t *>self.numbers.data)[row] if row < self.numbers.len // sizeof(uint32_t) else 0

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        cdef uint32_t none = 0
        while self.numbers.len // sizeof(uint32_t) <= row:
            put_bytes(&self.numbers, &none, sizeof(none))
        self.drop_interface(row)
        self.interfaces[row] = interface
        return 0

    cpdef int drop_interface(self, uint32_t row) except -1:
        self.describe_statistics(row)
        self.statistics.pop(row, None)
        self.interfaces.pop(row, None)
        if row < self.numbers.len // sizeof(uint32_t):
            (<uint32_t *>self.numbers.data)[row] = 0
        return self.output.written()

    cdef int describe(self, uint32_t row) except -1:
        """Write the description of a row's interface."""
        interface = self.interfaces.get(row)
        if interface is None:
            raise SavefileError(f"{self.output.name}: a packet came of row {row} of the interface table, which stands "
                                "for no interface; this is a mistake of the source")
        self.described += 1
        (<uint32_t *>self.numbers.data)[row] = self.described
        self.linktypes.add(interface.linktype)
        body = bodies.description(interface)
        self.repeated += 12 + len(body)
        return self.block(INTERFACE_DESCRIPTION, body)

    cpdef int set_statistics(self, uint32_t row, statistics) except -1:
        self.statistics[row] = statistics
        return 0

    cpdef int ask_statistics(self, ask) except -1:
        self.ask = ask
        return 0

    cdef int describe_statistics(self, uint32_t row) except -1:
        """Write what is known of an interface's packets, if this file describes it."""
        cdef int64_t now = max(0, self.last_time) or time.time_ns()     # as packets have none before 1970
        statistics = self.statistics.get(row)
        if statistics is not None and self.number(row):
            stamp = struct.pack("=III", self.number(row) - 1, now >> 32, now & 0xffffffff)
            self.block(INTERFACE_STATISTICS, stamp + bodies.statistics_options(statistics) + bytes(4))
        return 0

    cdef int finish(self) except -1:
        cdef uint64_t most = UINT64_MAX
        if self.ask is not None and not self.closed:
            self.ask()
        if self.size_limit:
            most = self.output.size() + self.size_limit // PARTS
        for row in sorted(self.interfaces):
            kind = self.interfaces[row].linktype
            same = kind in self.linktypes and kind != RAW
            room = self.output.size() < most
            if room and not self.number(row) and (not self.linktypes or same or len(self.linktypes) > 1):
                self.describe(row)
        if self.names is not None and (names := self.names.block()):
            self.block(NAME_RESOLUTION, names)
        for row in sorted(self.statistics, key=self.order):
            self.describe_statistics(row)
        return 0

    def order(self, row: int) -> int:
        return self.number(row)

    # ------------------------------------------------------------------ what else there is

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        cdef uint64_t most
        if self.without_secrets:
            return 0
        self.secrets.append((kind, secrets))
        self.secret_bytes += len(secrets)
        most = min(MAX_REPEATED, self.size_limit // PARTS) if self.size_limit else MAX_REPEATED
        while self.secret_bytes > most and len(self.secrets) > 1:
            self.secret_bytes -= len(self.secrets.popleft()[1])
        if self.begun:
            self.block(DECRYPTION_SECRETS, bodies.padded_secrets(kind, secrets))
        return self.output.written()

    cpdef int write_block(self, uint32_t kind, bytes body) except -1:
        self.block(kind, body)
        return self.output.written()

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef const ContextText *text = p.context
        cdef uint32_t padded = (p.captured + 3) & ~<uint32_t>3
        cdef uint32_t flags = 8 if p.direction != DIRECTION_UNKNOWN and not has_flags(&p.others) else 0
        cdef uint32_t owners = 12 * (p.also_count + (1 if text != NULL and text.pid else 0))
        cdef Span comments, brief
        cdef uint32_t options, length, i
        cdef uint64_t stamp = <uint64_t>p.time if p.time > 0 else 0
        cdef uint32_t interface
        cdef uint8_t *to
        self.turn()
        interface = self.number(p.interface)
        if interface == 0:
            with gil:
                self.describe(p.interface)
            interface = self.number(p.interface)
        self.last_time = p.time
        if self.names is not None:
            self.names.look(p)
        comments.len = brief.len = 0
        self.repeated -= self.output.buffer.len
        if text != NULL:
            self.processes.introduce(&self.output.buffer, text)
            comments = text.options
            if self.processes.brief and not self.processes.first_of_flow(p):
                comments = text.foreign
                brief = self.processes.brief_comment(text)
        for i in range(p.also_count):
            self.processes.introduce(&self.output.buffer, p.also[i])
        self.repeated += self.output.buffer.len
        options = brief.len + comments.len + p.others.len + flags + owners
        length = 32 + padded + (options + 4 if options else 0)
        self.of_packets += length
        to = <uint8_t *>buffer_room(&self.output.buffer, length)    # in one piece, if the data is copied
        to = put32(to, ENHANCED_PACKET)
        to = put32(to, length)
        to = put32(to, interface - 1)
        to = put32(to, <uint32_t>(stamp >> 32))
        to = put32(to, <uint32_t>stamp)
        to = put32(to, p.captured)
        put32(to, p.length)
        self.output.buffer.len += 28
        self.output.put_data(p.data, p.captured, p.stays)
        to = <uint8_t *>self.output.buffer.data + self.output.buffer.len
        put32(to, 0)        # padding, and what the next fields are written over
        to += padded - p.captured
        if options:
            to = put_span(to, &brief)
            to = put_span(to, &comments)
            to = put_span(to, &p.others)
        if flags:
            to = put32(put_code(to, OPT_FLAGS, 4), p.direction)
        if text != NULL and text.pid:
            to = put_owner(to, text)
        for i in range(p.also_count):
            to = put_owner(to, p.also[i])
        if options:
            to = put32(to, 0)
        to = put32(to, length)
        self.output.buffer.len = <char *>to - self.output.buffer.data
        return self.output.written()


cdef inline bint has_flags(const Span *others) noexcept nogil:
    """Whether other options tell the direction, and more; then that is the first of them."""
    return others.len >= 8 and (<const uint16_t *>others.data)[0] == OPT_FLAGS


cdef inline uint8_t *put_span(uint8_t *to, const Span *span) noexcept nogil:
    if span.len:
        memcpy(to, span.data, span.len)
    return to + span.len


cdef inline uint8_t *put_code(uint8_t *to, uint16_t code, uint16_t n) noexcept nogil:
    """The head of an option of n bytes."""
    memcpy(to, &code, 2)
    memcpy(to + 2, &n, 2)
    return to + 4


cdef inline uint8_t *put_owner(uint8_t *to, const ContextText *text) noexcept nogil:
    return put32(put32(put_code(to, OPT_PROCESS_THREAD, 8), text.pid), text.tid)
