"""Neighbor discovery: options (RFC 4861, 3971, 4191, 6275, 8106, 8781) and the fields of router advertisements."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    SOURCE_LINK_ADDRESS = 1
    TARGET_LINK_ADDRESS = 2
    PREFIX = 3
    REDIRECTED = 4
    MTU = 5
    ADVERTISEMENT_INTERVAL = 7
    HOME_AGENT = 8
    NONCE = 14
    ROUTE = 24
    RDNSS = 25
    DNSSL = 31
    PREF64 = 38


cdef Names OPTIONS = names({
    SOURCE_LINK_ADDRESS: b"source link-address", TARGET_LINK_ADDRESS: b"destination link-address",
    PREFIX: b"prefix info", REDIRECTED: b"redirected header", MTU: b"mtu",
    ADVERTISEMENT_INTERVAL: b"advertisement interval", HOME_AGENT: b"homeagent information", NONCE: b"nonce",
    ROUTE: b"route info", RDNSS: b"rdnss", DNSSL: b"dnssl", PREF64: b"pref64",
})

# Router preference of RFC 4191, two bits of the flags
cdef Names PREFERENCES = names({0: b"medium", 1: b"high", 2: b"rsv", 3: b"low"})

cdef Bits PREFIX_FLAGS = bits({0x80: b"onlink", 0x40: b"auto", 0x20: b"router"})
cdef Bits ROUTER_FLAGS = bits({0x80: b"managed", 0x40: b"other stateful", 0x20: b"home agent", 0x02: b"ipv6 only"})


cdef void say_lifetime(Dissection *d, uint32_t seconds) noexcept nogil:
    if seconds == <uint32_t>0xffffffff:
        say(d, b"infinity")
        return
    say_dec(d, seconds)
    say_char(d, b's')


cdef void say_octets(Dissection *d, const uint8_t *p, uint32_t n, char separator) noexcept nogil:
    cdef uint32_t i
    need(d, p, n)
    for i in range(n):
        if i:
            say_char(d, separator)
        say_hex(d, p[i], 2)


# --------------------------------------------------------------------------- options

cdef void print_prefix(Dissection *d, const uint8_t *p, uint32_t units) noexcept nogil:
    say_ip6(d, p + 16)
    say_char(d, b'/')
    say_dec(d, u8(d, p + 2))
    if units != 4:
        say(d, b"badlen")
    say(d, b", Flags [")
    say_bits(d, &PREFIX_FLAGS, p[3], b", ", b"none")
    say(d, b"], valid time ")
    say_lifetime(d, u32(d, p + 4))
    say(d, b", pref. time ")
    say_lifetime(d, u32(d, p + 8))


cdef bint print_route(Dissection *d, const uint8_t *p, uint32_t units) noexcept nogil:
    """RFC 4191: the prefix is given with 0, 8 or 16 bytes."""
    cdef uint8_t prefix[16]
    cdef uint32_t given = 8 * (units - 1), i
    need(d, p, 8)
    if units > 3:
        return False
    need(d, p + 8, given)
    for i in range(16):
        prefix[i] = p[8 + i] if i < given else 0
    say_char(d, b' ')
    put_ip6_number(d.out, prefix)
    say_char(d, b'/')
    say_dec(d, p[2])
    say(d, b", pref=")
    say(d, name_of(&PREFERENCES, p[3] >> 3 & 3, b""))
    say(d, b", lifetime=")
    say_lifetime(d, u32(d, p + 4))
    return True


cdef void print_rdnss(Dissection *d, const uint8_t *p, uint32_t units) noexcept nogil:
    cdef uint32_t i
    say(d, b" lifetime ")
    say_dec(d, u32(d, p + 4))
    say(d, b"s,")
    for i in range((units - 1) // 2):
        say(d, b" addr: ")
        say_ip6(d, p + 8 + 16 * i)


cdef bint print_dnssl(Dissection *d, const uint8_t *p, uint32_t units) noexcept nogil:
    """Search domains in DNS form without compression (RFC 8106 section 5.2), padded with zeros."""
    cdef const uint8_t *end = p + 8 * units
    cdef const uint8_t *label = p + 8
    cdef uint32_t n
    say(d, b" lifetime ")
    say_dec(d, u32(d, p + 4))
    say(d, b"s, domain(s):")
    while label < end and u8(d, label):
        say_char(d, b' ')
        while label < end and u8(d, label):
            n = label[0]
            if n > 63 or label + 1 + n > end:
                return False
            say_safe(d, label + 1, n)
            say_char(d, b'.')
            label += 1 + n
        label += 1
    return True


cdef void print_pref64(Dissection *d, const uint8_t *p, uint32_t units) noexcept nogil:
    """RFC 8781: 13 bits of lifetime in units of 8 s, 3 bits of prefix length code, 96 bits of prefix."""
    cdef uint8_t prefix[16]
    cdef uint32_t lifetime, plc, i
    if units != 2:
        say(d, b"bad option length")
        return
    need(d, p, 16)
    lifetime = u16(d, p + 2)
    plc = lifetime & 7
    for i in range(16):
        prefix[i] = p[4 + i] if i < 12 else 0
    put_ip6_number(d.out, prefix)
    say_char(d, b'/')
    if plc == 0:
        say(d, b"96")
    elif plc <= 5:
        say_dec(d, 72 - 8 * plc)
    else:
        say(d, b"??")
    say(d, b" (plc ")
    say_dec(d, plc)
    say(d, b"), lifetime ")
    say_dec(d, lifetime & 0xfff8)
    say_char(d, b's')


cdef bint print_option(Dissection *d, const uint8_t *p, uint32_t kind, uint32_t units,
                       const uint8_t *first) noexcept nogil:
    """One option's value; False when it can't be one of its kind. tcpdump writes most values after a second blank."""
    if kind == SOURCE_LINK_ADDRESS or kind == TARGET_LINK_ADDRESS:
        say_octets(d, p + 2, 8 * units - 2, b':')
    elif kind == NONCE:
        say_octets(d, p + 2, 8 * units - 2, b' ')
    elif kind == PREFIX:
        print_prefix(d, p, units)
    elif kind == REDIRECTED:
        # tcpdump dumps as many bytes from the first option on
        say_unknown(d, b"\n\t    ", first, 8 * units)
    elif kind == MTU:
        say_char(d, b' ')
        say_dec(d, u32(d, p + 4))
        if units != 1:
            say(d, b"bad option length")
    elif kind == RDNSS:
        print_rdnss(d, p, units)
    elif kind == DNSSL:
        return print_dnssl(d, p, units)
    elif kind == ADVERTISEMENT_INTERVAL:
        say_char(d, b' ')
        say_dec(d, u32(d, p + 4))
        say(d, b"ms")
    elif kind == HOME_AGENT:
        say(d, b" preference ")
        say_dec(d, u16(d, p + 4))
        say(d, b", lifetime ")
        say_dec(d, u16(d, p + 6))
    elif kind == ROUTE:
        return print_route(d, p, units)
    elif kind == PREF64:
        print_pref64(d, p, units)
    return True


cdef void print_nd_options(Dissection *d, const uint8_t *p, int64_t length) noexcept nogil:
    cdef const uint8_t *first = p
    cdef uint32_t kind, units
    while p < d.end:
        need(d, p, 2)
        if length <= 0:
            return
        kind = p[0]
        units = p[1]
        if units == 0 or not has(d, p, 8 * units):
            say_mark(d)
            return
        say(d, b"\n\t  ")
        say(d, name_of(&OPTIONS, kind, b"unknown"))
        say(d, b" option (")
        say_dec(d, kind)
        say(d, b"), length ")
        say_dec(d, 8 * units)
        say(d, b" (")
        say_dec(d, units)
        say(d, b"): ")
        if not print_option(d, p, kind, units, first):
            say_mark(d)
            return
        if d.opt.verbose > 1:
            say_unknown(d, b"\n\t    ", p + 2, 8 * units - 2)
        elif name_of(&OPTIONS, kind, NULL) == NULL:
            say_unknown(d, b"\n\t  ", p + 2, 8 * units - 2)
            return              # as tcpdump: what follows an unknown option is left out below -vv
        p += 8 * units
        length -= 8 * units


cdef void print_router_advertisement(Dissection *d, const uint8_t *p) noexcept nogil:
    cdef uint8_t flags = u8(d, p + 5)
    need(d, p, 16)
    say(d, b"\n\thop limit ")
    say_dec(d, p[4])
    say(d, b", Flags [")
    say_bits(d, &ROUTER_FLAGS, flags, b", ", b"none")
    say(d, b"], pref ")
    say(d, name_of(&PREFERENCES, flags >> 3 & 3, b""))
    say(d, b", router lifetime ")
    say_dec(d, u16(d, p + 6))
    say(d, b"s, reachable time ")
    say_dec(d, u32(d, p + 8))
    say(d, b"ms, retrans timer ")
    say_dec(d, u32(d, p + 12))
    say(d, b"ms")
