"""BGP-4 (RFC 4271): named in a line, its messages decoded with -v."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcmp

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.routing.bgp_update cimport print_update, say_as_number, say_family

cdef enum:
    MARKER = 16
    HEADER = 19
    OPEN = 1
    UPDATE = 2
    NOTIFICATION = 3
    KEEPALIVE = 4
    ROUTE_REFRESH = 5
    MULTIPROTOCOL = 1       # capabilities
    GRACEFUL_RESTART = 64
    WIDE_AS = 65
    MULTIPLE_PATHS = 69
    CEASE = 6               # reasons
    MAX_PREFIXES = 1
    SHUTDOWN = 2
    RESET = 4

cdef Names MESSAGES = names({
    OPEN: b"Open", UPDATE: b"Update", NOTIFICATION: b"Notification", KEEPALIVE: b"Keepalive",
    ROUTE_REFRESH: b"Route Refresh",
})
cdef Names OPTIONS = names({1: b"Authentication Information", 2: b"Capabilities Advertisement"})

# IANA, "Capability Codes"
cdef Names CAPABILITIES = names({
    MULTIPROTOCOL: b"Multiprotocol Extensions", 2: b"Route Refresh", 3: b"Cooperative Route Filtering",
    5: b"Extended Next Hop Encoding", GRACEFUL_RESTART: b"Graceful Restart", WIDE_AS: b"32-Bit AS Number",
    67: b"Dynamic Capability", MULTIPLE_PATHS: b"Multiple Paths", 70: b"Enhanced Route Refresh",
    71: b"Long-Lived Graceful Restart (LLGR)", 128: b"Route Refresh (Cisco)",
})
cdef Names SEND_RECEIVE = names({1: b"Receive", 2: b"Send", 3: b"Both"})

# Error codes and subcodes of notifications (RFC 4271, 4.5; RFC 4486; RFC 6608), these behind eight bits of the code
cdef Names ERRORS = names({
    1: b"Message Header Error", 2: b"OPEN Message Error", 3: b"UPDATE Message Error", 4: b"Hold Timer Expired",
    5: b"Finite State Machine Error", 6: b"Cease", 7: b"Capability Message Error",
})
cdef Names SUBCODES = names({
    0x101: b"Connection Not Synchronized", 0x102: b"Bad Message Length", 0x103: b"Bad Message Type",
    0x201: b"Unsupported Version Number", 0x202: b"Bad Peer AS", 0x203: b"Bad BGP Identifier",
    0x204: b"Unsupported Optional Parameter", 0x205: b"Authentication Failure", 0x206: b"Unacceptable Hold Time",
    0x207: b"Capability Message Error",
    0x301: b"Malformed Attribute List", 0x302: b"Unrecognized Well-known Attribute",
    0x303: b"Missing Well-known Attribute", 0x304: b"Attribute Flags Error", 0x305: b"Attribute Length Error",
    0x306: b"Invalid ORIGIN Attribute", 0x307: b"AS Routing Loop", 0x308: b"Invalid NEXT_HOP Attribute",
    0x309: b"Optional Attribute Error", 0x30A: b"Invalid Network Field", 0x30B: b"Malformed AS_PATH",
    0x500: b"Unspecified Error", 0x501: b"In OpenSent State", 0x502: b"In OpenConfirm State",
    0x503: b"In Established State",
    0x601: b"Maximum Number of Prefixes Reached", 0x602: b"Administrative Shutdown", 0x603: b"Peer Unconfigured",
    0x604: b"Administrative Reset", 0x605: b"Connection Rejected", 0x606: b"Other Configuration Change",
    0x607: b"Connection Collision Resolution",
    0x701: b"Invalid Action Value", 0x702: b"Invalid Capability Length", 0x703: b"Malformed Capability Value",
    0x704: b"Unsupported Capability",
})


cdef void print_bgp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A segment to or from TCP port 179. Messages are found by their marker, wherever in the segment they begin."""
    cdef uint32_t end = min(length, left(d, p)), at = 0, expected = 0, size
    cdef uint8_t kind
    d.protocol = b"bgp"
    say(d, b": BGP")
    if not d.opt.verbose:
        return
    while at + MARKER <= end:
        if memcmp(p + at, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", MARKER) != 0:
            at += 1
            continue
        size, kind = u16(d, p + at + MARKER), u8(d, p + at + HEADER - 1)
        if at != expected:
            say_mark(d)
        if size < HEADER:
            say_value(d, b"\nmessage length ", size)
            say_value(d, b" < ", HEADER)
            say_invalid(d)
            return
        if not has(d, p + at, size):
            say(d, b"\n[|BGP ")
            say(d, name_of(&MESSAGES, kind, b"Unknown Message Type"))
            say_char(d, b']')
            return
        print_message(d, p + at, size)
        at += size
        expected = at


cdef inline void say_part(Dissection *d, const char *before, const Names *table, uint32_t kind, const char *middle,
                          uint32_t length) noexcept nogil:
    """A line about a part: its name, number and length."""
    say(d, before)
    say(d, name_of(table, kind, b"Unknown"))
    say(d, middle)
    say_dec(d, kind)
    say_value(d, b"), length: ", length)


cdef void print_message(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """One message of `length` bytes, captured all."""
    cdef uint8_t kind = u8(d, p + 18)
    say_part(d, b"\n\t", &MESSAGES, kind, b" Message (", length)
    if kind == OPEN:
        print_open(d, p, length)
    elif kind == UPDATE:
        print_update(d, p, length)
    elif kind == NOTIFICATION:
        print_notification(d, p, length)
    elif kind == ROUTE_REFRESH:
        need(d, p + 19, 4)
        say(d, b"\n\t  ")
        say_family(d, u16(d, p + 19), u8(d, p + 22))
        if d.opt.verbose > 1:
            say_unknown(d, b"\n\t  ", p, length)
    elif kind != KEEPALIVE:
        say_value(d, b"\n\t  no Message ", kind)
        say(d, b" decoder")
        say_unknown(d, b"\n\t  ", p, length)


cdef void print_open(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 4271, 4.2; optional parameters: RFC 5492."""
    cdef uint32_t at = 29, end, size
    cdef uint8_t kind
    need(d, p + 19, 5)
    say_value(d, b"\n\t  Version ", u8(d, p + 19))
    say_value(d, b", my AS ", u16(d, p + 20))
    say_value(d, b", Holdtime ", u16(d, p + 22))
    say(d, b"s, ID ")
    say_ip4(d, p + 24)
    end = u8(d, p + 28)
    say_value(d, b"\n\t  Optional parameters, length: ", end)
    end = min(at + end, length)
    while at + 2 <= end:
        kind, size = u8(d, p + at), u8(d, p + at + 1)
        say_part(d, b"\n\t    Option ", &OPTIONS, kind, b" (", size)
        at += 2
        if at + size > length:
            say_mark(d)
            return
        if kind == 2:
            print_capabilities(d, p + at, size)
        else:
            say_value(d, b"\n\t      no decoder for option ", kind)
        at += size


cdef void print_capabilities(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """The capabilities of `rest` bytes."""
    cdef uint32_t length
    cdef uint8_t code
    cdef bint decoded
    while rest >= 2:
        code, length = u8(d, p), u8(d, p + 1)
        say_part(d, b"\n\t      ", &CAPABILITIES, code, b" (", length)
        p += 2
        rest -= 2
        if length > rest:
            say_mark(d)
            return
        decoded = print_capability(d, code, p, length)
        if length and (d.opt.verbose > 1 or not decoded):
            say_unknown(d, b"\n\t\t", p, length)
        p += length
        rest -= length


cdef bint print_capability(Dissection *d, uint8_t code, const uint8_t *p, uint32_t length) noexcept nogil:
    """The data of a capability; False when it has no decoder."""
    cdef uint32_t at
    need(d, p, length)
    if code == MULTIPROTOCOL and length == 4:
        say(d, b"\n\t\t")
        say_family(d, u16(d, p), u8(d, p + 3))
    elif code == GRACEFUL_RESTART and length >= 2:
        say(d, b"\n\t\tRestart Flags: [")
        say_either(d, u8(d, p) & 0x80, b"R", b"none")
        say_value(d, b"], Restart Time ", u16(d, p) & 0xFFF)
        say_char(d, b's')
        for at in range(2, length - 3 if length > 3 else 0, 4):
            say(d, b"\n\t\t  ")
            say_family(d, u16(d, p + at), u8(d, p + at + 2))
            say(d, b", Forwarding state preserved: ")
            say_either(d, u8(d, p + at + 3) & 0x80, b"yes", b"no")
    elif code == WIDE_AS and length == 4:
        say(d, b"\n\t\t 4 Byte AS ")
        say_as_number(d, u32(d, p))
    elif code == MULTIPLE_PATHS and length and length % 4 == 0:
        for at in range(0, length, 4):
            say(d, b"\n\t\t")
            say_family(d, u16(d, p + at), u8(d, p + at + 2))
            say(d, b", Send/Receive: ")
            say(d, name_of(&SEND_RECEIVE, u8(d, p + at + 3), b"Bogus"))
    elif code not in (2, 128):          # which have no data
        say_value(d, b"\n\t\tno decoder for Capability ", code)
        return False
    return True


cdef void print_notification(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 4271, 4.5; reasons given in words: RFC 9003."""
    cdef uint8_t code = u8(d, p + 19), subcode = u8(d, p + 20)
    cdef uint32_t size
    say(d, b", ")
    say(d, name_of(&ERRORS, code, b"Unknown Error"))
    say_value(d, b" (", code)
    say_char(d, b')')
    if code in (1, 2, 3, 5, 6, 7):
        say_either(d, code in (5, 7), b" subcode ", b", subcode ")
        say(d, name_of(&SUBCODES, <uint32_t>code << 8 | subcode, b"Unknown"))
        say_value(d, b" (", subcode)
        say_char(d, b')')
    if code != CEASE:
        return
    if subcode == MAX_PREFIXES and length >= HEADER + 2 + 7:
        need(d, p + 21, 7)
        say(d, b", ")
        say_family(d, u16(d, p + 21), u8(d, p + 23))
        say_value(d, b", Max Prefixes: ", u32(d, p + 24))
    elif subcode in (SHUTDOWN, RESET) and length > HEADER + 2:
        size = u8(d, p + 21)
        say_value(d, b", Shutdown Communication (length: ", size)
        say(d, b"): ")
        if size == 0 or 22 + size > length:
            say_either(d, size != 0, b"(invalid)", b'""')
            return
        say_char(d, b'"')
        say_safe(d, p + 22, size)
        say_char(d, b'"')


export_printer(__name__, "print_bgp", print_bgp)
