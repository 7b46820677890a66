"""Reading pcapng files (draft-ietf-opsawg-pcapng).

Any number of sections in either byte order; enhanced, simple and obsolete packet blocks; interfaces with all of their
options, time resolution and offset; statistics and secrets. Other blocks are stepped over.
"""

import sys

from libc.stdlib cimport free, realloc

from ptcpdump.packet cimport no_owner
from ptcpdump.sources.descriptions import counted, described
from ptcpdump.sources.reader cimport MAX_CAPTURED, true_linktype
from ptcpdump.sources.stream cimport NEVER_WAIT, WAIT_ALWAYS, Stream

cdef enum:
    SECTION_HEADER = 0x0a0d0d0a     # the same in both byte orders
    INTERFACE_DESCRIPTION = 1
    OBSOLETE_PACKET = 2
    SIMPLE_PACKET = 3
    INTERFACE_STATISTICS = 5
    ENHANCED_PACKET = 6
    DECRYPTION_SECRETS = 10

    OPT_END = 0
    OPT_COMMENT = 1
    OPT_FLAGS = 2                   # epb_flags and pack_flags
    OPT_TIME_RESOLUTION = 9         # if_tsresol
    OPT_TIME_OFFSET = 14            # if_tsoffset
    OPT_STARTED = 2                 # isb_starttime
    OPT_ENDED = 3                   # isb_endtime

    MAX_INTERFACES = 65536
    MAX_OPTIONS = 4096              # of one block, and bytes of theirs: what comes behind is left out
    MAX_OPTION_BYTES = 1048576
    MAX_DESCRIBED_BYTES = 16777216  # options of all interfaces; later ones have none

cdef int64_t LATEST = 9223372036    # the last second (in the year 2262) that fits into a Packet's time


