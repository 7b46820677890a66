"""Reading pcapng files (draft-ietf-opsawg-pcapng).

Any number of sections in either byte order; enhanced, simple and obsolete packet blocks; interfaces with name,
comment, filter, time resolution and offset; secrets. Other blocks are stepped over.
"""

import re
import sys

from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

from ptcpdump.context.comments import parse_comments
from ptcpdump.net.interface import Interface
from ptcpdump.sources.reader cimport MAX_CAPTURED, true_linktype
from ptcpdump.sources.stream cimport Stream

cdef enum:
    SECTION_HEADER = 0x0a0d0d0a     # the same in both byte orders
    INTERFACE_DESCRIPTION = 1
    OBSOLETE_PACKET = 2
    SIMPLE_PACKET = 3
    ENHANCED_PACKET = 6
    DECRYPTION_SECRETS = 10

    OPT_END = 0
    OPT_COMMENT = 1
    OPT_FLAGS = 2                   # epb_flags and pack_flags
    OPT_PROCESS_THREAD = 8          # epb_processid_threadid

    MAX_INTERFACES = 65536
    MAX_KEPT_SECRETS = 67108864     # bytes; later ones are still passed on

cdef int64_t LATEST = 9223372036    # the last second (in the year 2262) that fits into a Packet's time


