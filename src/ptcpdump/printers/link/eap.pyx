"""EAP packets (RFC 3748) inside RADIUS attributes."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    REQUEST = 1
    RESPONSE = 2
    IDENTITY = 1            # types
    NOTIFICATION = 2
    NAK = 3
    TLS = 13
    SIM = 18
    TTLS = 21
    AKA = 23
    FAST = 43

cdef Names CODES = names({1: b"Request", 2: b"Response", 3: b"Success", 4: b"Failure"})
cdef Names TYPES = names({
    0: b"No proposed", IDENTITY: b"Identity", NOTIFICATION: b"Notification", NAK: b"Nak", 4: b"MD5-challenge",
    5: b"OTP", 6: b"GTC", TLS: b"TLS", SIM: b"SIM", TTLS: b"TTLS", AKA: b"AKA", FAST: b"FAST", 254: b"Expanded types",
    255: b"Experimental",
})
cdef Bits TLS_FLAGS = bits({0x80: b"L bit", 0x40: b"More fragments bit", 0x20: b"Start bit"})
cdef Names AKA_SUBTYPES = names({
    1: b"Challenge", 2: b"Auth reject", 4: b"Sync failure", 5: b"Identity", 10: b"Start", 11: b"Challenge",
    12: b"Notification", 13: b"Reauth", 14: b"Client error",
})
cdef Names KINDS = names({
    NOTIFICATION: b"Notification", NAK: b"Legacy NAK", TLS: b"TLS/TTLS", TTLS: b"TLS/TTLS", FAST: b"FAST",
    AKA: b"SIM/AKA", SIM: b"SIM/AKA"})


cdef inline void say_numbered(Dissection *d, const Names *table, uint32_t v) noexcept nogil:
    say(d, name_of(table, v, b"unknown"))
    say_value(d, b" (", v)
    say_char(d, b')')


cdef bint print_eap(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The packet at p; RADIUS cuts long ones into several attributes."""
    cdef uint8_t code = u8(d, p), kind
    cdef uint32_t size = u16(d, p + 2)
    if size != length:
        say(d, b"EAP fragment?")
        return True
    say_numbered(d, &CODES, code)
    say_value(d, b", id ", u8(d, p + 1))
    say_value(d, b", len ", size)
    if size < 4:
        say(d, b" (too short for EAP header)")
        return True
    if not has(d, p, size):
        return False
    if code != REQUEST and code != RESPONSE:
        return True
    if size < 5:
        say(d, b" (too short for EAP request/response)")
        return True
    kind = u8(d, p + 4)
    say(d, b"\n\t\t Type ")
    say_numbered(d, &TYPES, kind)
    if size > 5:
        print_data(d, kind, p + 5, size - 5)
    elif name_of(&KINDS, kind, NULL) != NULL:
        say_too_short_for(d, kind)
        say_char(d, b')')
    return True


cdef void say_too_short_for(Dissection *d, uint8_t kind) noexcept nogil:
    say(d, b" (too short for EAP ")
    say(d, name_of(&KINDS, kind, b""))
    say(d, b" request/response")


cdef void print_data(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """What a request or response carries, by its type; there is at least one byte."""
    cdef uint32_t i
    if kind in (IDENTITY, NOTIFICATION):
        say(d, b", ")
        say(d, name_of(&TYPES, kind, b""))
        say(d, b": ")
        for i in range(length):
            if u8(d, p + i) == 0:
                return
            say_safe_char(d, p[i])
    elif kind == NAK:
        for i in range(length):
            say_either(d, i == 0, b" ", b", ")
            say_numbered(d, &TYPES, u8(d, p + i))
    elif kind in (TLS, TTLS, FAST):
        print_tls(d, kind, p, length)
    elif kind in (AKA, SIM):
        say(d, b" subtype [")
        say(d, name_of(&AKA_SUBTYPES, u8(d, p), b"unknown"))
        say(d, b"] 0x")
        say_hex(d, u8(d, p), 2)


cdef void print_tls(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Version, flags and total length of a TLS message (RFC 5216, 5281, 4851)."""
    cdef uint8_t flags = u8(d, p)
    if kind != TLS:
        say_char(d, b' ')
        say(d, name_of(&TYPES, kind, b""))
        say_value(d, b"v", flags & 7)
    say(d, b" flags [")
    say_bits(d, &TLS_FLAGS, flags, b", ", b"none")
    say(d, b"] 0x")
    say_hex(d, flags, 2)
    if flags & 0x80:
        if length < 5:
            say_too_short_for(d, kind)
            say(d, b" with length)")
        else:
            say_value(d, b", len ", u32(d, p + 1))