cdef class PcapngReader(SavefileReader):
    """Reads one pcapng file; see SavefileReader. secrets(kind, bytes) is called for each decryption secrets block."""

    def __init__(self, Stream stream, table, secrets=None):
        self.secrets = secrets
        self.places = {}
        self.used = {}
        self.statistics = {}
        stream.patience = WAIT_ALWAYS
        if self.section():
            self.read_ahead()
        stream.patience = NEVER_WAIT

    def __dealloc__(self):
        free(self.described)

    # ----------------------------------------------------------------- blocks

    cdef int next(self, Packet *p) except -1 nogil:
        cdef uint32_t kind, length
        cdef bint found = False
        while not found:
            length = self.open_block(&kind)
            if length == 0:
                if self.finished:
                    with gil:
                        self.tell_statistics()
                return 0
            found = self.read_block(kind, length, p)
            self.stream.skip(length)
        return 1

    cdef int read_ahead(self) except -1:
        """Learn of the first interface, so that the link type is known before the first packet."""
        cdef uint32_t kind, length
        while not self.interfaces:
            with nogil:
                length = self.open_block(&kind)
            if length == 0 or kind == ENHANCED_PACKET or kind == SIMPLE_PACKET or kind == OBSOLETE_PACKET:
                break
            self.read_block(kind, length, NULL)
            self.stream.skip(length)
        return 0

    cdef uint32_t open_block(self, uint32_t *kind) except? 0 nogil:
        """Have the whole next block ready; returns its length, 0 at the end of what is there."""
        cdef const uint8_t *h
        cdef uint32_t length
        cdef bint known
        if not self.stream.need(12):
            return self.end_of_file(12)
        kind[0] = self.get32(self.stream.here())
        if kind[0] == SECTION_HEADER:
            with gil:
                known = self.section()
            if not known:
                return 0
        length = self.get32(self.stream.here() + 4)
        if length < 12 or length % 4 or length > MAX_CAPTURED:
            with gil:
                self.malformed(f"block in pcapng dump file has an invalid length of {length}")
        if not self.stream.need(length):
            return self.truncated(length, b"block")
        h = self.stream.here()
        if self.get32(h + length - 4) != length:
            with gil:
                self.malformed(f"block total length {length} in header does not match the total length "
                               f"{self.get32(h + length - 4)} in trailer")
        return length

    cdef bint read_block(self, uint32_t kind, uint32_t length, Packet *p) except -1 nogil:
        """Take what the block says; whether it holds a packet."""
        cdef const uint8_t *body = self.stream.here() + 8
        cdef uint32_t n = length - 12
        if kind == ENHANCED_PACKET:
            return self.enhanced(body, n, p)
        if kind == SIMPLE_PACKET:
            return self.simple(body, n, p)
        if kind == OBSOLETE_PACKET:
            return self.obsolete(body, n, p)
        if kind == INTERFACE_DESCRIPTION:
            with gil:
                self.interface(body, n)
        elif kind == INTERFACE_STATISTICS:
            with gil:
                self.interface_statistics(body, n)
        elif kind == DECRYPTION_SECRETS:
            with gil:
                self.decryption_secrets(body, n)
        return False

    cdef bint section(self) except -1:
        """Learn the byte order from a section header that lies ahead, whose interfaces are numbered anew.

        False when it is not all there, see truncated().
        """
        cdef const uint8_t *h
        cdef bint there
        with nogil:
            there = self.stream.need(28)
        if not there:
            return self.truncated(28, b"section header")
        h = self.stream.here()
        magic = <bytes>h[8:12]
        if magic not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
            self.malformed("unknown byte-order magic in a pcapng section header")
        self.tell_statistics()
        self.swapped = (magic == b"\x1a\x2b\x3c\x4d") == (sys.byteorder == "little")
        if self.get16(h + 12) != 1:
            self.malformed(f"unsupported pcapng version {self.get16(h + 12)}.{self.get16(h + 14)}")
        self.described_count = 0
        self.used = {}
        return True

    cdef int interface(self, const uint8_t *b, uint32_t n) except -1:
        cdef void *more
        cdef Described *one
        if n < 8:
            self.malformed("interface description block is too short")
        if self.described_count >= MAX_INTERFACES:
            self.malformed(f"more than {MAX_INTERFACES} interfaces in a section")
        if self.described_count & (self.described_count - 1) == 0:     # 0 or a power of two: full
            more = realloc(self.described, max(1, 2 * self.described_count) * sizeof(Described))
            if more == NULL:
                raise MemoryError
            self.described = <Described *>more
        one = &self.described[self.described_count]
        one.linktype = true_linktype(self.get16(b))
        one.snaplen = self.get32(b + 4)
        one.per_second = 1000000
        one.binary = 0
        one.offset = 0
        options = self.options(b + 8, b + n)
        for code, value in options:
            if code == OPT_TIME_RESOLUTION and len(value) == 1:
                self.resolution(value[0])
            elif code == OPT_TIME_OFFSET and len(value) == 8:
                one.offset = int.from_bytes(value, self.byte_order(), signed=True)
        self.described_bytes += sum(len(value) + 64 for _, value in options)
        if self.described_bytes > MAX_DESCRIBED_BYTES:
            options = []
        one.row = self.place_of(described(one.linktype, one.snaplen, options, swapped=self.swapped))
        self.described_count += 1
        return 0

    cdef int place_of(self, interface) except -1:
        """The interface's row. A later section that describes it again means the same one."""
        nth = self.used.get(interface, 0)
        self.used[interface] = nth + 1
        row = self.places.get((interface, nth))
        if row is None:
            if len(self.places) >= MAX_INTERFACES:
                self.malformed(f"more than {MAX_INTERFACES} interfaces in a file")
            row = self.places[interface, nth] = self.take_row(interface, nth)
        return row

    def resolution(self, value: int) -> None:
        cdef Described *one = &self.described[self.described_count]
        if value & 0x80:
            one.binary = value & 0x7f
            if one.binary > 63:
                self.malformed(f"time stamp resolution of 2^-{one.binary} s is not supported")
            one.per_second = <uint64_t>1 << one.binary
        else:
            if value > 19:
                self.malformed(f"time stamp resolution of 10^-{value} s is not supported")
            one.per_second = 10 ** value

    def byte_order(self) -> str:
        return {"little": "big", "big": "little"}[sys.byteorder] if self.swapped else sys.byteorder

    cdef int interface_statistics(self, const uint8_t *b, uint32_t n) except -1:
        """Keep an interface's counters: later ones of this section replace them. Of an unknown interface they are
        ignored, as they can do no harm."""
        cdef uint32_t interface
        cdef Described *one
        if n < 12:
            self.malformed("interface statistics block is too short")
        interface = self.get32(b)
        if interface < self.described_count:
            one = &self.described[interface]
            options = self.options(b + 12, b + n)
            times = {code: self.time_of(one, value) for code, value in options
                     if code in (OPT_STARTED, OPT_ENDED) and len(value) == 8}
            self.statistics[one.row] = counted(options, times.get(OPT_STARTED), times.get(OPT_ENDED),
                                               swapped=self.swapped)
        return 0

    cdef int64_t time_of(self, const Described *one, const uint8_t *stamp) noexcept nogil:
        """Nanoseconds since the epoch of a time stamp of 64 bits, as the interface counts."""
        cdef uint64_t units = <uint64_t>self.get32(stamp) << 32 | self.get32(stamp + 4)
        cdef uint64_t second = units // one.per_second
        cdef uint64_t fraction = units - second * one.per_second
        cdef int64_t seconds
        if one.binary > 30:
            fraction = (fraction >> (one.binary - 30)) * 1000000000 >> 30
        elif one.binary:
            fraction = fraction * 1000000000 >> one.binary
        elif one.per_second <= 1000000000:
            fraction *= 1000000000 // one.per_second
        else:
            fraction //= one.per_second // 1000000000
        seconds = LATEST if second > <uint64_t>LATEST else <int64_t>second
        if one.offset:
            seconds = moved(seconds, one.offset)
        return (seconds if seconds < LATEST else LATEST - 1) * 1000000000 + <int64_t>fraction

    def tell_statistics(self) -> None:
        """Hand the counters of a section on when it is over."""
        for row, statistics in self.statistics.items():
            self.table.count(row, statistics)
        self.statistics = {}

    cdef int decryption_secrets(self, const uint8_t *b, uint32_t n) except -1:
        if n < 8 or self.get32(b + 4) > n - 8:
            self.malformed("decryption secrets block is too short for what it holds")
        if self.secrets is not None:
            self.secrets(self.get32(b), <bytes>b[8:8 + self.get32(b + 4)])
        return 0

    def close(self) -> None:
        """Close the file, whose statistics so far are told; a second call does nothing."""
        self.tell_statistics()
        SavefileReader.close(self)

    # ----------------------------------------------------------------- packets

    cdef bint enhanced(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil:
        if n < 20:
            with gil:
                self.malformed("enhanced packet block is too short")
        p.captured = self.get32(b + 12)
        p.length = self.get32(b + 16)
        p.data = b + 20
        self.place(p, self.get32(b), b + 4, n - 20)
        self.packet_options(p, b + 20 + ((<uint64_t>p.captured + 3) & ~<uint64_t>3), b + n)
        return True

    cdef bint obsolete(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil:
        if n < 20:
            with gil:
                self.malformed("packet block is too short")
        p.captured = self.get32(b + 12)
        p.length = self.get32(b + 16)
        p.data = b + 20
        self.place(p, self.get16(b), b + 4, n - 20)
        self.packet_options(p, b + 20 + ((<uint64_t>p.captured + 3) & ~<uint64_t>3), b + n)
        return True

    cdef bint simple(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil:
        """No time stamp, no options; captured is what the interface's snapshot length lets through."""
        cdef uint32_t snaplen
        if n < 4 or self.described_count == 0:
            with gil:
                self.malformed("simple packet block is too short or has no interface description before it")
        p.length = self.get32(b)
        p.captured = p.length
        snaplen = self.described[0].snaplen
        if snaplen and p.captured > snaplen:
            p.captured = snaplen
        p.data = b + 4
        self.place(p, 0, NULL, n - 4)
        return True

    cdef int place(self, Packet *p, uint32_t interface, const uint8_t *stamp, uint32_t n) except -1 nogil:
        """Interface, link type and time of a packet; n: how many bytes it can have at most."""
        cdef Described *one
        if interface >= self.described_count:
            with gil:
                self.malformed(f"a packet arrived on interface {interface}, but there's no interface description "
                               "block for that interface")
        if p.captured > n:
            with gil:
                self.malformed(f"captured length {p.captured} of a packet is larger than its block")
        one = &self.described[interface]
        p.interface = one.row
        p.linktype = one.linktype
        p.time = self.time_of(one, stamp) if stamp != NULL else 0
        p.direction = 0
        p.stays = False
        no_owner(p)
        return 0

    cdef int packet_options(self, Packet *p, const uint8_t *o, const uint8_t *end) except -1 nogil:
        """Direction and comments. Options that run past the block are not looked at, as they can do no harm."""
        cdef const uint8_t *first = NULL
        cdef const uint8_t *last = NULL
        cdef uint32_t code, n, padded
        while o + 4 <= end:
            code = self.get16(o)
            n = self.get16(o + 2)
            padded = (n + 3) & ~<uint32_t>3
            if code == OPT_END or padded > end - o - 4:
                break
            if code == OPT_COMMENT:
                if first == NULL:
                    first = o
                last = o + 4 + padded
            elif code == OPT_FLAGS and n == 4:
                p.direction = <uint8_t>(self.get32(o + 4) & 3)
            o += 4 + padded
        if p.direction == 3:
            p.direction = 0
        if first != NULL:
            p.comments.data = <const char *>first
            p.comments.len = <uint32_t>(last - first)
            p.swapped = self.swapped
        return 0

    cdef list options(self, const uint8_t *o, const uint8_t *end):
        """(code, value) of each option up to the end, the first that runs past it, or as many as can be kept."""
        cdef uint32_t code, n
        cdef size_t kept = 0
        found = []
        while o + 4 <= end and len(found) < MAX_OPTIONS:
            code = self.get16(o)
            n = self.get16(o + 2)
            kept += n
            if code == OPT_END or n > end - o - 4 or kept > MAX_OPTION_BYTES:
                break
            found.append((code, <bytes>o[4:4 + n]))
            o += 4 + ((n + 3) & ~<uint32_t>3)
        return found


cdef int64_t moved(int64_t seconds, int64_t offset) noexcept nogil:
    """seconds + offset, kept within what a Packet's time can hold."""
    if offset > LATEST:
        return LATEST
    if offset < -LATEST:
        return -LATEST + 1
    seconds += offset
    return LATEST if seconds > LATEST else -LATEST + 1 if seconds <= -LATEST else seconds