cdef class PcapngReader(SavefileReader):
    """Reads one pcapng file; see SavefileReader. contexts: the cache by which comments become context texts."""

    def __init__(self, Stream stream, ContextCache contexts):
        self.contexts = contexts
        self.used = {}
        self.section()
        self.read_ahead()

    def __dealloc__(self):
        free(self.described)

    def resolve(self, key: bytes):
        """(Context or None, foreign comments) of a packet's options, for the cache."""
        cdef const uint8_t *p = key
        options = self.options(p, p + len(key))
        return parse_comments(value.decode(errors="surrogateescape") for code, value in options if code == OPT_COMMENT)

    # ----------------------------------------------------------------- blocks

    cdef int next(self, Packet *p) except -1 nogil:
        cdef uint32_t kind, length
        cdef bint found = False
        while not found:
            length = self.open_block(&kind)
            if length == 0:
                return 0
            found = self.read_block(kind, length, p)
            self.stream.skip(length)
        return 1

    cdef int read_ahead(self) except -1:
        """Learn of the first interface, so that the link type is known before the first packet."""
        cdef uint32_t kind, length
        while not self.interfaces:
            length = self.open_block(&kind)
            if length == 0 or kind == ENHANCED_PACKET or kind == SIMPLE_PACKET or kind == OBSOLETE_PACKET:
                break
            self.read_block(kind, length, NULL)
            self.stream.skip(length)
        return 0

    cdef uint32_t open_block(self, uint32_t *kind) except? 0 nogil:
        """Have the whole next block ready; returns its length, 0 at the end of the file."""
        cdef const uint8_t *h
        cdef uint32_t length
        if not self.stream.need(12):
            return self.end_of_file(12)
        kind[0] = self.get32(self.stream.here())
        if kind[0] == SECTION_HEADER:
            with gil:
                self.section()
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
        elif kind == DECRYPTION_SECRETS:
            with gil:
                self.decryption_secrets(body, n)
        return False

    cdef int section(self) except -1:
        """Learn the byte order from a section header that lies ahead; interfaces are numbered anew."""
        cdef const uint8_t *h
        if not self.stream.need(28):
            return self.truncated(28, b"section header")
        h = self.stream.here()
        magic = <bytes>h[8:12]
        if magic not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
            self.malformed("unknown byte-order magic in a pcapng section header")
        self.swapped = (magic == b"\x1a\x2b\x3c\x4d") == (sys.byteorder == "little")
        if self.get16(h + 12) != 1:
            self.malformed(f"unsupported pcapng version {self.get16(h + 12)}.{self.get16(h + 14)}")
        self.described_count = 0
        self.used = {}
        return 0

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
            if code == 9 and len(value) == 1:       # if_tsresol
                self.resolution(value[0])
            elif code == 14 and len(value) == 8:    # if_tsoffset
                one.offset = int.from_bytes(value, self.byte_order(), signed=True)
        one.row = self.row(described_interface(one.linktype, one.snaplen, options))
        self.described_count += 1
        return 0

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

    def row(self, interface: Interface) -> int:
        """The interface's place in the table. A later section that describes it again means the same one."""
        rows = [i for i, known in enumerate(self.interfaces) if known == interface] if self.described_count < 1024 else []
        taken = self.used.get(interface, 0)
        self.used[interface] = taken + 1
        if taken < len(rows):
            return rows[taken]
        if len(self.interfaces) >= MAX_INTERFACES:
            self.malformed(f"more than {MAX_INTERFACES} interfaces in a file")
        self.interfaces.append(interface)
        self.news = True
        return len(self.interfaces) - 1

    cdef int decryption_secrets(self, const uint8_t *b, uint32_t n) except -1:
        if n < 8 or self.get32(b + 4) > n - 8:
            self.malformed("decryption secrets block is too short for what it holds")
        secrets = (self.get32(b), <bytes>b[8:8 + self.get32(b + 4)])
        self.fresh_secrets.append(secrets)
        self.news = True
        self.kept_secrets += len(secrets[1])
        if self.kept_secrets <= MAX_KEPT_SECRETS:
            self.secrets.append(secrets)
        return 0

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
        p.direction = 0
        p.context = NULL
        return True

    cdef int place(self, Packet *p, uint32_t interface, const uint8_t *stamp, uint32_t n) except -1 nogil:
        """Interface, link type and time of a packet; n: how many bytes it can have at most."""
        cdef uint64_t units, fraction, second
        cdef int64_t seconds
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
        if stamp == NULL:
            p.time = 0
            return 0
        units = <uint64_t>self.get32(stamp) << 32 | self.get32(stamp + 4)
        second = units // one.per_second
        fraction = units - second * one.per_second
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
        p.time = (seconds if seconds < LATEST else LATEST - 1) * 1000000000 + <int64_t>fraction
        return 0

    cdef int packet_options(self, Packet *p, const uint8_t *o, const uint8_t *end) except -1 nogil:
        """Direction and context. Options that run past the block are not looked at, as they can do no harm."""
        cdef const uint8_t *first = NULL
        cdef const uint8_t *last = NULL
        cdef uint32_t code, n, padded
        p.direction = 0
        p.context = NULL
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
        if first != NULL and self.contexts is not None:
            p.context = self.contexts.find(first, last - first)
        return 0

    cdef list options(self, const uint8_t *o, const uint8_t *end):
        """(code, value) of each option up to the end or the first that runs past it."""
        cdef uint32_t code, n
        found = []
        while o + 4 <= end:
            code = self.get16(o)
            n = self.get16(o + 2)
            if code == OPT_END or n > end - o - 4:
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


def described_interface(linktype: int, snaplen: int, options) -> Interface:
    """An Interface from the options of its description block; what is no UTF-8 in them is escaped."""
    texts = {code: value.rstrip(b"\0").decode(errors="backslashreplace") for code, value in options if code in (1, 2, 3)}
    filters = [value[1:].decode(errors="backslashreplace") for code, value in options if code == 11 and value[:1] == b"\0"]
    # our comment, and the Go tool's: "ifIndex: 2, netNsInode: 4026531840, netNsPath: /proc/self/ns/net"
    place = re.search(r"ifIndex: (\d{1,10}), netNsInode: (\d{1,19}), netNsPath: (.*)", texts.get(1, ""))
    return Interface(
        name=texts.get(2, ""),
        index=int(place[1]) if place else 0,
        netns=int(place[2]) if place else 0,
        netns_path=place[3] if place else "",
        linktype=linktype,
        snaplen=snaplen,
        filter=filters[0] if filters else "",
        description=texts.get(3, ""),
    )
