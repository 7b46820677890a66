"""The hop-by-hop and destination options headers of IPv6 (RFC 8200, sections 4.3 and 4.6)."""

from ptcpdump.printers.base.core cimport *

cdef enum:
    OPTION_PAD1 = 0
    OPTION_PADN = 1
    OPTION_ROUTER_ALERT = 0x05      # RFC 2711
    OPTION_JUMBO = 0xc2             # RFC 2675
    OPTION_HOME_ADDRESS = 0xc9      # RFC 6275


cdef int64_t print_hop_by_hop(Dissection *d, const uint8_t *p, uint32_t *payload) noexcept nogil:
    d.protocol = b"hbh"
    return print_options_header(d, b"HBH ", p, payload)


cdef int64_t print_destination_options(Dissection *d, const uint8_t *p) noexcept nogil:
    d.protocol = b"dstopt"
    return print_options_header(d, b"DSTOPT ", p, NULL)


cdef int64_t print_options_header(Dissection *d, const char *name, const uint8_t *p, uint32_t *payload) noexcept nogil:
    cdef uint32_t size = (<uint32_t>u8(d, p + 1) + 1) * 8
    need(d, p, size)
    say(d, name)
    if not print_options(d, p + 2, size - 2, payload):
        return -1
    if d.opt.verbose:
        say_char(d, b' ')
    return size


cdef bint print_options(Dissection *d, const uint8_t *p, uint32_t length, uint32_t *payload) noexcept nogil:
    """The options in p[:length], which have been captured; False when their lengths make no sense."""
    cdef uint32_t size
    cdef bint jumbo_seen = False
    while length > 0:
        if p[0] == OPTION_PAD1:
            size = 1
        elif length < 2:
            say_short(d, length, 2)
            return False
        else:
            size = <uint32_t>p[1] + 2
        if size > length:
            say_short(d, length, size)
            return False
        if p[0] == OPTION_ROUTER_ALERT:
            if not check_size(d, b"(rtalert: invalid len ", p[1], 2):
                return False
            if d.opt.verbose:
                say(d, b"(rtalert: 0x")
                say_hex(d, u16(d, p + 2), 4)
                say(d, b") ")
        elif p[0] == OPTION_JUMBO:
            if not check_size(d, b"(jumbo: invalid len ", p[1], 4):
                return False
            print_jumbo(d, u32(d, p + 2), payload, jumbo_seen)
            jumbo_seen = True
        elif p[0] == OPTION_HOME_ADDRESS:
            if length < 18:
                say(d, b"(homeaddr: trunc)")
                say_invalid(d)
                return False
            if p[1] < 16 and not check_size(d, b"(homeaddr: invalid len ", p[1], 16):
                return False
            if d.opt.verbose:
                print_home_address(d, p, size)
        elif not d.opt.verbose:
            pass
        elif p[0] == OPTION_PAD1:
            say(d, b"(pad1)")
        elif p[0] == OPTION_PADN:
            say(d, b"(padn)")
        else:
            say(d, b"(opt_type 0x")
            say_hex(d, p[0], 2)
            say(d, b": len=")
            say_dec(d, p[1])
            say_char(d, b')')
        p += size
        length -= size
    return True


cdef void say_short(Dissection *d, uint32_t length, uint32_t wanted) noexcept nogil:
    say(d, b" [remaining length ")
    say_dec(d, length)
    say(d, b" < ")
    say_dec(d, wanted)
    say_char(d, b']')
    say_invalid(d)


cdef bint check_size(Dissection *d, const char *what, uint32_t size, uint32_t wanted) noexcept nogil:
    if size == wanted:
        return True
    say(d, what)
    say_dec(d, size)
    say_char(d, b')')
    say_invalid(d)
    return False


cdef void print_jumbo(Dissection *d, uint32_t jumbo, uint32_t *payload, bint seen) noexcept nogil:
    """A Jumbo Payload option: valid once, in a hop-by-hop header, above 65535, when the IPv6 header says 0."""
    cdef const char *note = b""
    if seen:
        note = b" - already seen"
    elif payload == NULL:
        note = b" - not a hop-by-hop option"
    elif payload[0] != 0:
        note = b" - payload len != 0"
    elif jumbo < 65536:
        note = b" - < 65536"
    else:
        payload[0] = jumbo
    if d.opt.verbose:
        say(d, b"(jumbo: ")
        say_dec(d, jumbo)
        say(d, note)
        say(d, b") ")


cdef void print_home_address(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """The home address (RFC 6275, section 6.3) and the sub-options that its first drafts allowed behind it."""
    cdef uint32_t at = 18, step
    say(d, b"(homeaddr: ")
    say_ip6(d, p + 2)
    while at < size:
        step = 1 if p[at] == OPTION_PAD1 else <uint32_t>p[at + 1] + 2 if at + 1 < size else 0
        if step == 0 or step > size - at:
            break
        if p[at] == OPTION_PAD1:
            say(d, b", pad1")
        elif p[at] == OPTION_PADN:
            say(d, b", padn")
        else:
            say(d, b", sopt_type 0x")
            say_hex(d, p[at], 2)
            say(d, b": len=")
            say_dec(d, p[at + 1])
        at += step
    say_char(d, b')')
