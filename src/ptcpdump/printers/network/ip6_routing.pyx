"""The IPv6 routing header: type 0 (deprecated by RFC 5095), 2 (RFC 6275) and segment routing (RFC 8754)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    TLV_PAD1 = 0
    TLV_PADN = 4
    TLV_HMAC = 5


cdef Names TLVS = names({TLV_PAD1: b"Pad1", TLV_PADN: b"PadN", TLV_HMAC: b"HMAC"})


cdef int64_t print_routing(Dissection *d, const uint8_t *p) noexcept nogil:
    cdef uint32_t units, kind
    cdef bint valid
    d.protocol = b"rt6"
    say(d, b"RT6")
    units = u8(d, p + 1)
    say(d, b" (len=")
    say_dec(d, units)
    kind = u8(d, p + 2)
    say(d, b", type=")
    say_dec(d, kind)
    if kind == 0:
        say(d, b" [Deprecated]")
    need(d, p, 4)
    say(d, b", segleft=")
    say_dec(d, p[3])
    if kind == 0 or kind == 2:
        valid = print_addresses(d, p, units)
        if valid and units >= 2:
            d.destination = p + 8 + (units / 2 - 1) * 16
    elif kind == 4:
        valid = print_segments(d, p, units)
        if valid and units >= 2:
            d.destination = p + 8       # the segment list is written backwards
    else:
        say(d, b" (unknown type)")
        valid = False
    if not valid:
        say_invalid(d)
        return -1
    say(d, b") ")
    return (units + 1) * 8


cdef void say_segment(Dissection *d, uint32_t index, const uint8_t *p) noexcept nogil:
    need(d, p, 16)
    say(d, b", [")
    say_dec(d, index)
    say_char(d, b']')
    say_ip6(d, p)


cdef bint print_addresses(Dissection *d, const uint8_t *p, uint32_t units) noexcept nogil:
    cdef uint32_t i
    if u32(d, p + 4) or d.opt.verbose:
        say(d, b", rsv=0x")
        say_hex(d, u32(d, p + 4), 1)
    if units & 1:
        say(d, b" [length ")
        say_dec(d, units)
        say_char(d, b']')
        return False
    for i in range(units / 2):
        say_segment(d, i, p + 8 + 16 * i)
    return True


cdef bint print_segments(Dissection *d, const uint8_t *p, uint32_t units) noexcept nogil:
    cdef uint32_t i, last = u8(d, p + 4)
    say(d, b", last-entry=")
    say_dec(d, last)
    if u8(d, p + 5) or d.opt.verbose:
        say(d, b", flags=0x")
        say_hex(d, p[5], 1)
    need(d, p, 8)
    say(d, b", tag=")
    say_hex(d, u16(d, p + 6), 1)
    for i in range(last + 1):
        say_segment(d, i, p + 8 + 16 * i)
    if (last + 1) * 2 < units:
        return print_tlvs(d, p + 8 + (last + 1) * 16, (units - (last + 1) * 2) * 8)
    return True


cdef bint print_tlvs(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The TLV objects behind a segment list (RFC 8754, section 2.1); False when a length makes no sense."""
    cdef uint32_t kind, size
    while length > 0:
        kind = u8(d, p)
        say(d, b", TLV-type=")
        say(d, name_of(&TLVS, kind, b"Unknown"))
        say_char(d, b'(')
        say_dec(d, kind)
        say_char(d, b')')
        p += 1
        length -= 1
        if kind == TLV_PAD1:
            continue
        if length == 0:
            return True
        size = u8(d, p)
        say(d, b", TLV-len=")
        say_dec(d, size)
        p += 1
        length -= 1
        if kind == TLV_PADN and size > 5:
            say(d, b" [PadN length ")
            say_dec(d, size)
            say(d, b" > 5]")
            return False
        if kind == TLV_HMAC:
            if not check_rest(d, length, 6):
                return False
            print_hmac(d, p)
            p += 6
            length -= 6
        elif kind != TLV_PADN and d.opt.verbose:
            say(d, b", TLV-value=0x")
        if not check_rest(d, length, size):
            return False
        need(d, p, size)
        if kind != TLV_PADN and d.opt.verbose:
            put_hex_bytes(d.out, p, size)
        p += size
        length -= size
    return True


cdef bint check_rest(Dissection *d, uint32_t length, uint32_t wanted) noexcept nogil:
    if length >= wanted:
        return True
    say(d, b" [remaining length ")
    say_dec(d, length)
    say(d, b" < ")
    say_dec(d, wanted)
    say_char(d, b']')
    return False


cdef void print_hmac(Dissection *d, const uint8_t *p) noexcept nogil:
    """D flag and key of an HMAC TLV (RFC 8754, section 2.1.2)."""
    cdef uint32_t flags = u16(d, p)
    cdef uint32_t key = u32(d, p + 2)
    if not d.opt.verbose:
        return
    say(d, b", D=")
    say_dec(d, flags >> 15)
    if flags & 0x7fff:
        say(d, b", reserved MBZ ")
        say_dec(d, flags & 0x7fff)
    say(d, b", HMAC-key-ID=0x")
    say_hex(d, key, 2)
    say(d, b", HMAC=0x")
