"""Errors of ICMPv6 (RFC 4443, section 3), which quote the datagram that they are about."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names

cdef enum:
    QUOTE = 8                   # where the quoted datagram starts


cdef Names REASONS = names({
    0: b"unreachable route", 1: b" unreachable prohibited", 2: b"beyond scope", 3: b"unreachable address",
    4: b"unreachable port",
})

# RFC 4443 section 3.4, RFC 7112 section 6
cdef Names PROBLEMS = names({0: b", erroneous", 1: b", next header", 2: b", option", 3: b", incomplete header chain"})


cdef const uint8_t *quoted_transport(Dissection *d, const uint8_t *p, uint32_t *protocol) noexcept nogil:
    """The TCP or UDP header of the quoted datagram at p, behind its extension headers; NULL if there is none."""
    cdef uint32_t step = 40
    if not has(d, p, 7):
        return NULL
    protocol[0] = p[6]
    while p < d.end:
        p += step
        if protocol[0] == 6 or protocol[0] == 17:
            return p if has(d, p, 4) else NULL
        elif protocol[0] == 0 or protocol[0] == 43 or protocol[0] == 60:
            if not has(d, p, 2):
                return NULL
            step = (p[1] + 1) * 8
        elif protocol[0] == 44:
            if not has(d, p, 4) or u16(d, p + 2) & 0xfff8:
                return NULL     # only a first fragment has the ports
            step = 8
        elif protocol[0] == 51:
            if not has(d, p, 2):
                return NULL
            step = (p[1] + 2) * 4
        else:
            return NULL
        protocol[0] = p[0]
    return NULL


cdef bint print_unreachable(Dissection *d, const uint8_t *p, uint32_t code, uint32_t length) noexcept nogil:
    """False when the line ends here."""
    cdef uint32_t protocol = 0
    cdef const uint8_t *ports
    say(d, b", ")
    say_named_or(d, &REASONS, code, b"unknown unreach code (", b")")
    if code == 4:
        ports = quoted_transport(d, p + QUOTE, &protocol)
        if ports == NULL:
            say_mark(d)
            return False
        say(d, b", ")
        say_ip6(d, p + QUOTE + 24)
        if protocol == 6:
            say(d, b" tcp port ")
            say_tcp_port(d, u16(d, ports + 2))
        else:
            say(d, b" udp port ")
            say_udp_port(d, u16(d, ports + 2))
        return True
    if code > 4:
        if d.opt.verbose <= 1:
            say_unknown(d, b"\n\t", p, length)
            return False
        return True
    need(d, p + QUOTE + 24, 16)
    say_char(d, b' ')
    say_ip6(d, p + QUOTE + 24)
    if code == 2:
        say(d, b", source address ")
        say_ip6(d, p + QUOTE + 8)
    return True


cdef void print_parameter_problem(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil:
    need(d, p + QUOTE + 24, 16)
    say_named(d, &PROBLEMS, code, b", code-#")
    if code < 4:
        say(d, b" - octet ")
        say_dec(d, u32(d, p + 4))


cdef void print_time_exceeded(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil:
    if code == 0:
        need(d, p + QUOTE + 24, 16)
        say(d, b" for ")
        say_ip6(d, p + QUOTE + 24)
    elif code == 1:
        say(d, b" (reassembly)")
    else:
        say(d, b", unknown code (")
        say_dec(d, code)
        say_char(d, b')')
