"""BGP UPDATE messages (RFC 4271, 4.3): withdrawn routes, path attributes, routes; for IPv6 also RFC 4760."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    HEADER = 19
    ORIGIN = 1
    AS_PATH = 2
    NEXT_HOP = 3
    MED = 4
    LOCAL_PREFERENCE = 5
    ATOMIC_AGGREGATE = 6
    AGGREGATOR = 7
    COMMUNITY = 8
    ORIGINATOR = 9
    CLUSTERS = 10
    REACH = 14
    UNREACH = 15
    AS4_PATH = 17
    AGGREGATOR4 = 18
    LARGE_COMMUNITY = 32

cdef Names ATTRIBUTES = names({
    ORIGIN: b"Origin", AS_PATH: b"AS Path", NEXT_HOP: b"Next Hop", MED: b"Multi Exit Discriminator",
    LOCAL_PREFERENCE: b"Local Preference", ATOMIC_AGGREGATE: b"Atomic Aggregate", AGGREGATOR: b"Aggregator",
    COMMUNITY: b"Community", ORIGINATOR: b"Originator ID", CLUSTERS: b"Cluster List", 11: b"DPA", 12: b"Advertisers",
    13: b"RCID_PATH / CLUSTER_ID", REACH: b"Multi-Protocol Reach NLRI", UNREACH: b"Multi-Protocol Unreach NLRI",
    16: b"Extended Community", AS4_PATH: b"AS4 Path", AGGREGATOR4: b"Aggregator4", 22: b"PMSI Tunnel",
    23: b"Tunnel Encapsulation", 25: b"IPv6 Extended Community", 26: b"Accumulated IGP Metric",
    LARGE_COMMUNITY: b"Large Community", 33: b"BGPsec Path", 35: b"Only to Customer (OTC)", 128: b"Attribute Set",
})
cdef Bits FLAGS = bits({0x80: b"O", 0x40: b"T", 0x20: b"P", 0x10: b"E"})
cdef Names ORIGINS = names({0: b"IGP", 1: b"EGP", 2: b"Incomplete"})
cdef Names AFIS = names({1: b"IPv4", 2: b"IPv6", 25: b"L2VPN"})
cdef Names SAFIS = names({
    1: b"Unicast", 2: b"Multicast", 3: b"Unicast+Multicast", 4: b"labeled Unicast", 65: b"VPLS", 70: b"EVPN",
    128: b"labeled VPN Unicast", 129: b"labeled VPN Multicast", 132: b"Route Target Routing Information",
})
cdef Names COMMUNITIES = names({
    0xFFFFFF01: b" NO_EXPORT", 0xFFFFFF02: b" NO_ADVERTISE", 0xFFFFFF03: b" NO_EXPORT_SUBCONFED"})
cdef Names OPENINGS = names({1: b"{ ", 2: b"", 3: b"( ", 4: b"({ "})       # of the segments of a path
cdef Names CLOSINGS = names({1: b"}", 2: b"", 3: b")", 4: b"})"})


cdef inline void say_numbered(Dissection *d, const Names *table, uint32_t v, const char *unknown) noexcept nogil:
    """The name of a number, and the number in parentheses."""
    say(d, name_of(table, v, unknown))
    say_value(d, b" (", v)
    say_char(d, b')')


cdef void say_family(Dissection *d, uint16_t afi, uint8_t safi) noexcept nogil:
    """Address family and subsequent address family (IANA)."""
    say(d, b"AFI ")
    say_numbered(d, &AFIS, afi, b"Unknown AFI")
    say(d, b", SAFI ")
    say_numbered(d, &SAFIS, safi, b"Unknown SAFI")


cdef void say_as_number(Dissection *d, uint32_t number) noexcept nogil:
    """Number of an autonomous system; with -b those of four bytes as asdot (RFC 5396)."""
    if d.opt.asdot and number > 0xFFFF:
        say_dec(d, number >> 16)
        say_char(d, b'.')
        number &= 0xFFFF
    say_dec(d, number)


cdef void print_update(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The body of a message of `length` bytes, captured all."""
    cdef uint32_t position = HEADER + 2
    cdef uint32_t withdrawn = u16(d, p + HEADER), attributes
    if position + withdrawn + 2 > length:
        say_mark(d)
        return
    if withdrawn:
        say(d, b"\n\t  Withdrawn routes:")
        print_routes(d, p + position, withdrawn, 4, b"\n\t    ")
    position += withdrawn
    attributes = u16(d, p + position)
    position += 2
    if position + attributes > length:
        say_mark(d)
        return
    print_attributes(d, p + position, attributes)
    position += attributes
    if position < length:
        say(d, b"\n\t  Updated routes:")
        print_routes(d, p + position, length - position, 4, b"\n\t    ")
    elif not attributes:
        say(d, b"\n\t  End-of-Rib Marker (empty NLRI)")


