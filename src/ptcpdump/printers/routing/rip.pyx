"""RIP of version 1 and 2 (RFC 1058, 2453, 2091, 4822) and RIPng (RFC 2080)."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    REQUEST = 1
    RESPONSE = 2
    INET = 2
    AUTHENTICATION = 0xFFFF
    HEADER = 4
    ROUTE = 20

cdef Names COMMANDS = names({
    1: b"Request", 2: b"Response", 3: b"Trace on", 4: b"Trace off", 6: b"Triggered Request", 7: b"Triggered Response",
    8: b"Triggered Acknowledgement", 9: b"Update Request", 10: b"Update Response", 11: b"Update Acknowledge",
})
cdef Names FAMILIES = names({
    2: b"IPv4", 6: b"NS", 7: b"ISO", 16: b"AppleTalk", 23: b"IPX", 24: b"IPv6", 28: b"IPv6", 30: b"IPv6"})


cdef void print_rip(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A packet from or to port 520: the header, and with -v the routes."""
    cdef uint8_t version, command
    d.protocol = b"rip"
    say_either(d, d.opt.verbose, b"\n\tRIP", b"RIP")
    if length < HEADER:
        say_too_short(d, b"packet length", length, HEADER)
        say_invalid(d)
        return
    version, command = u8(d, p + 1), u8(d, p)
    say_value(d, b"v", version)
    if version != 1 and version != 2:
        say(d, b" [version != 1 && version != 2] (invalid)")
        return
    say(d, b", ")
    say_named_or(d, &COMMANDS, command, b"unknown command (", b")")
    say_value(d, b", length: ", length)
    need(d, p, HEADER)
    if not d.opt.verbose:
        return
    if command == REQUEST or command == RESPONSE:
        print_routes(d, p, length, version)
    elif d.opt.verbose > 1 or name_of(&COMMANDS, command, NULL) == NULL:
        say_unknown(d, b"\n\t", p + HEADER, length - HEADER)


