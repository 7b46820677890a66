"""ICMP extension structures (RFC 4884): MPLS labels (RFC 4950), interfaces (RFC 5837), PROBE (RFC 8335).

Shared by ICMP and ICMPv6.
"""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.tunnels.mpls cimport say_rest_of_entry

cdef enum:
    EXTENSION_VERSION = 2
    MPLS_STACK = 1
    INTERFACE_INFORMATION = 2
    INTERFACE_IDENTIFICATION = 3
    AFI_IPV4 = 1                # address families of RFC 5837 section 4.2 and RFC 8335 section 2.1
    AFI_IPV6 = 2


cdef Names OBJECTS = names({
    MPLS_STACK: b"MPLS Stack Entry", INTERFACE_INFORMATION: b"Interface Information",
    INTERFACE_IDENTIFICATION: b"Interface Identification",
})


# RFC 5837 section 4.1.
cdef Names ROLES = names({
    0: b"Incoming IP Interface", 1: b"Sub-IP Component of Incoming IP Interface", 2: b"Outgoing IP Interface",
    3: b"IP Next Hop",
})


# RFC 8335 section 3.
cdef Names REPLY_CODES = names({
    0: b"No error", 1: b"Malformed Query", 2: b"No Such Interface", 3: b"No Such Table Entry",
    4: b"Multiple Interfaces Satisfy Query",
})


# RFC 8335 section 3.
cdef Names NEIGHBOR_STATES = names({
    0: b"Reserved", 1: b"Incomplete", 2: b"Reachable", 3: b"Stale", 4: b"Delay", 5: b"Probe", 6: b"Failed",
})


# --------------------------------------------------------------------------- the values of the objects

cdef uint32_t say_address(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """IP address sub-object: AFI and length (or reserved bytes), then the address. Returns its size, 0 if bad."""
    if length < 4:
        return 0
    cdef uint16_t family = u16(d, p)
    cdef uint32_t size = 4 if family == AFI_IPV4 else 16 if family == AFI_IPV6 else 0
    if size == 0 or length < 4 + size:
        say(d, b"\n\t    IP Address sub-object: ")
        say_invalid(d)
        return 0
    need(d, p + 4, size)
    say(d, b"\n\t    IP Address sub-object: ")
    if family == AFI_IPV4:
        say_ip4(d, p + 4)
    else:
        say_ip6(d, p + 4)
    return 4 + size


cdef void say_name(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """An interface name of at most `length` bytes, padded with zeros (or by a careless sender not at all)."""
    cdef uint32_t i
    say(d, b"\n\t    Interface Name, length ")
    say_dec(d, length)
    say(d, b": ")
    for i in range(length):
        if u8(d, p + i) == 0:
            return
        say_safe_char(d, p[i])


cdef void print_label(Dissection *d, const uint8_t *p) noexcept nogil:
    cdef uint32_t entry = u32(d, p)
    say(d, b"\n\t    label ")
    say_dec(d, entry >> 12)
    say_rest_of_entry(d, entry)


cdef void print_information(Dissection *d, uint32_t ctype, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 5837: the C-Type says the role and which sub-objects follow."""
    cdef uint32_t n
    say(d, b"\n\t    Interface Role: ")
    say(d, name_of(&ROLES, ctype >> 6, b""))
    if ctype & 0x08:
        if length < 4:
            return
        need(d, p, 4)
        say(d, b"\n\t    Interface Index: ")
        say_dec(d, u32(d, p))
        p += 4
        length -= 4
    if ctype & 0x04:
        n = say_address(d, p, length)
        if n == 0:
            return
        p += n
        length -= n
    if ctype & 0x02:
        if length < 1:
            return
        n = u8(d, p)            # counts itself
        if n < 1 or n > length:
            say_invalid(d)
            return
        say_name(d, p + 1, n - 1)
        p += n
        length -= n
    if ctype & 0x01 and length >= 4:
        need(d, p, 4)
        say(d, b"\n\t    MTU: ")
        say_dec(d, u32(d, p))


cdef void print_identification(Dissection *d, uint32_t ctype, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 8335 section 2.1: an interface by name, index or address."""
    if ctype == 1:
        say_name(d, p, length)
    elif ctype == 2 and length >= 4:
        need(d, p, 4)
        say(d, b"\n\t    Interface Index: ")
        say_dec(d, u32(d, p))
    elif ctype == 3 and length >= 4:
        say_address(d, p, length)
    else:
        say_unknown(d, b"\n\t    ", p, length)


cdef void print_objects(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t size, number, ctype
    while length > 4:
        need(d, p, 4)
        size = u16(d, p)
        number = p[2]
        ctype = p[3]
        say(d, b"\n\t  ")
        say(d, name_of(&OBJECTS, number, b"unknown"))
        say(d, b" Object (")
        say_dec(d, number)
        say(d, b"), Class-Type: ")
        say_dec(d, ctype)
        say(d, b", length ")
        say_dec(d, size)
        p += 4
        length -= 4
        if number == 0 or size < 4:
            return
        size -= 4
        if number == MPLS_STACK and ctype == 1:
            print_label(d, p)
        elif number == INTERFACE_INFORMATION:
            print_information(d, ctype, p, min(size, length))
        elif number == INTERFACE_IDENTIFICATION:
            print_identification(d, ctype, p, min(size, length))
        else:
            say_unknown(d, b"\n\t    ", p, size)
        if length < size:
            return
        p += size
        length -= size


cdef void say_sum(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    if not has(d, p, length):
        return
    say(d, b", checksum 0x")
    say_hex(d, u16(d, p + 2), 4)
    say_either(d, checksum(p, length, 0) == 0, b" (correct), length ", b" (incorrect), length ")
    say_dec(d, length)


# --------------------------------------------------------------------------- entry points

cdef void print_extensions(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint8_t version = u8(d, p) >> 4
    say(d, b"\n\tICMP Multi-Part extension v")
    say_dec(d, version)
    if version != EXTENSION_VERSION:
        say(d, b" packet not supported")
        return
    say_sum(d, p, length)
    print_objects(d, p + 4, length - 4)


cdef void print_probe_request(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The one object tells how long the structure is; data may follow it."""
    cdef uint32_t size
    say_either(d, u8(d, p + 7) & 1, b"\n\tLocal Interface", b"\n\tRemote Interface")
    if length < 16:
        return
    if u8(d, p + 8) >> 4 != EXTENSION_VERSION:
        say(d, b" packet not supported")
        return
    size = min(4 + <uint32_t>u16(d, p + 12), length - 8)
    say_sum(d, p + 8, size)
    print_objects(d, p + 12, size - 4)


cdef void print_probe_reply(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 8)
    say(d, b"\n\tCode ")
    say_dec(d, p[1])
    say(d, b" (")
    say(d, name_of(&REPLY_CODES, p[1], b"Unknown"))
    say(d, b"), State ")
    say_dec(d, p[7] >> 5)
    say(d, b" (")
    say(d, name_of(&NEIGHBOR_STATES, p[7] >> 5, b"Unknown"))
    say(d, b"), active ")
    say_dec(d, p[7] >> 2 & 1)
    say(d, b" ipv4 ")
    say_dec(d, p[7] >> 1 & 1)
    say(d, b" ipv6 ")
    say_dec(d, p[7] & 1)
