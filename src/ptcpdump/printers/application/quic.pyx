"""QUIC (RFC 9000, RFC 9369): packet types, versions, connection identifiers; all else is encrypted.

Short headers carry a connection identifier without its length. Those that long headers have named are remembered, so
that it can be told.
"""

from libc.string cimport memcmp

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.state cimport part_of
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    LONG_HEADER = 0x80
    FIXED_BIT = 0x40
    TYPE_INITIAL = 0
    TYPE_RETRY = 3
    ID_MAX = 20
    TAG = 16                # integrity tag at the end of a Retry packet
    TOKEN_MAX = 1000        # longer ones are not shown
    SETS = 2048
    WAYS = 4


# Packets with a long header (RFC 9000, table 5)
cdef Names TYPES = names({TYPE_INITIAL: b", initial", 1: b", 0-rtt", 2: b", handshake", TYPE_RETRY: b", retry"})


cdef struct Id:
    uint8_t n               # 0: free
    uint8_t bytes[ID_MAX]


# The connection identifiers seen, found by their hash. A full set loses its oldest member.
cdef struct Ids:
    Id sets[SETS][WAYS]
    uint8_t oldest[SETS]
    uint32_t lengths        # bit n: there is one of n bytes


cdef inline Ids *ids_of(Dissection *d) noexcept nogil:
    return <Ids *>part_of(d, PART_QUIC_IDS, sizeof(Ids))


cdef uint32_t set_of(const uint8_t *id, uint32_t n) noexcept nogil:
    cdef uint32_t hashed = 2166136261, i     # FNV-1a
    for i in range(n):
        hashed = (hashed ^ id[i]) * <uint32_t>16777619
    return (hashed ^ hashed >> 16) % SETS


cdef bint remembered(Ids *ids, const uint8_t *id, uint32_t n) noexcept nogil:
    cdef Id *candidates = ids.sets[set_of(id, n)]
    cdef int i
    for i in range(WAYS):
        if candidates[i].n == n and memcmp(candidates[i].bytes, id, n) == 0:
            return True
    return False


cdef void remember(Ids *ids, const uint8_t *id, uint32_t n) noexcept nogil:
    if remembered(ids, id, n):
        return
    cdef uint32_t chosen = set_of(id, n)
    cdef Id *place = &ids.sets[chosen][ids.oldest[chosen]]
    ids.oldest[chosen] = (ids.oldest[chosen] + 1) % WAYS
    place.n = <uint8_t>n
    memcpy(place.bytes, id, n)
    ids.lengths |= <uint32_t>1 << n


cdef uint32_t recognise(Ids *ids, const uint8_t *p, uint32_t available) noexcept nogil:
    """The length of the identifier that stands at p, 0 for an unknown one."""
    cdef uint32_t n
    for n in range(1, ID_MAX + 1):
        if ids.lengths >> n & 1 and n <= available and remembered(ids, p, n):
            return n
    return 0


cdef const uint8_t *say_id(Dissection *d, const uint8_t *p, const char *label) noexcept nogil:
    """Print and remember the connection identifier whose length is at p; the first byte behind it."""
    cdef uint32_t n = u8(d, p)
    p += 1
    if n == 0 or n > ID_MAX:
        return p
    need(d, p, n)
    say(d, label)
    put_hex_bytes(d.out, p, n)
    remember(ids_of(d), p, n)
    return p + n


cdef const uint8_t *read_number(Dissection *d, const uint8_t *p, uint64_t *value) noexcept nogil:
    """A variable-length integer (RFC 9000, 16); the first byte behind it."""
    cdef uint32_t n = <uint32_t>1 << (u8(d, p) >> 6), i
    value[0] = p[0] & 0x3f
    for i in range(1, n):
        value[0] = value[0] << 8 | u8(d, p + i)
    return p + n


cdef const uint8_t *say_versions(Dissection *d, const uint8_t *p, const uint8_t *end) noexcept nogil:
    while p < end:
        if not has(d, p, 4):
            say_mark(d)
            return end
        say(d, b", version 0x")
        say_hex(d, u32(d, p), 1)
        p += 4
    return p


cdef const uint8_t *say_retry(Dissection *d, const uint8_t *p, const uint8_t *end) noexcept nogil:
    say(d, b", token ")
    if end > p and end - p > TAG:
        put_hex_bytes(d.out, p, <size_t>(end - p - TAG))
    else:
        say_mark(d)
    return end


cdef const uint8_t *say_long(Dissection *d, const uint8_t *p, const uint8_t *end) noexcept nogil:
    """Print a packet with a long header (RFC 9000, 17.2); the first byte behind it."""
    cdef uint32_t kind = p[0] >> 4 & 3, version
    cdef uint64_t n = 0
    version = u32(d, p + 1)
    p += 5
    if version == 0:
        say(d, b", version negotiation")
    else:
        say(d, name_of(&TYPES, kind, b""))
    if version > 1:
        say(d, b", v")
        say_hex(d, version, 1)
    p = say_id(d, p, b", dcid ")
    p = say_id(d, p, b", scid ")
    if version == 0:
        return say_versions(d, p, end)
    if kind == TYPE_RETRY:
        return say_retry(d, p, end)
    if kind == TYPE_INITIAL:
        p = read_number(d, p, &n)
        if 0 < n < TOKEN_MAX:
            need(d, p, n)
            say(d, b", token ")
            put_hex_bytes(d.out, p, n)
            p += n
    p = read_number(d, p, &n)
    say_value(d, b", length ", n)
    if not has(d, p, n):
        say_mark(d)
        return end
    return p + n


cdef const uint8_t *say_short(Dissection *d, const uint8_t *p, const uint8_t *end) noexcept nogil:
    """Print a packet with a short header (RFC 9000, 17.3): it reaches to the end of the datagram."""
    cdef uint32_t n
    p += 1
    say(d, b", protected")
    if end - p > TAG:
        n = recognise(ids_of(d), p, <uint32_t>(end - p))
        if n:
            say(d, b", dcid ")
            put_hex_bytes(d.out, p, n)
    else:
        say_mark(d)
    return end


cdef void print_quic(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef const uint8_t *end = p + left(d, p)
    d.protocol = b"quic"
    say(d, b"quic")
    while p < end:
        if p[0] & LONG_HEADER:
            p = say_long(d, p, end)
        else:
            p = say_short(d, p, end)
        while p < end and p[0] == 0:    # padding between packets
            p += 1


cdef void print_https(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """QUIC if the first byte can be QUIC's, else some other datagram to or from that port."""
    if length and u8(d, p) & FIXED_BIT:
        print_quic(d, p, length)
    else:
        say_value(d, b"UDP, length ", length)


export_printer(__name__, "print_https", print_https)
export_printer(__name__, "print_quic", print_quic)
