"""The options of packets in a pcapng file (draft-ietf-opsawg-pcapng, section 4.3): direction, comments, whose it is.

Whatever else there is (hashes, verdicts, custom options) is handed on in this machine's byte order, for whoever copies.
So are flags that say more than the direction: as the first of them.
"""

from libc.stdint cimport UINT64_MAX, uint16_t
from libc.string cimport memcpy

from ptcpdump.buffer cimport buffer_free, buffer_room, put_bytes
from ptcpdump.context.pid_table cimport PidPlace
from ptcpdump.sources.reader cimport read16, read32

cdef enum:
    OPT_END = 0
    OPT_COMMENT = 1
    OPT_FLAGS = 2                   # epb_flags and pack_flags
    OPT_DROPS = 4                   # epb_dropcount, u64
    OPT_PACKET_ID = 5               # epb_packetid, u64
    OPT_QUEUE = 6                   # epb_queue, u32
    OPT_VERDICT = 7                 # epb_verdict, u8 kind and, if an eBPF program of tc (1) or XDP (2) has decided, i64
    OPT_PROCESS_THREAD = 8          # epb_processid_threadid, two u32
    OPT_CUSTOM_TEXT = 2988          # custom options begin with an enterprise number, u32
    OPT_CUSTOM_BYTES = 2989
    OPT_CUSTOM_TEXT_HERE = 19372    # not to be copied
    OPT_CUSTOM_BYTES_HERE = 19373
    OPT_APPLE_PROCESS = 0x8001      # number of a process block, from 0 on, u32
    OPT_APPLE_EFFECTIVE = 0x8003    # on whose behalf, likewise

    DIRECTION = 3                   # of epb_flags; the rest: how it was received, its check sequence, errors of the link layer
    FLAGS_SIZE = 8                  # of the option

    MOST_APPLE = 65536              # process blocks of Apple's in a section; later ones are not known


cdef class PacketOptions:
    """Of one file; begin_section() for each of its sections."""

    def __cinit__(self):
        self.processes = Processes()
        buffer_room(&self.others, FLAGS_SIZE)

    def __dealloc__(self):
        buffer_free(&self.apple)
        buffer_free(&self.others)

    cdef int begin_section(self, bint swapped) except -1:
        self.swapped = swapped
        self.processes.begin_section()
        self.apple.len = 0
        return 0

    cdef bint process_block(self, const uint8_t *body, uint32_t n) except -1:
        """A custom block: of Wireshark's kind it describes a process, of other kinds it is somebody's own."""
        return self.processes.described(body, n, self.swapped) != 0

    cdef int apple_block(self, const uint8_t *body, uint32_t n) except -1:
        cdef uint64_t number
        if self.apple.len < MOST_APPLE * sizeof(number):
            number = self.processes.apple(body, n, self.swapped)
            put_bytes(&self.apple, &number, sizeof(number))
        return 0

    cdef void read(self, Packet *p, const uint8_t *o, const uint8_t *end, uint64_t drops=UINT64_MAX) noexcept nogil:
        """Options that run past the block are not looked at, as they can do no harm."""
        cdef const uint8_t *first = NULL
        cdef const uint8_t *last = NULL
        cdef const PidPlace *place
        cdef uint32_t code, n, padded, flags = 0, start = FLAGS_SIZE
        self.others.len = start     # room for flags before the others
        while o + 4 <= end:
            code = read16(o, self.swapped)
            n = read16(o + 2, self.swapped)
            padded = (n + 3) & ~<uint32_t>3
            if code == OPT_END or padded > end - o - 4:
                break
            if code == OPT_COMMENT:
                if first == NULL:
                    first = o
                last = o + 4 + padded
            elif code == OPT_FLAGS and n == 4:
                flags = read32(o + 4, self.swapped)
                p.direction = <uint8_t>(flags & DIRECTION)
            elif code == OPT_PROCESS_THREAD and n == 8:
                place = self.processes.pids.find(read32(o + 4, self.swapped))
                if place != NULL:       # of several owners the first that is known is shown
                    self.name(p, place.whole, read32(o + 8, self.swapped))
            elif (code == OPT_APPLE_PROCESS or code == OPT_APPLE_EFFECTIVE) and n == 4:
                if read32(o + 4, self.swapped) < self.apple.len // sizeof(uint64_t):
                    self.name(p, (<uint64_t *>self.apple.data)[read32(o + 4, self.swapped)], 0)
            else:
                self.keep(code, o + 4, n)
            o += 4 + padded
        if p.direction == DIRECTION:    # reserved
            p.direction = 0
        p.swapped = self.swapped
        if first != NULL:
            p.comments.data = <const char *>first
            p.comments.len = <uint32_t>(last - first)
        if flags & ~<uint32_t>DIRECTION:
            start = 0
            put_head(self.others.data, OPT_FLAGS, 4)
            flags = flags & ~<uint32_t>DIRECTION | p.direction
            memcpy(self.others.data + 4, &flags, 4)
        if drops != UINT64_MAX:
            self.keep_drops(drops)
        p.others.data = self.others.data + start
        p.others.len = <uint32_t>(self.others.len - start)

    cdef void name(self, Packet *p, uint64_t number, uint32_t tid) noexcept nogil:
        if p.process == 0:
            p.process = number
            p.tid = tid
            p.processes = <void *>self.processes
            p.further = self.further
        elif p.further_count < MOST_FURTHER and (number != p.process or tid != p.tid):
            self.further[p.further_count].process = number
            self.further[p.further_count].tid = tid
            p.further_count += 1

    cdef void keep(self, uint32_t code, const uint8_t *value, uint32_t n) noexcept nogil:
        """Keep an option whose numbers are turned round where they are in the other byte order."""
        cdef char head[4]
        cdef uint8_t number[8]
        cdef uint32_t zero = 0, wide = 0, before = 0, i
        if code == OPT_DROPS or code == OPT_PACKET_ID:
            wide = 8
        elif code == OPT_VERDICT and n == 9 and 1 <= value[0] <= 2:
            before, wide = 1, 8
        elif (code == OPT_QUEUE or code == OPT_CUSTOM_TEXT or code == OPT_CUSTOM_BYTES or code == OPT_CUSTOM_TEXT_HERE
              or code == OPT_CUSTOM_BYTES_HERE):
            wide = 4
        if not self.swapped or n < before + wide:
            before = wide = 0
        put_head(head, code, n)
        put_bytes(&self.others, head, 4)
        put_bytes(&self.others, value, before)
        for i in range(wide):
            number[i] = value[before + wide - 1 - i]
        put_bytes(&self.others, number, wide)
        put_bytes(&self.others, value + before + wide, n - before - wide)
        put_bytes(&self.others, &zero, ((n + 3) & ~<uint32_t>3) - n)

    cdef void keep_drops(self, uint64_t drops) noexcept nogil:
        """Keep as an option what an obsolete packet block says in a field of its own."""
        cdef char head[4]
        put_head(head, OPT_DROPS, 8)
        put_bytes(&self.others, head, 4)
        put_bytes(&self.others, &drops, 8)


cdef inline void put_head(char *to, uint32_t code, uint32_t n) noexcept nogil:
    """What an option of n bytes begins with."""
    cdef uint16_t head[2]
    head[0] = <uint16_t>code
    head[1] = <uint16_t>n
    memcpy(to, head, 4)
