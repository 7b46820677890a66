"""Options of DHCPv6 that hold no other options (RFC 8415 and the options' own RFCs)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

from ptcpdump.printers.management import dhcp6_tables as tables

cdef Names OPTIONS = names(tables.OPTIONS)
cdef Names STATUS = names(tables.STATUS)
cdef Names PROTOCOLS = names({2: b"delayed", 3: b"reconfigure"})
cdef Names ALGORITHMS = names({1: b"HMAC-MD5"})
cdef Names METHODS = names({0: b"mono"})
cdef Names KEYS = names({1: b"reconfig-key", 2: b"type: HMAC-MD5"})
cdef Names RECONFIGURED = names({5: b"renew", 11: b"inf-req"})


cdef void say_option(Dissection *d, uint16_t kind) noexcept nogil:
    say_named(d, &OPTIONS, kind, b"opt_")


cdef bint print_content(Dissection *d, uint16_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """The content of an option, which has been captured; False where it ends too early."""
    if kind in (1, 2):
        print_duid(d, p, length)
    elif kind in (6, 43):
        print_request(d, p, length)
    elif kind in (7, 8, 32, 46):
        print_number(d, p, length, 1 if kind == 7 else 2 if kind == 8 else 4)
    elif kind == 11:
        print_auth(d, p, length)
    elif kind == 13:
        print_status(d, p, length)
    elif kind in (15, 136):
        print_strings(d, p, length)
    elif kind in (16, 17):
        print_vendor(d, p, length, 2 if kind == 16 else 4)
    elif kind in (18, 38):
        say_char(d, b' ')
        say_shortened(d, p, length)
    elif kind == 19:
        print_reconfigure(d, p, length)
    elif kind in (21, 24):
        return print_names(d, p, length)
    elif kind in (37, 47):
        print_relayed(d, p, length, 4 if kind == 37 else 16)
    elif kind in (41, 42, 112):
        print_zone(d, p, length)
    elif kind == 56:
        return print_ntp(d, p, length)
    elif kind == 59:
        say_char(d, b' ')       # boot file URL (RFC 5970)
        say_safe(d, p, length)
    elif kind == 64:
        print_aftr(d, p, length)
    return True


cdef void print_duid(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A DHCP unique identifier (RFC 8415, section 11; UUID: RFC 6355)."""
    cdef uint16_t kind
    cdef uint32_t skip
    if length < 2:
        say(d, b" ?")
        return
    kind = u16(d, p)
    if kind == 1 and length >= 8:
        say_value(d, b" hwaddr/time type ", u16(d, p + 2))
        say_value(d, b" time ", u32(d, p + 4))
        skip = 8
    elif kind == 2 and length >= 6:
        say_value(d, b" enterprise ", u32(d, p + 2))
        skip = 6
    elif kind == 3 and length >= 4:
        say_value(d, b" hwaddr type ", u16(d, p + 2))
        skip = 4
    elif kind == 4 and length == 18:
        say(d, b" uuid")
        skip = 2
    elif 1 <= kind <= 4:
        say(d, b" uuid  ?" if kind == 4 else b" ?")
        return
    else:
        say_value(d, b" type ", kind)
        return
    say_char(d, b' ')
    say_hex_bytes(d, p + skip, length - skip)