cdef void print_routes(Dissection *d, const uint8_t *p, uint32_t length, uint32_t width,
                       const char *indent) noexcept nogil:
    """Prefixes of addresses that are `width` bytes long, one a line; a message may have thousands."""
    cdef uint8_t address[16]
    cdef uint32_t at = 0, width_of_prefix, used
    need(d, p, length)
    while at < length:
        width_of_prefix = p[at]
        used = (width_of_prefix + 7) // 8
        say(d, indent)
        if width_of_prefix > 8 * width:
            say(d, b"(illegal prefix length)")
            return
        if at + 1 + used > length:
            say(d, b"(invalid)")
            return
        memset(address, 0, sizeof(address))
        memcpy(address, p + at + 1, used)
        if width_of_prefix % 8:
            address[used - 1] &= 0xFF00 >> width_of_prefix % 8
        say_number(d, address, width)
        say_value(d, b"/", width_of_prefix)
        at += 1 + used


cdef inline void say_number(Dissection *d, const uint8_t *p, uint32_t width) noexcept nogil:
    """An address as a number: names of networks are not asked for."""
    if width == 4:
        put_ip4_number(d.out, p)
    else:
        put_ip6_number(d.out, p)


cdef void print_attributes(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """The path attributes of `rest` bytes."""
    cdef uint32_t length, header
    cdef uint8_t flags, kind
    cdef bint decoded
    while rest >= 3:
        flags, kind = u8(d, p), u8(d, p + 1)
        header = 4 if flags & 0x10 else 3
        if rest < header:
            break
        length = u16(d, p + 2) if header == 4 else u8(d, p + 2)
        p += header
        rest -= header
        say(d, b"\n\t  ")
        say_numbered(d, &ATTRIBUTES, kind, b"Unknown Attribute")
        say_value(d, b", length: ", length)
        say(d, b", Flags [")
        say_bits(d, &FLAGS, flags, b"", b"")
        if flags & 0xF:
            say_char(d, b'+')
            say_hex(d, flags & 0xF, 1)
        say(d, b"]: ")
        if length > rest:
            break
        decoded = print_attribute(d, kind, p, length)
        if length and (not decoded or (d.opt.verbose > 1 and kind != LARGE_COMMUNITY)):
            say_unknown(d, b"\n\t    ", p, length)
        p += length
        rest -= length
    if rest:
        say_mark(d)


cdef bint has_length(uint8_t kind, uint32_t length) noexcept nogil:
    """Whether an attribute may have that length."""
    if kind == ORIGIN:
        return length == 1
    if kind in (NEXT_HOP, MED, LOCAL_PREFERENCE, ORIGINATOR):
        return length == 4
    if kind in (AGGREGATOR, AGGREGATOR4):
        return length == 8 or length == 6 and kind == AGGREGATOR
    if kind in (COMMUNITY, CLUSTERS, LARGE_COMMUNITY):
        return length and length % (12 if kind == LARGE_COMMUNITY else 4) == 0
    return kind != ATOMIC_AGGREGATE or length == 0


cdef bint print_attribute(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """The value of an attribute; False when it has no decoder."""
    if not has_length(kind, length):
        say(d, b"invalid len")
    elif kind == ORIGIN:
        say(d, name_of(&ORIGINS, u8(d, p), b"Unknown Origin Typecode"))
    elif kind in (AS_PATH, AS4_PATH):
        print_path(d, p, length, 4 if kind == AS4_PATH else width_of_numbers(d, p, length))
    elif kind in (NEXT_HOP, ORIGINATOR):
        say_ip4(d, p)
    elif kind in (MED, LOCAL_PREFERENCE):
        say_dec(d, u32(d, p))
    elif kind in (AGGREGATOR, AGGREGATOR4):
        say(d, b" AS #")
        say_as_number(d, u32(d, p) if length == 8 else u16(d, p))
        say(d, b", origin ")
        say_ip4(d, p + length - 4)
    elif kind == COMMUNITY:
        print_communities(d, p, length)
    elif kind == CLUSTERS:
        print_clusters(d, p, length)
    elif kind == LARGE_COMMUNITY:
        print_large_communities(d, p, length)
    elif kind in (REACH, UNREACH) and length >= 3 and u8(d, p + 2) in (1, 2) and u16(d, p) in (1, 2):
        print_multiprotocol(d, kind, p, length)
    elif kind != ATOMIC_AGGREGATE:
        say_value(d, b"\n\t    no Attribute ", kind)
        say(d, b" decoder")
        return False
    return True


cdef uint32_t width_of_numbers(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """2 or 4, whichever makes the segments of a path end where it ends: no message says which it is (RFC 6793)."""
    cdef uint32_t width, at
    for width in range(2, 5, 2):
        at = 0
        while at + 2 <= length and 1 <= u8(d, p + at) <= 4 and u8(d, p + at + 1):
            at += 2 + width * u8(d, p + at + 1)
        if at == length:
            return width
    return 2


cdef void print_path(Dissection *d, const uint8_t *p, uint32_t length, uint32_t width) noexcept nogil:
    """Segments of autonomous system numbers, each `width` bytes."""
    cdef uint32_t at = 0, i, count
    cdef uint8_t kind
    if length == 0:
        say(d, b"empty")
    while at + 2 <= length:
        kind, count = u8(d, p + at), u8(d, p + at + 1)
        at += 2
        say(d, name_of(&OPENINGS, kind, b"?"))
        for i in range(count):
            if at + width > length:
                say(d, b"(invalid)")
                return
            say_as_number(d, u32(d, p + at) if width == 4 else u16(d, p + at))
            say_char(d, b' ')
            at += width
        say(d, name_of(&CLOSINGS, kind, b"?"))


cdef void print_communities(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 1997; the well-known ones by name."""
    cdef uint32_t at, value
    cdef const char *name
    for at in range(0, length, 4):
        value = u32(d, p + at)
        name = name_of(&COMMUNITIES, value, NULL)
        if name != NULL:
            say(d, name)
            continue
        say_dec(d, value >> 16)
        say_value(d, b":", value & 0xFFFF)
        if at + 4 < length:
            say(d, b", ")


cdef void print_clusters(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 4456."""
    cdef uint32_t at
    for at in range(0, length, 4):
        if at:
            say(d, b", ")
        say_ip4(d, p + at)


cdef void print_large_communities(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """RFC 8092."""
    cdef uint32_t at
    for at in range(0, length, 12):
        say(d, b"\n\t    ")
        say_dec(d, u32(d, p + at))
        say_value(d, b":", u32(d, p + at + 4))
        say_value(d, b":", u32(d, p + at + 8))


cdef void print_multiprotocol(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Routes of IPv4 or IPv6 that are reached by a next hop, or no more (RFC 4760)."""
    cdef uint32_t afi = u16(d, p), safi = u8(d, p + 2), width = 4 if afi == 1 else 16
    cdef uint32_t at = 3, size, hop
    say(d, b"\n\t    AFI: ")
    say_numbered(d, &AFIS, afi, b"")
    say(d, b", SAFI: ")
    say_numbered(d, &SAFIS, safi, b"")
    if kind == REACH:
        size = u8(d, p + at) if at < length else 0
        if at + 1 + size + 1 > length:
            say_mark(d)
            return
        say(d, b"\n\t    nexthop: ")
        hop = 0
        while hop + width <= size:
            if hop:
                say(d, b", ")
            need(d, p + at + 1 + hop, width)
            say_number(d, p + at + 1 + hop, width)
            hop += width
        say_value(d, b", nh-length: ", size)
        say(d, b", no SNPA")
        at += 1 + size + 1
    if at >= length:
        if kind == UNREACH:
            say(d, b"\n\t      End-of-Rib Marker (empty NLRI)")
        return
    print_routes(d, p + at, length - at, width, b"\n\t      ")
