"""PPP over Ethernet: discovery with its tags, and sessions (RFC 2516, RFC 4638)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names
from ptcpdump.printers.link.ppp cimport print_ppp

cdef enum:
    HEADER = 6
    PADI = 0x09
    LONGEST_PADI = 1484     # RFC 2516 5.1
    LONGEST_TEXT = 79       # of a tag's value, in characters


cdef Names CODES = names({
    0x00: b"", 0x09: b"PADI", 0x07: b"PADO", 0x19: b"PADR", 0x65: b"PADS", 0xa7: b"PADT",
})


cdef Names TAGS = names({
    0x0000: b"EOL", 0x0101: b"Service-Name", 0x0102: b"AC-Name", 0x0103: b"Host-Uniq", 0x0104: b"AC-Cookie",
    0x0105: b"Vendor-Specific", 0x0110: b"Relay-Session-ID", 0x0120: b"PPP-Max-Payload", 0x0201: b"Service-Name-Error",
    0x0202: b"AC-System-Error", 0x0203: b"Generic-Error",
})


cdef void print_tag(Dissection *d, uint32_t tag, const uint8_t *value, uint32_t length) noexcept nogil:
    """A value that is mostly text is shown as text, another one in hexadecimal; captured as a whole."""
    cdef uint32_t i, shown = min(length, <uint32_t>LONGEST_TEXT), text = 0
    say(d, b" [")
    say_named_hex(d, &TAGS, tag, b"TAG-0x", 1, b"")
    for i in range(shown):
        text += 32 <= value[i] < 127
    if text > shown - text:
        say(d, b' "')
        for i in range(shown):
            say_char(d, <char>value[i] if 32 <= value[i] < 127 else b'.')
        say_char(d, b'"')
    elif length:
        say(d, b" 0x")
        for i in range(length):
            say_char(d, b"0123456789ABCDEF"[value[i] >> 4])
            say_char(d, b"0123456789ABCDEF"[value[i] & 15])
    say_char(d, b']')


cdef void print_tags(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef const uint8_t *end = p + length
    cdef uint32_t tag = 0xffff, size
    while tag and p < end:
        tag = u16(d, p)
        size = u16(d, p + 2)
        p += 4
        need(d, p, size)
        print_tag(d, tag, p, size)
        p += size


cdef void print_frame(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"pppoe"
    if length < HEADER:
        say(d, b" (length ")
        say_dec(d, length)
        say(d, b" < 6)")
        say_invalid(d)
        return
    need(d, p, HEADER)
    cdef uint32_t code = p[1], session = u16(d, p + 2), size = u16(d, p + 4)
    length -= HEADER
    if p[0] >> 4 != 1:
        say(d, b" [ver ")
        say_dec(d, p[0] >> 4)
        say_char(d, b']')
    if p[0] & 15 != 1:
        say(d, b" [type ")
        say_dec(d, p[0] & 15)
        say_char(d, b']')
    say(d, b"PPPoE ")
    say_named_hex(d, &CODES, code, b"PAD-", 1, b"")
    if code == PADI and size > LONGEST_PADI - HEADER:
        say(d, b" [len ")
        say_dec(d, size)
        say(d, b"!]")
    if size > length:
        say(d, b" [len ")
        say_dec(d, size)
        say(d, b" > ")
        say_dec(d, length)
        say(d, b"!]")
        size = length
    if session:
        say(d, b" [ses 0x")
        say_hex(d, session, 1)
        say_char(d, b']')
    if code:
        print_tags(d, p + HEADER, size)
        return
    say_char(d, b' ')
    if enter(d):
        print_ppp(d, p + HEADER, size)
        leave(d)


cdef void print_link_pppoe(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.link_header += HEADER
    print_frame(d, p, length)


export_printer(__name__, "print_link_pppoe", print_link_pppoe)
export_printer(__name__, "print_frame", print_frame)
