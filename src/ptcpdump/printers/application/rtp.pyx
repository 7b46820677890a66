"""Real-time audio and video: RTP and RTCP (RFC 3550), and the older vat and vt; chosen with -T or vat's port."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from ptcpdump.printers.base.core cimport *

cdef enum:
    SENDER_REPORT = 200
    RECEIVER_REPORT = 201
    DESCRIPTION = 202
    GOODBYE = 203
    REPORT_HEADER = 8       # flags, length, sender
    SENDER_INFO = 20
    REPORT_BLOCK = 24
    H261 = 31


cdef bint too_short(Dissection *d, const char *name, uint32_t length, uint32_t wanted) noexcept nogil:
    """Say so when a packet is shorter than its header."""
    if length >= wanted:
        return False
    say(d, name)
    say_value(d, b", length ", length)
    say_value(d, b" < ", wanted)
    return True


cdef void print_vat(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The header of vat (audio) or of vt, told apart by bits that vat leaves zero."""
    cdef uint16_t first
    cdef uint32_t word
    d.protocol = b"vat"
    if too_short(d, b"udp/va/vat", length, 2):
        return
    first = u16(d, p)
    if first & 0xf060:
        say_value(d, b"udp/vt ", length)
        say_value(d, b" ", first & 0x3ff)
        say_value(d, b" / ", first >> 10)
        return
    if too_short(d, b"udp/vat", length, 8):
        return
    word = u32(d, p)
    say_value(d, b"udp/vat ", length - 8)
    say_value(d, b" c", word & 0xffff)
    say_char(d, b' ')
    say_dec(d, u32(d, p + 4))
    if word & 0x800000:
        say_char(d, b'*')
    if word & 0x1f0000:
        say_value(d, b" f", word >> 16 & 0x1f)
    if word & 0x3f000000:
        say_value(d, b" s", word >> 24 & 0x3f)


cdef void print_rtp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RTP of version 2, or of version 1 as the drafts had it."""
    cdef uint32_t first, size, kind, words
    cdef const uint8_t *q
    cdef bint options = False, extension = False, marker, version1
    d.protocol = b"rtp"
    if too_short(d, b"udp/rtp", length, 8):
        return
    first = u32(d, p)
    need(d, p + 4, 4)
    version1 = first >> 30 == 1
    if version1:
        options = first & 0x800000 != 0
        marker = first & 0x400000 != 0
        kind = first >> 16 & 0x3f
        size = 8
    else:
        if too_short(d, b"udp/rtp", length, 12):
            return
        extension = first & 0x10000000 != 0
        marker = first & 0x800000 != 0
        kind = first >> 16 & 0x7f
        size = 12
    say(d, b"udp/rtpv1 " if version1 else b"udp/rtp ")
    say_dec(d, length - size)
    say_value(d, b" c", kind)
    say(d, b" +" if options or extension else b" ")
    if marker:
        say_char(d, b'*')
    say_value(d, b" ", first & 0xffff)
    say_value(d, b" ", u32(d, p + 4))
    if not d.opt.verbose:
        return
    say_char(d, b' ')
    say_dec(d, u32(d, p + 8))
    q = p + size
    words = (length - size) // 4
    if options and not skip_options(d, &q, &words):
        return
    if extension and not skip_extension(d, &q, words):
        return
    if kind == H261:
        say(d, b" 0x")
        say_hex(d, u32(d, q) >> 16, 4)


cdef bint skip_options(Dissection *d, const uint8_t **q, uint32_t *words) noexcept nogil:
    """The options of version 1: a final bit, a type, a length in words. False when one of them is wrong."""
    cdef uint32_t option, size
    while True:
        option = u32(d, q[0])
        size = option >> 16 & 0xff
        if size == 0 or size > words[0]:
            say(d, b" !opt")
            return False
        q[0] += 4 * size
        words[0] -= size
        if option >> 31:
            return True


cdef bint skip_extension(Dissection *d, const uint8_t **q, uint32_t words) noexcept nogil:
    """The header extension of RFC 3550, section 5.3.1. False when it is longer than the packet."""
    cdef uint32_t size = (u32(d, q[0]) & 0xffff) + 1
    if size > words:
        say(d, b" !ext")
        return False
    q[0] += 4 * size
    return True


cdef void print_rtcp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The packets of a compound one; like tcpdump, up to the end of what was captured."""
    d.protocol = b"rtcp"
    while p < d.end:
        if not has(d, p, REPORT_HEADER):
            say_mark(d)
            return
        if not print_report(d, p):
            return
        p += 4 * (<uint32_t>u16(d, p + 2) + 1)


