"""What a section of a pcapng file says of itself and of its interfaces (draft-ietf-opsawg-pcapng, sections 4.1 to 4.6).

The byte order is the section's, and interfaces are numbered within it; their options, time resolutions and offsets are
understood here, and what their statistics say.
"""

import sys

from libc.stdint cimport UINT64_MAX
from libc.stdlib cimport free, realloc
from libc.string cimport memcmp, memset

from ptcpdump.sources.descriptions cimport described
from ptcpdump.net.interface import Statistics
from ptcpdump.sources.reader cimport read64, true_linktype

cdef enum:
    OPT_END = 0
    OPT_TIME_RESOLUTION = 9         # if_tsresol
    OPT_TIME_OFFSET = 14            # if_tsoffset
    OPT_STARTED = 2                 # isb_starttime
    OPT_ENDED = 3                   # isb_endtime
    OPT_FIRST_COUNTER = 4           # isb_ifrecv, and the others of COUNTERS up to isb_usrdeliv

    MAX_INTERFACES = 65536
    MAX_OPTIONS = 4096              # of one block, and bytes of theirs: what comes behind is left out
    MAX_OPTION_BYTES = 1048576
    MAX_DESCRIBED_BYTES = 16777216  # options of all interfaces; later ones have none
    KEPT_DESCRIPTIONS = 256         # that are parsed once however often they come, and bytes of one
    KEPT_DESCRIPTION = 1024

cdef int64_t LATEST = 9223372036    # the last second (in the year 2262) that fits into a Packet's time


class MalformedError(Exception):
    """A block that can't be understood; the text says why."""


cdef class Description:
    """What a description says, and the interface of the file that it means: see Alike."""


cdef class Alike:
    """Interfaces of the file that are described alike: the first of a section is the first of another one, too."""


