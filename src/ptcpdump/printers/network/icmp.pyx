"""ICMP for IPv4: RFC 792, 950, 1191, 1256, 1812, 4884, 8335.

tcpdump writes nothing of a message whose fixed part is cut off, so each branch asks for all it needs before it writes.
"""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.network.icmp_ext cimport print_extensions, print_probe_request, print_probe_reply

cdef enum:
    ECHO_REPLY = 0
    UNREACHABLE = 3
    SOURCE_QUENCH = 4
    REDIRECT = 5
    ECHO_REQUEST = 8
    ROUTER_ADVERTISEMENT = 9
    TIME_EXCEEDED = 11
    PARAMETER_PROBLEM = 12
    TIMESTAMP_REQUEST = 13
    TIMESTAMP_REPLY = 14
    MASK_REPLY = 18
    PROBE_REQUEST = 42
    PROBE_REPLY = 43
    QUOTE = 8                   # where the quoted datagram starts
    QUOTED_PROTOCOL = 17
    QUOTED_DESTINATION = 24
    EXTENSION = 136             # where an extension structure starts: 128 bytes of quoted datagram before it


cdef inline void begin(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """The message's name follows, all of its text comes from the first n bytes."""
    need(d, p, n)
    say(d, b"ICMP ")


# Messages of which tcpdump prints no more than the name.
cdef Names TYPES = names({
    SOURCE_QUENCH: b"source quench", 10: b"router solicitation", 15: b"information request", 16: b"information reply",
    17: b"address mask request",
})


# What a code says was not reached, and why (RFC 792, RFC 1812 section 5.2.7.1)
cdef Names UNREACHABLE_PREFIXES = names(
    dict.fromkeys((0, 6, 9, 11), b"net ") | dict.fromkeys((1, 7, 10, 12, 13, 14, 15), b"host "))

cdef Names UNREACHABLE_SUFFIXES = names({
    5: b" - source route failed", 6: b" - unknown", 7: b" - unknown", 8: b" - source host isolated",
    9: b" - admin prohibited", 10: b" - admin prohibited", 11: b" - tos prohibited", 12: b" - tos prohibited",
    13: b" - admin prohibited filter", 14: b" - host precedence violation", 15: b" - precedence cutoff",
})


# --------------------------------------------------------------------------- messages

cdef void print_port_unreachable(Dissection *d, const uint8_t *p) noexcept nogil:
    cdef const uint8_t *ports = p + QUOTE + (u8(d, p + QUOTE) & 15) * 4
    cdef uint8_t protocol = u8(d, p + QUOTED_PROTOCOL)
    cdef uint16_t port = u16(d, ports + 2)
    begin(d, p, QUOTED_DESTINATION + 4)
    say_ip4(d, p + QUOTED_DESTINATION)
    if protocol == 6:
        say(d, b" tcp port ")
        say_tcp_port(d, port)
    elif protocol == 17:
        say(d, b" udp port ")
        say_udp_port(d, port)
    else:
        say(d, b" protocol ")
        say_dec(d, protocol)
        say(d, b" port ")
        say_dec(d, port)
    say(d, b" unreachable")


cdef void print_unreachable(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil:
    if code == 3:
        print_port_unreachable(d, p)
        return
    begin(d, p, QUOTED_DESTINATION + 4)
    say(d, name_of(&UNREACHABLE_PREFIXES, code, b""))
    say_ip4(d, p + QUOTED_DESTINATION)
    if code == 2:
        say(d, b" protocol ")
        say_dec(d, u8(d, p + QUOTED_PROTOCOL))
    say(d, b" unreachable")
    if code == 4:
        say(d, b" - need to frag")
        if u16(d, p + 6):
            say(d, b" (mtu ")
            say_dec(d, u16(d, p + 6))
            say_char(d, b')')
    elif code > 15:
        say(d, b" - #")
        say_dec(d, code)
    else:
        say(d, name_of(&UNREACHABLE_SUFFIXES, code, b""))


cdef void print_redirect(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil:
    begin(d, p, QUOTED_DESTINATION + 4)
    if code > 3:
        say(d, b"redirect-#")
        say_dec(d, code)
        say_char(d, b' ')
    else:
        say(d, b"redirect " if code < 2 else b"redirect-tos ")
    say_ip4(d, p + QUOTED_DESTINATION)
    say(d, b" to ")
    if code <= 3:
        say(d, b"host " if code & 1 else b"net ")
    say_ip4(d, p + 4)


cdef void print_router_advertisement(Dissection *d, const uint8_t *p) noexcept nogil:
    """RFC 1256."""
    need(d, p, 8)
    cdef uint32_t count = p[4], size = p[5], lifetime = u16(d, p + 6), i
    begin(d, p, 8 + (8 * count if size == 2 else 0))
    say(d, b"router advertisement lifetime ")
    if lifetime >= 3600:
        say_dec(d, lifetime // 3600)
        say_char(d, b':')
        put_dec_pad(d.out, lifetime % 3600 // 60, 2, b'0')
        say_char(d, b':')
        put_dec_pad(d.out, lifetime % 60, 2, b'0')
    elif lifetime >= 60:
        say_dec(d, lifetime // 60)
        say_char(d, b':')
        put_dec_pad(d.out, lifetime % 60, 2, b'0')
    else:
        say_dec(d, lifetime)
    say_char(d, b' ')
    say_dec(d, count)
    say_char(d, b':')
    if size != 2:
        say(d, b" [size ")
        say_dec(d, size)
        say_char(d, b']')
        return
    for i in range(count):
        say(d, b" {")
        say_ip4(d, p + 8 + 8 * i)
        say_char(d, b' ')
        say_dec(d, u32(d, p + 12 + 8 * i))
        say_char(d, b'}')


cdef void say_milliseconds(Dissection *d, uint32_t v) noexcept nogil:
    """Milliseconds since midnight as a time of day."""
    put_dec_pad(d.out, v // 3600000, 2, b'0')
    say_char(d, b':')
    put_dec_pad(d.out, v // 60000 % 60, 2, b'0')
    say_char(d, b':')
    put_dec_pad(d.out, v // 1000 % 60, 2, b'0')
    say_char(d, b'.')
    put_dec_pad(d.out, v % 1000, 3, b'0')


cdef void say_id_seq(Dissection *d, const uint8_t *p, const char *separator) noexcept nogil:
    say(d, separator)
    say(d, b"id ")
    say_dec(d, u16(d, p + 4))
    say(d, separator)
    say(d, b"seq ")
    say_dec(d, u16(d, p + 6))


cdef void print_timestamp(Dissection *d, const uint8_t *p, bint reply) noexcept nogil:
    begin(d, p, 20 if reply else 8)
    say(d, b"time stamp reply" if reply else b"time stamp query")
    say_id_seq(d, p, b" ")
    if reply:
        say(d, b": org ")
        say_milliseconds(d, u32(d, p + 8))
        say(d, b", recv ")
        say_milliseconds(d, u32(d, p + 12))
        say(d, b", xmit ")
        say_milliseconds(d, u32(d, p + 16))


cdef void print_probe(Dissection *d, const uint8_t *p, bint reply) noexcept nogil:
    begin(d, p, 8)
    say(d, b"extended echo reply, id " if reply else b"extended echo request, id ")
    say_dec(d, u16(d, p + 4))
    say(d, b", seq ")
    say_dec(d, p[6])


cdef void print_message(Dissection *d, const uint8_t *p, uint32_t kind, uint32_t code) noexcept nogil:
    if kind == ECHO_REQUEST or kind == ECHO_REPLY:
        begin(d, p, 8)
        say(d, b"echo request" if kind == ECHO_REQUEST else b"echo reply")
        say_id_seq(d, p, b", ")
    elif kind == UNREACHABLE:
        print_unreachable(d, p, code)
    elif kind == REDIRECT:
        print_redirect(d, p, code)
    elif kind == ROUTER_ADVERTISEMENT:
        print_router_advertisement(d, p)
    elif kind == TIME_EXCEEDED:
        begin(d, p, QUOTED_DESTINATION + 4)
        if code > 1:
            say(d, b"time exceeded-#")
            say_dec(d, code)
        else:
            say(d, b"ip reassembly time exceeded" if code else b"time exceeded in-transit")
    elif kind == PARAMETER_PROBLEM:
        begin(d, p, 2 if code else 5)
        say(d, b"parameter problem - code " if code else b"parameter problem - octet ")
        say_dec(d, code if code else p[4])
    elif kind == MASK_REPLY:
        begin(d, p, 12)
        say(d, b"address mask is 0x")
        say_hex(d, u32(d, p + 8), 8)
    elif kind == TIMESTAMP_REQUEST or kind == TIMESTAMP_REPLY:
        print_timestamp(d, p, kind == TIMESTAMP_REPLY)
    elif kind == PROBE_REQUEST or kind == PROBE_REPLY:
        print_probe(d, p, kind == PROBE_REPLY)
    else:
        say(d, b"ICMP ")
        say_named(d, &TYPES, kind, b"type-#")


# --------------------------------------------------------------------------- -v

cdef void verify(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint16_t verified, field
    if d.fragmented or length < 4 or not has(d, p, length):
        return
    verified = checksum(p, length, 0)
    if verified:
        field = u16(d, p + 2)
        say(d, b" (wrong icmp cksum ")
        say_hex(d, field, 0)
        say(d, b" (->")
        say_hex(d, should_be(field, verified), 0)
        say(d, b")!)")


cdef void print_quoted(Dissection *d, const uint8_t *p) noexcept nogil:
    """The datagram that the error is about; extensions may follow it, so its own length bounds it."""
    cdef const uint8_t *end
    cdef uint16_t quoted
    say(d, b"\n\t")
    quoted = u16(d, p + QUOTE + 2)
    if not enter(d):
        return
    end = narrow(d, p + QUOTE, quoted)
    if not dispatch(LAYER_ETHERTYPE, 0x0800, d, p + QUOTE, quoted):
        say_default(d, p + QUOTE, quoted)
    d.end = end
    d.protocol = b"icmp"
    leave(d)


cdef void print_multipart(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 4884, and what came before it: without a length field only a correct checksum tells that there is any."""
    need(d, p, EXTENSION + 5)
    if p[5] == 0 and has(d, p + EXTENSION, length - EXTENSION) and \
            checksum(p + EXTENSION, length - EXTENSION, 0) != 0:
        return
    print_extensions(d, p + EXTENSION, length - EXTENSION)


cdef void print_icmp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t kind, code
    d.protocol = b"icmp"
    kind = u8(d, p)
    code = u8(d, p + 1)
    print_message(d, p, kind, code)
    say(d, b", length ")
    say_dec(d, length)
    if d.opt.verbose == 0:
        return
    verify(d, p, length)
    if kind == UNREACHABLE or kind == SOURCE_QUENCH or kind == REDIRECT or kind == TIME_EXCEEDED \
            or kind == PARAMETER_PROBLEM:
        print_quoted(d, p)
    if (kind == UNREACHABLE or kind == TIME_EXCEEDED or kind == PARAMETER_PROBLEM) and length > EXTENSION:
        print_multipart(d, p, length)
    elif kind == PROBE_REQUEST:
        print_probe_request(d, p, length)
    elif kind == PROBE_REPLY:
        print_probe_reply(d, p)


export_printer(__name__, "print_icmp", print_icmp)
