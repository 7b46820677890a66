"""Values of RADIUS attributes that are met rarely: of ARAP (RFC 2869), Mobile IPv6 (RFC 5447), and places (RFC 5580)."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, names
from ptcpdump.printers.management.ntp cimport say_time

from ptcpdump.printers.management import radius_tables as tables

cdef Names OPERATORS = names(tables.OPERATORS)
cdef Bits POLICY_FLAGS = bits(tables.POLICY_FLAGS)
# of 64 bits, of which the table has the lower and the upper half
cdef Bits LOW_FEATURES = bits({bit: text for bit, text in tables.FEATURES.items() if bit < 1 << 32})
cdef Bits HIGH_FEATURES = bits({bit >> 32: text for bit, text in tables.FEATURES.items() if bit >= 1 << 32})
cdef Names CODES = names({0: b"Civic", 1: b"Geospatial"})
cdef Names ENTITIES = names({0: b"User", 1: b"RADIUS"})


cdef bint wrong(Dissection *d, uint32_t length, const char *wanted) noexcept nogil:
    """Say that a value has not the length that its kind wants."""
    say_value(d, b"ERROR: length ", length)
    say_char(d, b' ')
    say(d, wanted)
    return True


cdef bint form_vector(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Mobile IPv6 features (RFC 5447)."""
    cdef uint64_t features
    if length != 8:
        return wrong(d, length, b"!= 8")
    features = u64(d, p)
    say_char(d, b'[')
    if say_bits(d, &LOW_FEATURES, <uint32_t>features, b", ", b"") and features >> 40 & 0x3FF:
        say(d, b", ")
    say_bits(d, &HIGH_FEATURES, <uint32_t>(features >> 32), b", ", b"")
    say_char(d, b']')
    return True


cdef inline void say_capitals(Dissection *d, const char *before, const uint8_t *p, uint32_t n) noexcept nogil:
    """Bytes in hexadecimal."""
    cdef uint32_t i
    need(d, p, n)
    say(d, before)
    for i in range(n):
        say_char(d, b"0123456789ABCDEF"[p[i] >> 4])
        say_char(d, b"0123456789ABCDEF"[p[i] & 15])


cdef bint form_arap_password(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """ARAP password (RFC 2869, section 5.4)."""
    if length != 16:
        return wrong(d, length, b"!= 16")
    need(d, p, 16)
    say_capitals(d, b"User_challenge (", p, 8)
    say_capitals(d, b") User_resp(", p + 8, 8)
    say_char(d, b')')
    return True


cdef bint form_arap_features(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """ARAP features (RFC 2869, section 5.5)."""
    if length != 14:
        return wrong(d, length, b"!= 14")
    need(d, p, 2)
    say_either(d, p[0], b"User can", b"User cannot")
    say_value(d, b" change password, Min password length: ", p[1])
    need(d, p + 2, 12)
    say_capitals(d, b", created at: ", p + 2, 4)
    say_capitals(d, b", expires in: ", p + 6, 4)
    say_capitals(d, b", Current Time: ", p + 10, 4)
    return True


cdef bint form_arap_challenge(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """ARAP challenge response (RFC 2869, section 5.15)."""
    if length < 8:
        return wrong(d, length, b"!= 8")
    say_capitals(d, b"", p, 8)
    return True


cdef bint form_operator(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Operator name with its namespace (RFC 5580, section 4.1)."""
    if length < 2:
        return wrong(d, length, b"< 2")
    kind = u8(d, p)
    say_char(d, b'[')
    say_named(d, &OPERATORS, kind, b"unknown namespace ")
    say(d, b"] ")
    say_safe(d, p + 1, length - 1)
    return True


cdef bint form_location(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Location information (RFC 5580, section 4.2)."""
    if length < 21:
        return wrong(d, length, b"< 21")
    need(d, p, 4)
    say_value(d, b"index ", u16(d, p))
    say(d, b", code ")
    say_named_or(d, &CODES, p[2], b"Unknown (", b")")
    say(d, b", entity ")
    say_named_or(d, &ENTITIES, p[3], b"Unknown (", b")")
    say(d, b", ")
    need(d, p + 4, 16)
    say(d, b"sighting time ")
    say_time(d, p + 4)
    say(d, b", time to live ")
    say_time(d, p + 12)
    say(d, b', method "')
    say_safe(d, p + 20, length - 20)
    say_char(d, b'"')
    return True


cdef bint form_location_data(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Location data (RFC 5580, section 4.3), whose form another attribute tells."""
    if length < 3:
        return wrong(d, length, b"< 3")
    say_value(d, b"index ", u16(d, p))
    say(d, b", location")
    say_hexdump_ascii(d, b"\n\t    ", p + 2, length - 2)
    return True


cdef bint form_policy(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Basic location policy rules (RFC 5580, section 4.4)."""
    cdef uint32_t flags
    if length < 10:
        return wrong(d, length, b"< 10")
    flags = u16(d, p)
    say(d, b"flags [")
    say_bits(d, &POLICY_FLAGS, flags, b", ", b"none")
    say(d, b"], ")
    need(d, p + 2, 8)
    say(d, b"retention expires ")
    say_time(d, p + 2)
    if length > 10:
        say(d, b', note well "')
        say_safe(d, p + 10, length - 10)
        say_char(d, b'"')
    return True