cdef class Section:
    """The present section. take_row(interface, nth) gives an interface of the file its row of the interface table."""

    def __cinit__(self, take_row):
        self.take_row = take_row
        self.parsed = {}
        self.parsed_swapped = {}
        self.alike = {}

    def __dealloc__(self):
        free(self.described)
        free(self.places)

    cdef int begin(self, const uint8_t *header) except -1:
        """A new section, whose header's first 28 bytes are given: interfaces are numbered anew."""
        cdef bint swapped
        if memcmp(header + 8, b"\x1a\x2b\x3c\x4d", 4) == 0:
            swapped = sys.byteorder == "little"
        elif memcmp(header + 8, b"\x4d\x3c\x2b\x1a", 4) == 0:
            swapped = sys.byteorder != "little"
        else:
            raise MalformedError("unknown byte-order magic in a pcapng section header")
        self.add_up()
        self.swapped = swapped
        if self.get16(header + 12) != 1:
            raise MalformedError(f"unsupported pcapng version {self.get16(header + 12)}.{self.get16(header + 14)}")
        self.number += 1
        return 0

    cdef int interface(self, const uint8_t *b, uint32_t n) except -1:
        """Take in the body of an interface description."""
        cdef Described *one
        cdef Description found
        if n < 8:
            raise MalformedError("interface description block is too short")
        if self.count >= MAX_INTERFACES:
            raise MalformedError(f"more than {MAX_INTERFACES} interfaces in a section")
        if self.count >= self.room:
            self.described = <Described *>enlarged(self.described, max(1, 2 * self.room) * sizeof(Described))
            self.room = max(1, 2 * self.room)
        found = self.description(b, n)
        one = &self.described[self.count]
        memset(one, 0, sizeof(Described))
        one.linktype = true_linktype(self.get16(b))
        one.snaplen = self.get32(b + 4)
        one.per_second = found.per_second
        one.binary = found.binary
        one.offset = found.offset
        one.place = self.place_of(found.alike)
        one.row = self.places[one.place].row
        self.count += 1
        return 0

    cdef Description description(self, const uint8_t *b, uint32_t n):
        """What a description says.

        Files that were joined describe the same one over and over: it is parsed once.
        """
        cdef dict parsed = self.parsed_swapped if self.swapped else self.parsed
        cdef bytes key = b[:n] if n <= KEPT_DESCRIPTION else None
        cdef Description found = <Description>parsed.get(key)
        if found is not None:
            return found
        found = Description.__new__(Description)
        found.per_second = 1000000
        options = self.options(b + 8, b + n)
        for code, value in options:
            if code == OPT_TIME_RESOLUTION and len(value) == 1:
                found.per_second, found.binary = resolution(value[0])
            elif code == OPT_TIME_OFFSET and len(value) == 8:
                found.offset = int.from_bytes(value, self.byte_order(), signed=True)
        for _, value in options:
            self.described_bytes += len(value) + 64
        if self.described_bytes > MAX_DESCRIBED_BYTES:
            options = []
        interface = described(true_linktype(self.get16(b)), self.get32(b + 4), options, self.swapped)
        found.alike = Alike.__new__(Alike)
        found.alike = self.alike.setdefault(interface, found.alike)
        if found.alike.interface is None:
            found.alike.interface = interface
            found.alike.places = []
        if key is not None:
            if len(parsed) >= KEPT_DESCRIPTIONS:
                parsed.clear()
            parsed[key] = found
        return found

    cdef int place_of(self, Alike alike) except -1:
        """The number in the file of an interface. A later section that describes it again means the same one."""
        cdef Place *place
        cdef uint32_t nth
        if alike.section != self.number:
            alike.section = self.number
            alike.times = 0
        nth = alike.times
        alike.times += 1
        if nth < <uint32_t>len(alike.places):
            return alike.places[nth]
        if self.places_count >= MAX_INTERFACES:
            raise MalformedError(f"more than {MAX_INTERFACES} interfaces in a file")
        if self.places_count >= self.places_room:
            self.places = <Place *>enlarged(self.places, max(1, 2 * self.places_room) * sizeof(Place))
            self.places_room = max(1, 2 * self.places_room)
        place = &self.places[self.places_count]
        memset(place, 0, sizeof(Place))
        place.row = self.take_row(alike.interface, nth)
        alike.places.append(self.places_count)
        self.places_count += 1
        return self.places_count - 1

    def byte_order(self) -> str:
        return {"little": "big", "big": "little"}[sys.byteorder] if self.swapped else sys.byteorder

    cdef int interface_statistics(self, const uint8_t *b, uint32_t n) except -1:
        """Keep an interface's counters: later ones of this section replace them. Of an unknown interface they are
        ignored, as they can do no harm."""
        cdef uint32_t interface, code, size
        cdef const uint8_t *o = b + 12
        cdef const uint8_t *end = b + n
        cdef Described *one
        if n < 12:
            raise MalformedError("interface statistics block is too short")
        interface = self.get32(b)
        if interface >= self.count:
            return 0
        one = &self.described[interface]
        one.counted = True
        one.counters.known = 0
        while o + 4 <= end:
            code = self.get16(o)
            size = self.get16(o + 2)
            if code == OPT_END or size > end - o - 4:
                break
            if size == 8 and OPT_FIRST_COUNTER <= code < OPT_FIRST_COUNTER + COUNTERS:
                one.counters.numbers[code - OPT_FIRST_COUNTER] = read64(o + 4, self.swapped)
                one.counters.known |= 1 << code
            elif size == 8 and code == OPT_STARTED:
                one.counters.started = self.time_of(one, o + 4)
                one.counters.known |= 1 << code
            elif size == 8 and code == OPT_ENDED:
                one.counters.ended = self.time_of(one, o + 4)
                one.counters.known |= 1 << code
            o += 4 + ((size + 3) & ~<uint32_t>3)
        return 0

    cdef void add_up(self) noexcept:
        """The section is over: what its statistics say counts."""
        cdef uint32_t i
        cdef Place *place
        for i in range(self.count):
            if self.described[i].counted:
                place = &self.places[self.described[i].place]
                place.counted = True
                add(&place.counters, &self.described[i].counters)
        self.count = 0

    cdef list take_statistics(self):
        """(row, Statistics) of each interface of which the file tells any, all sections together."""
        cdef uint32_t i, code
        cdef Counters *c
        told = []
        self.add_up()
        for i in range(self.places_count):
            if self.places[i].counted:
                c = &self.places[i].counters
                numbers = [c.numbers[code] if c.known >> OPT_FIRST_COUNTER + code & 1 else None for code in range(COUNTERS)]
                told.append((self.places[i].row, Statistics(
                    *numbers, c.started if c.known >> OPT_STARTED & 1 else None,
                    c.ended if c.known >> OPT_ENDED & 1 else None)))
                self.places[i].counted = False
                c.known = 0
        return told

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


cdef void *enlarged(void *memory, size_t size) except NULL:
    cdef void *more = realloc(memory, size)
    if more == NULL:
        raise MemoryError
    return more


cdef void add(Counters *to, const Counters *more) noexcept:
    """As Statistics are added: numbers up to the largest that there is, from the first start to the last end."""
    cdef int i
    cdef uint32_t both = to.known & more.known, first = more.known & ~to.known
    for i in range(COUNTERS):
        if both >> OPT_FIRST_COUNTER + i & 1:
            to.numbers[i] = (to.numbers[i] + more.numbers[i] if more.numbers[i] <= UINT64_MAX - to.numbers[i]
                             else UINT64_MAX)
        elif first >> OPT_FIRST_COUNTER + i & 1:
            to.numbers[i] = more.numbers[i]
    if first >> OPT_STARTED & 1 or (both >> OPT_STARTED & 1 and more.started < to.started):
        to.started = more.started
    if first >> OPT_ENDED & 1 or (both >> OPT_ENDED & 1 and more.ended > to.ended):
        to.ended = more.ended
    to.known |= more.known


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
