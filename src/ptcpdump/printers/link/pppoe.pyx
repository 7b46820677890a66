"""PPP over Ethernet: discovery with its tags, and sessions (RFC 2516, RFC 4638)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.link.ppp cimport print_ppp

cdef enum:
    HEADER = 6
    PADI = 0x09
    LONGEST_PADI = 1484     # RFC 2516 5.1
    LONGEST_TEXT = 79       # of a tag's value, in characters


cdef const char *code_name(uint32_t code) noexcept nogil:
    if code == 0x00:
        return b""          # session data
    elif code == 0x09:
        return b"PADI"
    elif code == 0x07:
        return b"PADO"
    elif code == 0x19:
        return b"PADR"
    elif code == 0x65:
        return b"PADS"
    elif code == 0xa7:
        return b"PADT"
    return NULL


cdef const char *tag_name(uint32_t tag) noexcept nogil:
    if tag == 0x0000:
        return b"EOL"
    elif tag == 0x0101:
        return b"Service-Name"
    elif tag == 0x0102:
        return b"AC-Name"
    elif tag == 0x0103:
        return b"Host-Uniq"
    elif tag == 0x0104:
        return b"AC-Cookie"
    elif tag == 0x0105:
        return b"Vendor-Specific"
    elif tag == 0x0110:
        return b"Relay-Session-ID"
    elif tag == 0x0120:
        return b"PPP-Max-Payload"
    elif tag == 0x0201:
        return b"Service-Name-Error"
    elif tag == 0x0202:
        return b"AC-System-Error"
    elif tag == 0x0203:
        return b"Generic-Error"
    return NULL


cdef void print_tag(Dissection *d, uint32_t tag, const uint8_t *value, uint32_t length) noexcept nogil:
    """A value that is mostly text is shown as text, another one in hexadecimal; captured as a whole."""
    cdef uint32_t i, shown = min(length, <uint32_t>LONGEST_TEXT), text = 0
    cdef const char *name = tag_name(tag)
    say(d, b" [")
    if name != NULL:
        say(d, name)
    else:
        say(d, b"TAG-0x")
        say_hex(d, tag, 1)
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
    cdef const char *name = code_name(code)
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
    if name != NULL:
        say(d, name)
    else:
        say(d, b"PAD-")
        say_hex(d, code, 1)
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