cdef inline void say_hex_bytes(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    need(d, p, n)
    put_hex_bytes(d.out, p, n)


cdef void print_request(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Names of the options that are asked for."""
    cdef uint32_t i
    if length % 2:
        say(d, b" ?")
        return
    for i in range(0, length, 2):
        say_char(d, b' ')
        say_option(d, u16(d, p + i))


cdef void print_number(Dissection *d, const uint8_t *p, uint32_t length, uint32_t size) noexcept nogil:
    """An option that is one number of `size` bytes."""
    if length != size:
        say(d, b" ?")
        return
    say_value(d, b" ", u8(d, p) if size == 1 else u16(d, p) if size == 2 else u32(d, p))


cdef void print_auth(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Authentication (RFC 8415, section 21.11; delayed authentication: RFC 3315)."""
    if length < 11:
        say(d, b" ?")
        return
    say(d, b" proto: ")
    say_named(d, &PROTOCOLS, u8(d, p), b"")
    say(d, b", alg: ")
    say_named(d, &ALGORITHMS, u8(d, p + 1), b"")
    say(d, b", RDM: ")
    say_named(d, &METHODS, u8(d, p + 2), b"")
    say(d, b", RD:")
    say_words(d, p + 3, 4, 2)
    length -= 11
    if p[0] == 2 and length == 0:
        return
    if p[0] == 2 and length >= 20:
        p += 11
        length -= 20
        if length:
            say(d, b", realm: ")
            say_hex_bytes(d, p, length)
        p += length
        say(d, b", key ID: ")
        say_hex(d, u32(d, p), 8)
        say(d, b", HMAC-MD5:")
        say_words(d, p + 4, 4, 4)
    elif p[0] == 3 and length == 17:
        say_char(d, b' ')
        say(d, name_of(&KEYS, u8(d, p + 11), b"type: ??"))
        say(d, b" value:")
        say_words(d, p + 12, 4, 4)
    else:
        say(d, b" ??")


cdef void say_words(Dissection *d, const uint8_t *p, uint32_t count, uint32_t size) noexcept nogil:
    """That many groups of `size` bytes in hexadecimal, a blank before each."""
    cdef uint32_t i
    for i in range(count):
        say_char(d, b' ')
        say_hex_bytes(d, p + i * size, size)


cdef void print_status(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A status code."""
    if length < 2:
        say(d, b" ?")
    elif u16(d, p) > 255:
        say(d, b" INVALID code")
    else:
        say_char(d, b' ')
        say_named(d, &STATUS, u16(d, p), b"code")


cdef void say_shortened(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Bytes in hexadecimal: all with -vv, else at most ten."""
    cdef uint32_t shown = length if d.opt.verbose > 1 else min(length, <uint32_t>10)
    say_hex_bytes(d, p, shown)
    if shown < length:
        say(d, b"...")


cdef void print_relayed(Dissection *d, const uint8_t *p, uint32_t length, uint32_t header) noexcept nogil:
    """Relay agent remote-ID (RFC 4649) or relay data of a lease query (RFC 5007): opaque behind a number or address."""
    if length < header:
        say(d, b" ?")
        return
    say_char(d, b' ')
    if header == 4:
        say_dec(d, u32(d, p))
    else:
        say_ip6(d, p)
    say_char(d, b' ')
    say_shortened(d, p + header, length - header)


cdef void print_vendor(Dissection *d, const uint8_t *p, uint32_t length, uint32_t header) noexcept nogil:
    """An enterprise number, and strings of a vendor class (RFC 8415, section 21.16) or the vendor's options (21.17)."""
    cdef uint32_t at = 4, size
    if length < 4:
        say(d, b" ?")
        return
    say_value(d, b" enterprise ", u32(d, p))
    while length - at >= header:
        size = u16(d, p + at + header - 2)
        if size > length - at - header:
            break
        if header == 2:
            say_value(d, b" (len ", size)
        else:
            say_value(d, b" (code ", u16(d, p + at))
            say_value(d, b" len ", size)
        say(d, b" data ")
        if header == 2:
            say_safe(d, p + at + 2, size)
        else:
            say_shortened(d, p + at + 4, size)
        say_char(d, b')')
        at += header + size
    if at < length:
        say(d, b" ?")


cdef void print_reconfigure(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Reconfigure message: what the client shall send."""
    if length != 1:
        say(d, b" ?")
        return
    say(d, b" for ")
    say_named_hex(d, &RECONFIGURED, u8(d, p), b"???(", 2, b")")


cdef bint print_names(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Domain names in the form of RFC 1035."""
    cdef const uint8_t *end = p + length
    while p != NULL and p < end:
        say_char(d, b' ')
        p = print_name(d, p, end)
    return p != NULL


cdef const uint8_t *print_name(Dissection *d, const uint8_t *p, const uint8_t *end) noexcept nogil:
    """One domain name, with its final dot; returns where it ends, NULL if it does not. RFC 8415 allows no pointers here."""
    cdef const uint8_t *begin = p
    cdef uint32_t size
    while p < end:
        size = u8(d, p)
        p += 1
        if size == 0:
            if p == begin + 1:
                say_char(d, b'.')
            return p
        if size & 0xC0 or size > <uint32_t>(end - p):
            return NULL
        say_safe(d, p, size)
        say_char(d, b'.')
        p += size
    return NULL


cdef void print_aftr(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Name of the other end of a DS-Lite tunnel (RFC 6334), without a final dot."""
    cdef uint32_t at = 0, size
    if length < 3:
        say(d, b" ?")
        return
    say_char(d, b' ')
    while at < length and u8(d, p + at):
        size = u8(d, p + at)
        at += 1
        if size >= length - at:
            say(d, b" ?")
            return
        say_until_nul(d, p + at, size)
        at += size
        if u8(d, p + at):
            say_char(d, b'.')


cdef void say_until_nul(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Text that ends with its field or at a NUL."""
    cdef uint32_t i
    for i in range(length):
        if u8(d, p + i) == 0:
            return
        say_safe_char(d, p[i])


cdef bint print_ntp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """NTP servers (RFC 5908): addresses, multicast addresses, names."""
    cdef uint32_t at = 0, size
    cdef uint16_t code
    if length < 4:
        say(d, b" ?")
        return True
    while at + 4 < length:
        code, size = u16(d, p + at), u16(d, p + at + 2)
        at += 4
        if size > length - at:
            return False
        say_value(d, b" subopt:", code)
        say_char(d, b' ')
        if code in (1, 2) and size == 16:
            say_ip6(d, p + at)
        elif code != 3:
            say_char(d, b'?')
        elif print_name(d, p + at, p + at + size) == NULL:
            return False
        at += size
    return True


cdef void print_zone(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Time zones (RFC 4833) and manufacturer usage descriptions (RFC 8520)."""
    if length < 5:
        say(d, b" ?")
        return
    say_char(d, b' ')
    say_until_nul(d, p, length)


cdef void print_strings(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Strings, each behind its length: user class, URIs of bootstrap servers (RFC 8572)."""
    cdef uint32_t at = 0, size
    say_char(d, b' ')
    while length - at >= 2:
        if at:
            say_char(d, b',')
        size = u16(d, p + at)
        if size > length - at - 2:
            break
        say_safe(d, p + at + 2, size)
        at += 2 + size
    if at < length:
        say(d, b" ?")
