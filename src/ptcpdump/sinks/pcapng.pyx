"""Writing pcapng files (draft-ietf-opsawg-pcapng) with what is known of interfaces and owners.

Block and option layout is that of the Go tool's files, so that its readers and ours understand both; times are in
nanoseconds, numbers in this machine's byte order.
"""

import collections
import os
import struct
import time

from libc.stdint cimport uint8_t, uint16_t, uint64_t
from libc.string cimport memcpy, memset

from ptcpdump import __version__
from ptcpdump.context.render import encode_option
from ptcpdump.packet cimport DIRECTION_UNKNOWN, Packet
from ptcpdump.buffer cimport buffer_free, buffer_room, put_bytes
from ptcpdump.errors import SavefileError


cdef enum:
    SECTION_HEADER = 0x0a0d0d0a
    INTERFACE_DESCRIPTION = 1
    INTERFACE_STATISTICS = 5
    ENHANCED_PACKET = 6
    DECRYPTION_SECRETS = 10
    OPT_FLAGS = 2
    OPT_PROCESS_THREAD = 8
    MAX_REPEATED = 4194304      # bytes of secrets that are repeated in each file of a rotation, the latest ones


cdef inline uint8_t *put32(uint8_t *to, uint32_t v) noexcept nogil:
    memcpy(to, &v, 4)
    return to + 4


cdef class PcapngSink(SavefileSink):
    """Writes one pcapng file, or several in rotation; see SavefileSink.

    An interface is described before its first packet in a file, not before: many readers refuse a file that describes
    interfaces of several link types, whether they have packets or not. What has had no packets at the end of a file is
    described there, unless it would be the first of another link type.
    """

    def __init__(self, path, *, rotation=None, bint immediate=False):
        self.statistics = {}
        self.secrets = collections.deque()
        self.linktypes = set()
        self.begin()

    def __dealloc__(self):
        buffer_free(&self.numbers)

    cdef int block(self, uint32_t kind, bytes body) except -1:
        cdef bytes whole
        length = 12 + len(body)
        whole = struct.pack("=II", kind, length) + body + struct.pack("=I", length)
        put_bytes(&self.output.buffer, <const char *>whole, len(whole))
        return 0

    cdef int begin(self) except -1:
        system = os.uname()
        options = (
            encode_option(4, f"ptcpdump {__version__}".encode())            # shb_userappl
            + encode_option(2, system.machine.encode())                     # shb_hardware
            + encode_option(3, f"{system.sysname} {system.release}".encode())   # shb_os
        )
        if self.numbers.len:
            memset(self.numbers.data, 0, self.numbers.len)
        self.described = 0
        self.linktypes.clear()
        self.block(SECTION_HEADER, struct.pack("=IHHq", 0x1a2b3c4d, 1, 0, -1) + options + bytes(4))
        for kind, secrets in self.secrets:
            self.block(DECRYPTION_SECRETS, padded_secrets(kind, secrets))
        return self.output.written()

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
        return self.block(INTERFACE_DESCRIPTION, description(interface))

    cpdef int set_statistics(self, uint32_t row, statistics) except -1:
        self.statistics[row] = statistics
        return 0

    cdef int describe_statistics(self, uint32_t row) except -1:
        """Write what is known of an interface's packets, if this file describes it."""
        cdef int64_t now = self.last_time or time.time_ns()
        statistics = self.statistics.get(row)
        if statistics is not None and self.number(row):
            stamp = struct.pack("=III", self.number(row) - 1, now >> 32, now & 0xffffffff)
            self.block(INTERFACE_STATISTICS, stamp + statistics_options(statistics) + bytes(4))
        return 0

    cdef int finish(self) except -1:
        for row in sorted(self.interfaces):
            kind = self.interfaces[row].linktype
            if not self.number(row) and (not self.linktypes or kind in self.linktypes or len(self.linktypes) > 1):
                self.describe(row)
        for row in sorted(self.statistics, key=self.order):
            self.describe_statistics(row)
        return 0

    def order(self, row: int) -> int:
        return self.number(row)

    # ------------------------------------------------------------------ what else there is

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        self.secrets.append((kind, secrets))
        self.secret_bytes += len(secrets)
        while self.secret_bytes > MAX_REPEATED and len(self.secrets) > 1:
            self.secret_bytes -= len(self.secrets.popleft()[1])
        self.block(DECRYPTION_SECRETS, padded_secrets(kind, secrets))
        return self.output.written()

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef uint32_t padded = (p.captured + 3) & ~<uint32_t>3
        cdef uint32_t flags = 8 if p.direction != DIRECTION_UNKNOWN else 0
        cdef uint32_t owner = 12 if p.context != NULL and p.context.pid else 0
        cdef uint32_t comments = p.context.options.len if p.context != NULL else 0
        cdef uint32_t options = comments + flags + owner
        cdef uint32_t length = 32 + padded + (options + 4 if options else 0)
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
        if comments:
            memcpy(to, p.context.options.data, comments)
            to += comments
        if flags:
            to = put32(put_code(to, OPT_FLAGS, 4), p.direction)
        if owner:
            to = put32(put32(put_code(to, OPT_PROCESS_THREAD, 8), p.context.pid), p.context.tid)
        if options:
            to = put32(to, 0)
        to = put32(to, length)
        self.output.buffer.len = <char *>to - self.output.buffer.data
        return self.output.written()


cdef inline uint8_t *put_code(uint8_t *to, uint16_t code, uint16_t n) noexcept nogil:
    """The head of an option of n bytes."""
    memcpy(to, &code, 2)
    memcpy(to + 2, &n, 2)
    return to + 4


def description(interface) -> bytes:
    """Body of an interface description block."""
    texts = []
    if interface.shown:
        texts.append((2, interface.shown.encode(errors="surrogateescape")))
    if interface.index:
        texts.append((1, f"ifIndex: {interface.index}, netNsInode: {interface.netns}, "
                         f"netNsPath: {interface.netns_path}".encode(errors="surrogateescape")))
    if interface.description:
        texts.append((3, interface.description.encode(errors="surrogateescape")))
    if interface.filter:
        texts.append((11, b"\0" + interface.filter.encode(errors="surrogateescape")))
    texts += interface.options
    texts.append((9, b"\x09"))
    options = b"".join(encode_option(code, value[:65535]) for code, value in texts)
    return struct.pack("=HHI", interface.linktype, 0, interface.snaplen) + options + bytes(4)


def statistics_options(statistics) -> bytes:
    """Options of an interface statistics block."""
    times = [(2, statistics.started), (3, statistics.ended)]
    counters = [(4, statistics.received), (5, statistics.dropped), (6, statistics.accepted), (7, statistics.os_dropped),
                (8, statistics.delivered)]
    return b"".join(
        [encode_option(code, struct.pack("=II", value >> 32, value & 0xffffffff)) for code, value in times
         if value is not None]
        + [encode_option(code, struct.pack("=Q", value)) for code, value in counters if value is not None])


def padded_secrets(kind: int, secrets: bytes) -> bytes:
    """Body of a decryption secrets block."""
    return struct.pack("=II", kind, len(secrets)) + secrets + bytes((4 - len(secrets) % 4) % 4)
