"""IPv4 (RFC 791), IPv6 (RFC 8200) and the headers that may stand between them and what they carry."""

from libc.string cimport memset

from ptcpdump.dissect.cursor cimport *

cdef enum:
    HOP_BY_HOP = 0
    TCP = 6
    UDP = 17
    ROUTING = 43
    FRAGMENT = 44
    AUTHENTICATION = 51
    DESTINATION_OPTIONS = 60
    MORE_FRAGMENTS = 0x2000
    OFFSET = 0x1fff             # in units of 8 bytes
    OPTION_PAD1 = 0
    OPTION_JUMBO = 0xc2         # RFC 2675


cdef inline void begin(Cursor *c, PacketFields *f, uint8_t version, uint32_t address_length,
                       const uint8_t *addresses) noexcept nogil:
    """This header's ends take the place of those of the header around it."""
    memset(&f.ends, 0, sizeof(f.ends))
    memcpy(f.ends.source, addresses, address_length)
    memcpy(f.ends.destination, addresses + address_length, address_length)
    f.ends.version = version
    f.network = <uint32_t>(c.p - c.start)
    f.found = f.found & ~<uint32_t>FOUND_TRANSPORT | FOUND_IP


cdef void read_ip4(Cursor *c, PacketFields *f) noexcept nogil:
    cdef const uint8_t *p = c.p
    cdef uint32_t header, total, fragment
    if not have(c, 20):
        cut(c, f)
        return
    header = (p[0] & 15) * 4
    total = get_be16(p + 2)
    if total == 0:
        # The kernel leaves 0 here for what the network card will cut into segments (TSO), also above 65535 bytes.
        total = c.length
    if p[0] >> 4 != 4 or header < 20 or total < header:
        malformed(c, f)
        return
    narrow(c, total)
    begin(c, f, 4, 4, p + 12)
    f.ends.protocol = p[9]
    f.traffic_class = p[1]
    f.ttl = p[8]
    fragment = get_be16(p + 6)
    if fragment & (MORE_FRAGMENTS | OFFSET):
        note_fragment(f, get_be16(p + 4), (fragment & OFFSET) * 8, fragment & MORE_FRAGMENTS)
    if not have(c, header):
        cut(c, f)
        return
    go(c, header, LAYER_NONE if fragment & OFFSET else LAYER_IP_PROTOCOL, p[9])


cdef inline void note_fragment(PacketFields *f, uint32_t id, uint32_t offset, bint more) noexcept nogil:
    f.fragment_id = id
    f.fragment_offset = offset
    f.more_fragments = more != 0
    f.found |= FOUND_FRAGMENT


cdef void read_ip6(Cursor *c, PacketFields *f) noexcept nogil:
    cdef const uint8_t *p = c.p
    cdef uint32_t total
    if not have(c, 40):
        cut(c, f)
        return
    if p[0] >> 4 != 6:
        malformed(c, f)
        return
    total = get_be16(p + 4)
    if total or not (p[6] == HOP_BY_HOP or p[6] == TCP or p[6] == UDP):
        narrow(c, total + 40)
    # else a jumbogram (RFC 2675), whose length is in an option, or what the network card will cut into segments
    begin(c, f, 6, 16, p + 8)
    f.ends.protocol = p[6]
    f.traffic_class = <uint8_t>(get_be16(p) >> 4)
    f.ttl = p[7]
    go(c, 40, LAYER_IP_PROTOCOL, p[6])


cdef bint read_extension(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t kind = c.key
    if kind == AUTHENTICATION:
        skip_extension(c, f, 2, 4)
    elif f.ends.version != 6:
        return False
    elif kind == FRAGMENT:
        read_fragment(c, f)
    elif kind == HOP_BY_HOP:
        if have(c, 2):
            read_jumbo_length(c)
        skip_extension(c, f, 1, 8)
    elif kind == ROUTING or kind == DESTINATION_OPTIONS:
        skip_extension(c, f, 1, 8)
    else:
        return False
    return True


cdef inline void go_next(Cursor *c, PacketFields *f, uint32_t header, bint further) noexcept nogil:
    """Behind an extension header comes what its first byte says; further: not within the first fragment."""
    f.ends.protocol = c.p[0]
    go(c, header, LAYER_NONE if further else LAYER_IP_PROTOCOL, c.p[0])


cdef void skip_extension(Cursor *c, PacketFields *f, uint32_t base, uint32_t unit) noexcept nogil:
    """A header whose second byte counts units; base: how many are not counted."""
    cdef uint32_t size
    if not have(c, 2):
        cut(c, f)
        return
    size = (c.p[1] + base) * unit
    if size > c.length:
        malformed(c, f)
    elif not have(c, size):
        cut(c, f)
    else:
        go_next(c, f, size, False)


cdef void read_fragment(Cursor *c, PacketFields *f) noexcept nogil:
    """RFC 8200, 4.5."""
    cdef uint32_t offset
    if not have(c, 8):
        cut(c, f)
        return
    offset = get_be16(c.p + 2)
    note_fragment(f, get_be32(c.p + 4), offset & 0xfff8, offset & 1)
    go_next(c, f, 8, offset & 0xfff8)


cdef void read_jumbo_length(Cursor *c) noexcept nogil:
    """The Jumbo Payload option, if this header has one: then the length of the packet stands there (RFC 2675)."""
    cdef uint32_t at = 2, size = (c.p[1] + 1) * 8
    if not have(c, size):
        return
    while at + 6 <= size:
        if c.p[at] == OPTION_PAD1:
            at += 1
        elif c.p[at] == OPTION_JUMBO and c.p[at + 1] == 4:
            narrow(c, get_be32(c.p + at + 2))
            return
        else:
            at += 2 + c.p[at + 1]