cdef bint print_report(Dissection *d, const uint8_t *p) noexcept nogil:
    """One packet of a compound one; False when it is truncated."""
    cdef uint32_t size = 4 * (<uint32_t>u16(d, p + 2) + 1), blocks = p[0] & 0x1f, expected = 0
    cdef uint8_t kind = p[1]
    cdef const uint8_t *block = p + REPORT_HEADER
    if kind == SENDER_REPORT:
        say(d, b" sr")
        expected = blocks * REPORT_BLOCK + SENDER_INFO + REPORT_HEADER
    elif kind == RECEIVER_REPORT:
        say(d, b" rr")
        expected = blocks * REPORT_BLOCK + REPORT_HEADER
    elif kind == DESCRIPTION or kind == GOODBYE:
        say(d, b" sdes " if kind == DESCRIPTION else b" bye ")
        say_dec(d, size)
        blocks = 0
    else:
        say(d, b" type-0x")
        say_hex(d, kind, 1)
        say_value(d, b" ", size)
        return True
    if expected and size != expected:
        say_value(d, b" [", size)
        say_char(d, b']')
    if d.opt.verbose:
        say_value(d, b" ", u32(d, p + 4))
    if kind == SENDER_REPORT:
        if not has(d, block, SENDER_INFO):
            say_mark(d)
            return False
        say(d, b" @")
        say_fixed(d, u64(d, block), 32)
        say_value(d, b" ", u32(d, block + 8))
        say_value(d, b" ", u32(d, block + 12))
        say_value(d, b"p ", u32(d, block + 16))
        say_char(d, b'b')
        block += SENDER_INFO
    if blocks > 1:
        say_value(d, b" c", blocks)
    while blocks:
        if not has(d, block, REPORT_BLOCK):
            say_mark(d)
            return False
        print_block(d, block)
        block += REPORT_BLOCK
        blocks -= 1
    return True


cdef void print_block(Dissection *d, const uint8_t *p) noexcept nogil:
    """What one source's reception was like: lost packets, sequence number, jitter, the last report's times."""
    if d.opt.verbose:
        say_value(d, b" ", u32(d, p))
    say_value(d, b" ", u24(d, p + 5))
    say_value(d, b"l ", u32(d, p + 8))
    say_value(d, b"s ", u32(d, p + 12))
    say(d, b"j @")
    say_fixed(d, u32(d, p + 16), 16)
    say_char(d, b'+')
    say_fixed(d, u32(d, p + 20), 16)


cdef void say_fixed(Dissection *d, uint64_t v, int fraction) noexcept nogil:
    """A fixed-point number with two decimals, rounded as printf(3) does: halves to the even hundredth."""
    cdef uint64_t one = <uint64_t>1 << fraction, rest = v & (one - 1), whole = v >> fraction
    cdef uint64_t scaled = rest * 100, hundredths = scaled >> fraction, over = scaled & (one - 1)
    if over > one >> 1 or (over == one >> 1 and hundredths & 1):
        hundredths += 1
    if hundredths == 100:
        whole += 1
        hundredths = 0
    say_dec(d, whole)
    say_char(d, b'.')
    put_dec_pad(d.out, hundredths, 2, b'0')


export_printer(__name__, "print_vat", print_vat)
export_printer(__name__, "print_rtp", print_rtp)
export_printer(__name__, "print_rtcp", print_rtcp)
