"""The mobility header of Mobile IPv6 (RFC 6275, section 6.1): nothing follows it."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    BINDING_REFRESH = 0
    HOME_TEST_INIT = 1
    CARE_OF_TEST_INIT = 2
    HOME_TEST = 3
    CARE_OF_TEST = 4
    BINDING_UPDATE = 5
    BINDING_ACK = 6
    BINDING_ERROR = 7


cdef Names MESSAGES = names({
    BINDING_REFRESH: b"BRR", HOME_TEST_INIT: b"HoTI", CARE_OF_TEST_INIT: b"CoTI", HOME_TEST: b"HoT",
    CARE_OF_TEST: b"CoT", BINDING_UPDATE: b"BU", BINDING_ACK: b"BA", BINDING_ERROR: b"BE",
})


cdef Bits UPDATE_FLAGS = bits({0x80: b"A", 0x40: b"H", 0x20: b"L", 0x10: b"K"})


cdef uint32_t fixed_size(uint32_t kind) noexcept nogil:
    """Bytes of a message in front of its options."""
    if kind == BINDING_REFRESH:
        return 8
    if kind == HOME_TEST_INIT or kind == CARE_OF_TEST_INIT:
        return 16
    if kind == BINDING_UPDATE or kind == BINDING_ACK:
        return 12
    return 24


cdef void print_mobility(Dissection *d, const uint8_t *p) noexcept nogil:
    cdef uint32_t size, kind
    cdef const char *name
    d.protocol = b"mobility"
    size = (<uint32_t>u8(d, p + 1) + 1) * 8
    kind = u8(d, p + 2)
    name = name_of(&MESSAGES, kind, NULL)
    if name == NULL:
        say(d, b"mobility: type-#")
        say_dec(d, kind)
        say(d, b" len=")
        say_dec(d, p[1])
        return
    if size < fixed_size(kind):
        say(d, b"(header length ")
        say_dec(d, size)
        say(d, b" is too small for type ")
        say_dec(d, kind)
        say_char(d, b')')
        say_mark(d)
        return
    say(d, b"mobility: ")
    say(d, name)
    print_message(d, p, kind)
    if d.opt.verbose:
        print_options(d, p + fixed_size(kind), size - fixed_size(kind))


cdef void print_message(Dissection *d, const uint8_t *p, uint32_t kind) noexcept nogil:
    if kind == HOME_TEST_INIT or kind == CARE_OF_TEST_INIT:
        say_cookie(d, kind == HOME_TEST_INIT, b" Init Cookie=", p + 8)
    elif kind == HOME_TEST or kind == CARE_OF_TEST:
        need(d, p, 8)
        say(d, b" nonce id=0x")
        say_hex(d, u16(d, p + 6), 1)
        say_cookie(d, kind == HOME_TEST, b" Init Cookie=", p + 8)
        say_cookie(d, kind == HOME_TEST, b" Keygen Token=", p + 16)
    elif kind == BINDING_UPDATE:
        print_update(d, p)
    elif kind == BINDING_ACK:
        need(d, p, 7)
        say(d, b" status=")
        say_dec(d, p[6])
        if u8(d, p + 7) & 0x80:
            say(d, b" K")
        need(d, p, 10)
        say(d, b" seq#=")
        say_dec(d, u16(d, p + 8))
        say_lifetime(d, p + 10)
    elif kind == BINDING_ERROR:
        need(d, p, 7)
        say(d, b" status=")
        say_dec(d, p[6])
        need(d, p, 24)
        say(d, b" homeaddr ")
        say_ip6(d, p + 8)


cdef void say_cookie(Dissection *d, bint home, const char *what, const uint8_t *p) noexcept nogil:
    if d.opt.verbose:
        need(d, p, 8)
        say(d, b" Home" if home else b" Care-of")
        say(d, what)
        say_hex(d, u32(d, p), 8)
        say_char(d, b':')
        say_hex(d, u32(d, p + 4), 8)


cdef void print_update(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 8)
    say(d, b" seq#=")
    say_dec(d, u16(d, p + 6))
    need(d, p, 10)
    if p[8] >> 4:
        say_char(d, b' ')
    say_bits(d, &UPDATE_FLAGS, p[8], b"", b"")
    say_lifetime(d, p + 10)


cdef void say_lifetime(Dissection *d, const uint8_t *p) noexcept nogil:
    """2 bytes that count units of 4 seconds."""
    need(d, p, 2)
    say(d, b" lifetime=")
    say_dec(d, <uint32_t>u16(d, p) * 4)


cdef void print_options(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Mobility options (RFC 6275, section 6.2)."""
    cdef uint32_t kind, size
    while length > 0:
        kind = u8(d, p)
        if kind == 0:
            say(d, b"(pad1)")
            p += 1
            length -= 1
            continue
        size = <uint32_t>u8(d, p + 1) + 2 if length > 1 else 0
        if size == 0 or size > length:
            truncated(d)
        need(d, p, size)
        if kind == 1:
            say(d, b"(padn)")
        elif kind == 2 and fits(d, size, 4, b"(refresh: trunc)"):
            say(d, b"(refresh: ")
            say_dec(d, <uint32_t>u16(d, p + 2) * 4)
            say_char(d, b')')
        elif kind == 3 and fits(d, size, 18, b"(altcoa: trunc)"):
            say(d, b"(alt-CoA: ")
            say_ip6(d, p + 2)
            say_char(d, b')')
        elif kind == 4 and fits(d, size, 6, b"(ni: trunc)"):
            say(d, b"(ni: ho=0x")
            say_hex(d, u16(d, p + 2), 4)
            say(d, b" co=0x")
            say_hex(d, u16(d, p + 4), 4)
            say_char(d, b')')
        elif kind == 5 and fits(d, size, 12, b"(auth: trunc)"):
            say(d, b"(auth)")
        elif kind > 5:
            say(d, b"(type-0x")
            say_hex(d, kind, 2)
            say(d, b": len=")
            say_dec(d, size - 2)
            say_char(d, b')')
        p += size
        length -= size


cdef bint fits(Dissection *d, uint32_t size, uint32_t wanted, const char *note) noexcept nogil:
    """Leaves as truncated, after the note, when an option is shorter than its kind."""
    if size < wanted:
        say(d, note)
        truncated(d)
    return True
