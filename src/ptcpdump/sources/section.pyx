"""What a section of a pcapng file says of itself and of its interfaces (draft-ietf-opsawg-pcapng, sections 4.1 to 4.6).

The byte order is the section's, and interfaces are numbered within it; their options, time resolutions and offsets are
understood here, and what their statistics say.
"""

import sys

from libc.stdlib cimport free, realloc

from ptcpdump.sources.descriptions import counted, described
from ptcpdump.sources.reader cimport true_linktype

cdef enum:
    OPT_END = 0
    OPT_TIME_RESOLUTION = 9         # if_tsresol
    OPT_TIME_OFFSET = 14            # if_tsoffset
    OPT_STARTED = 2                 # isb_starttime
    OPT_ENDED = 3                   # isb_endtime

    MAX_INTERFACES = 65536
    MAX_OPTIONS = 4096              # of one block, and bytes of theirs: what comes behind is left out
    MAX_OPTION_BYTES = 1048576
    MAX_DESCRIBED_BYTES = 16777216  # options of all interfaces; later ones have none
    KEPT_DESCRIPTIONS = 256         # that are parsed once however often they come, and bytes of one
    KEPT_DESCRIPTION = 1024

cdef int64_t LATEST = 9223372036    # the last second (in the year 2262) that fits into a Packet's time


class MalformedError(Exception):
    """A block that can't be understood; the text says why."""


cdef class Section:
    """The present section. take_row(interface, nth) gives an interface of the file its row of the interface table."""

    def __cinit__(self, take_row):
        self.take_row = take_row
        self.parsed = {}
        self.places = {}
        self.used = {}
        self.statistics = {}

    def __dealloc__(self):
        free(self.described)

    cdef int begin(self, const uint8_t *header) except -1:
        """A new section, whose header's first 28 bytes are given: interfaces are numbered anew."""
        magic = <bytes>header[8:12]
        if magic not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
            raise MalformedError("unknown byte-order magic in a pcapng section header")
        self.swapped = (magic == b"\x1a\x2b\x3c\x4d") == (sys.byteorder == "little")
        if self.get16(header + 12) != 1:
            raise MalformedError(f"unsupported pcapng version {self.get16(header + 12)}.{self.get16(header + 14)}")
        self.count = 0
        self.used = {}
        self.statistics = {}
        return 0

    cdef int interface(self, const uint8_t *b, uint32_t n) except -1:
        """Take in the body of an interface description."""
        cdef void *more
        cdef Described *one
        if n < 8:
            raise MalformedError("interface description block is too short")
        if self.count >= MAX_INTERFACES:
            raise MalformedError(f"more than {MAX_INTERFACES} interfaces in a section")
        if self.count & (self.count - 1) == 0:      # 0 or a power of two: full
            more = realloc(self.described, max(1, 2 * self.count) * sizeof(Described))
            if more == NULL:
                raise MemoryError
            self.described = <Described *>more
        one = &self.described[self.count]
        one.linktype = true_linktype(self.get16(b))
        one.snaplen = self.get32(b + 4)
        interface, one.per_second, one.binary, one.offset = self.description(b, n)
        one.row = self.place_of(interface)
        self.count += 1
        return 0

    cdef object description(self, const uint8_t *b, uint32_t n):
        """The Interface of a description with the units, the binary digits and the offset of its time stamps.

        Files that were joined describe the same one over and over: it is parsed once.
        """
        cdef uint32_t linktype = true_linktype(self.get16(b)), snaplen = self.get32(b + 4)
        key = (self.swapped, <bytes>b[:n]) if n <= KEPT_DESCRIPTION else None
        known = self.parsed.get(key)
        if known is not None:
            return known
        per_second, binary, offset = 1000000, 0, 0
        options = self.options(b + 8, b + n)
        for code, value in options:
            if code == OPT_TIME_RESOLUTION and len(value) == 1:
                per_second, binary = resolution(value[0])
            elif code == OPT_TIME_OFFSET and len(value) == 8:
                offset = int.from_bytes(value, self.byte_order(), signed=True)
        self.described_bytes += sum([len(value) + 64 for _, value in options])
        if self.described_bytes > MAX_DESCRIBED_BYTES:
            options = []
        found = (described(linktype, snaplen, options, swapped=self.swapped), per_second, binary, offset)
        if key is not None:
            if len(self.parsed) >= KEPT_DESCRIPTIONS:
                self.parsed.clear()
            self.parsed[key] = found
        return found

    cdef int place_of(self, interface) except -1:
        """The interface's row. A later section that describes it again means the same one."""
        nth = self.used.get(interface, 0)
        self.used[interface] = nth + 1
        row = self.places.get((interface, nth))
        if row is None:
            if len(self.places) >= MAX_INTERFACES:
                raise MalformedError(f"more than {MAX_INTERFACES} interfaces in a file")
            row = self.places[interface, nth] = self.take_row(interface, nth)
        return row

    def byte_order(self) -> str:
        return {"little": "big", "big": "little"}[sys.byteorder] if self.swapped else sys.byteorder

    cdef int interface_statistics(self, const uint8_t *b, uint32_t n) except -1:
        """Keep an interface's counters: later ones of this section replace them. Of an unknown interface they are
        ignored, as they can do no harm."""
        cdef uint32_t interface
        cdef Described *one
        if n < 12:
            raise MalformedError("interface statistics block is too short")
        interface = self.get32(b)
        if interface < self.count:
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


cdef tuple resolution(value):
    """Units in a second and binary digits (0: a power of 10) by if_tsresol: a negative power of 10, or of 2 where the
    highest bit is set."""
    digits = value & 0x7f
    if value & 0x80:
        if digits > 63:
            raise MalformedError(f"time stamp resolution of 2^-{digits} s is not supported")
        return 1 << digits, digits
    if value > 19:
        raise MalformedError(f"time stamp resolution of 10^-{value} s is not supported")
    return 10 ** value, 0


cdef int64_t moved(int64_t seconds, int64_t offset) noexcept nogil:
    """seconds + offset, kept within what a Packet's time can hold."""
    if offset > LATEST:
        return LATEST
    if offset < -LATEST:
        return -LATEST + 1
    seconds += offset
    return LATEST if seconds > LATEST else -LATEST + 1 if seconds <= -LATEST else seconds
