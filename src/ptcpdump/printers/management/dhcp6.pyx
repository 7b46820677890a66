"""DHCP for IPv6 (RFC 8415) with relay messages, options in options and lease queries (RFC 5007)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names
from ptcpdump.printers.management.dhcp6_options cimport print_content, say_option

from ptcpdump.printers.management import dhcp6_tables as tables

cdef enum:
    RELAY_FORWARD = 12
    RELAY_REPLY = 13
    RELAY_HEADER = 34       # type, hop count, link address, peer address
    NESTING = 32            # options hold options: how deep is followed
    IA_NA = 3               # options
    IA_TA = 4
    IA_ADDR = 5
    RELAY_MESSAGE = 9
    IA_PD = 25
    IA_PREFIX = 26
    LEASE_QUERY = 44
    CLIENT_DATA = 45

cdef Names MESSAGES = names(tables.MESSAGES)
cdef Names QUERIES = names({1: b"by-address", 2: b"by-clientID"})


cdef void print_dhcp6(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A message from or to port 546 or 547."""
    print_message(d, p, min(left(d, p), length), 0)


cdef void print_message(Dissection *d, const uint8_t *p, uint32_t length, int depth) noexcept nogil:
    """A message, captured all; relayed ones lie inside an option of another."""
    cdef uint32_t header = 4
    cdef uint8_t kind
    d.protocol = b"dhcp6"
    say(d, b"dhcp6")
    if length < 4:
        say_mark(d)
        return
    kind = u8(d, p)
    say_char(d, b' ')
    say_named(d, &MESSAGES, kind, b"msgtype-")
    if not d.opt.verbose:
        return
    say(d, b" (")
    if kind == RELAY_FORWARD or kind == RELAY_REPLY:
        header = RELAY_HEADER
        if length < header:
            truncated(d)
        say(d, b"linkaddr=")
        say_ip6(d, p + 2)
        say(d, b" peeraddr=")
        say_ip6(d, p + 18)
    else:
        say(d, b"xid=")
        say_hex(d, u24(d, p + 1), 1)
    print_options(d, p + header, length - header, depth)
    say_char(d, b')')


cdef void print_options(Dissection *d, const uint8_t *p, uint32_t rest, int depth) noexcept nogil:
    """The options of `rest` bytes, each in parentheses."""
    cdef uint16_t kind
    cdef uint32_t length
    while rest:
        if rest < 4:
            say_mark(d)
            return
        kind, length = u16(d, p), u16(d, p + 2)
        if length > rest - 4:
            say_mark(d)
            return
        say(d, b" (")
        say_option(d, kind)
        if not print_option(d, kind, p + 4, length, depth):
            say_mark(d)
            return
        p += 4 + length
        rest -= 4 + length


cdef bint print_option(Dissection *d, uint16_t kind, const uint8_t *p, uint32_t length, int depth) noexcept nogil:
    """One option's content and the closing parenthesis; False where it ends too early."""
    cdef int header = header_of(kind) if depth < NESTING else -1
    cdef uint32_t i
    if header >= 0:
        if length < <uint32_t>header:
            say(d, b" ?)")
            return True
        print_header(d, kind, p)
        print_options(d, p + header, length - header, depth + 1)
    elif kind == RELAY_MESSAGE and depth < NESTING:
        say(d, b" (")
        print_message(d, p, length, depth + 1)  # and one parenthesis for both, as tcpdump has it
    elif kind in (22, 23, 27, 28, 31, 34, 40, 48):
        if length % 16:
            say(d, b" ?")
        else:
            for i in range(0, length, 16):
                say_char(d, b' ')
                say_ip6(d, p + i)
    elif not print_content(d, kind, p, length):
        return False
    say_char(d, b')')
    return True


cdef inline int header_of(uint16_t kind) noexcept nogil:
    """Of an option that holds other options, the bytes that stand before those; -1 for the others."""
    if kind == IA_NA or kind == IA_PD:
        return 12
    if kind == IA_TA:
        return 4
    if kind == IA_ADDR:
        return 24
    if kind == IA_PREFIX:
        return 25
    if kind == LEASE_QUERY:
        return 17
    return 0 if kind == CLIENT_DATA else -1


cdef void print_header(Dissection *d, uint16_t kind, const uint8_t *p) noexcept nogil:
    """What stands there."""
    if kind in (IA_NA, IA_PD, IA_TA):
        say_value(d, b" IAID:", u32(d, p))
        if kind != IA_TA:
            say_value(d, b" T1:", u32(d, p + 4))
            say_value(d, b" T2:", u32(d, p + 8))
    elif kind == IA_ADDR:
        say_char(d, b' ')
        say_ip6(d, p)
        say_lifetimes(d, p + 16)
    elif kind == IA_PREFIX:                     # RFC 8415, section 21.22
        say_char(d, b' ')
        say_ip6(d, p + 9)
        say_value(d, b"/", u8(d, p + 8))
        say_lifetimes(d, p)
    elif kind == LEASE_QUERY:                   # RFC 5007
        say_char(d, b' ')
        say_named(d, &QUERIES, u8(d, p), b"type_")
        say_char(d, b' ')
        say_ip6(d, p + 1)


cdef inline void say_lifetimes(Dissection *d, const uint8_t *p) noexcept nogil:
    """The preferred and the valid lifetime of an address or a prefix, in seconds."""
    say_value(d, b" pltime:", u32(d, p))
    say_value(d, b" vltime:", u32(d, p + 4))


export_printer(__name__, "print_dhcp6", print_dhcp6)