cdef void print_routes(Dissection *d, const uint8_t *p, uint32_t length, uint8_t version) noexcept nogil:
    cdef uint32_t at = HEADER, size
    say_value(d, b", routes: ", (length - HEADER) // ROUTE)
    if version != 1:
        say(d, b" or less")
    while at < length:
        size = print_route1(d, p + at, length - at) if version == 1 else print_entry2(d, p + at, length - at)
        if size == 0:
            return
        if length - at < size:
            say_too_short(d, b"remaining entries length", length - at, size)
            say_invalid(d)
            return
        at += size
    if d.opt.verbose > 1:       # which shows what is left, nothing here, as bytes
        need(d, p + at, 0)


cdef uint32_t too_short(Dissection *d, uint32_t found, uint32_t wanted) noexcept nogil:
    say_too_short(d, b"remaining data length", found, wanted)
    say_invalid(d)
    return 0


cdef uint32_t print_route1(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """A route of version 1 (RFC 1058, section 3.1); returns its size, 0 if the rest makes no sense."""
    cdef uint16_t family
    if rest < ROUTE:
        return too_short(d, rest, ROUTE)
    need(d, p, ROUTE)
    family = u16(d, p)
    if family != 0 and family != INET:
        say(d, b"\n\t AFI ")
        say_named_or(d, &FAMILIES, family, b"Unknown (", b")")
        say(d, b", ")
        say_unknown(d, b"\n\t  ", p + 4, ROUTE - 4)
    elif u16(d, p + 2) or u64(d, p + 8):
        say_unknown(d, b"\n\t  ", p, ROUTE)
    else:
        say_either(d, family, b"\n\t  ", b"\n\t  AFI 0, ")
        say_ip4(d, p + 4)
        say_value(d, b", metric: ", u32(d, p + 16))
    return ROUTE


cdef uint32_t print_entry2(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """A route or an authentication entry of version 2; returns its size, 0 if the rest makes no sense."""
    cdef uint16_t family
    if rest < 4:
        return too_short(d, rest, 4)
    need(d, p, 4)
    family = u16(d, p)
    if family == AUTHENTICATION:
        return print_authentication(d, u16(d, p + 2), p + 4, rest - 4)
    if family != 0 and family != INET:
        say(d, b"\n\t  AFI ")
        say_named_or(d, &FAMILIES, family, b"Unknown (", b")")
        say_unknown(d, b"\n\t  ", p + 4, ROUTE - 4)
        return ROUTE
    if rest < ROUTE:
        return too_short(d, rest, ROUTE)
    need(d, p + 4, 8)
    say_either(d, family, b"\n\t  AFI IPv4, ", b"\n\t  AFI 0, ")
    say_net(d, p + 4, u32(d, p + 8))
    need(d, p + 16, 4)
    say(d, b", tag 0x")
    say_hex(d, u16(d, p + 2), 4)
    say_value(d, b", metric: ", u32(d, p + 16))
    say(d, b", next-hop: ")
    if u32(d, p + 12):
        say_ip4(d, p + 12)
    else:
        say(d, b"self")
    return ROUTE


cdef void say_net(Dissection *d, const uint8_t *address, uint32_t mask) noexcept nogil:
    """An address and the width of its mask in columns; -1 where the mask's ones are not contiguous."""
    cdef char text[16]
    cdef int64_t width = 0, size = write_ip4(text, address) - text
    cdef uint32_t ones = mask
    while ones >> 31:
        ones <<= 1
        width += 1
    if ones:
        width = -1
    while size < 15:
        say_char(d, b' ')
        size += 1
    put_ip4_number(d.out, address)
    say_char(d, b'/')
    put_int(d.out, width)
    if 0 <= width < 10:
        say_char(d, b' ')


cdef uint32_t print_authentication(Dissection *d, uint16_t kind, const uint8_t *p, uint32_t rest) noexcept nogil:
    """An authentication entry (RFC 2453, section 4.1; RFC 4822); returns its size with the header."""
    cdef uint32_t i
    if kind == 2:
        say(d, b"\n\t  Simple Text Authentication data: ")
        for i in range(16):
            if u8(d, p + i) == 0:
                break
            say_safe_char(d, p[i])
        return ROUTE
    if kind == 3:
        if rest < 16:
            return too_short(d, rest, 16)
        say_value(d, b"\n\t  Auth header: Packet Len ", u16(d, p))
        say_char(d, b',')
        say_value(d, b" Key-ID ", u8(d, p + 2))
        say_char(d, b',')
        say_value(d, b" Auth Data Len ", u8(d, p + 3))
        say_char(d, b',')
        say_value(d, b" SeqNo ", u32(d, p + 4))
        say_char(d, b',')
        say_value(d, b" MBZ ", u32(d, p + 8))
        say_char(d, b',')
        say_value(d, b" MBZ ", u32(d, p + 12))
        return ROUTE
    if kind == 1:
        say(d, b"\n\t  Auth trailer:")
    else:
        say_value(d, b"\n\t  Unknown (", kind)
        say(d, b") Authentication data:")
    say_unknown(d, b"\n\t  ", p, rest)
    return 4 + rest


cdef void print_ripng(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A packet from or to port 521."""
    cdef uint32_t entries, i
    cdef uint8_t command
    cdef const uint8_t *route = p + HEADER
    d.protocol = b"ripng"
    if u8(d, p + 1) != 1:
        say_value(d, b" [vers ", p[1])
        say(d, b"] (invalid)")
        return
    command = u8(d, p)
    if command != REQUEST and command != RESPONSE:
        say_value(d, b" ripng-", command)
        say_value(d, b" ?? ", length)
        say_invalid(d)
        return
    if length < HEADER:
        say_invalid(d)
        return
    entries = (length - HEADER) // ROUTE
    if command == REQUEST and entries == 1 and u8(d, route + 19) == 16 and u64(d, route) == u64(d, route + 8) == 0:
        say(d, b" ripng-req dump")
        return
    say_value(d, b" ripng-req " if command == REQUEST else b" ripng-resp ", entries)
    if HEADER + entries * ROUTE != length:
        say_value(d, b"[", length)
        say_char(d, b']')
    say_char(d, b':')
    for i in range(entries):
        say_either(d, d.opt.verbose > 1, b"\n\t", b" ")
        need(d, route + 18, 1)
        say_ip6(d, route)
        say_value(d, b"/", u8(d, route + 18))
        if u16(d, route + 16):
            say_value(d, b" [", u16(d, route + 16))
            say_char(d, b']')
        if u8(d, route + 19) and command == RESPONSE:
            say_value(d, b" (", u8(d, route + 19))
            say_char(d, b')')
        route += ROUTE
    if HEADER + entries * ROUTE != length:
        say_invalid(d)


export_printer(__name__, "print_rip", print_rip)
export_printer(__name__, "print_ripng", print_ripng)
