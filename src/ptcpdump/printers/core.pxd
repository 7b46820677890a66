# What every printer stands on: the dissection of one packet, checked readers, text helpers, and the registry.
#
# A printer is `void f(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil`:
#   p       where its header starts
#   length  how many bytes of it there are on the wire, by the word of the layer below (never trust it for reading)
#   d.end   the first byte that may not be read: the end of what was captured, narrowed by outer headers
#
# Bytes are read only through u8()..u64() and need(): they leave the printer by longjmp(3) when the packet ends too
# early, and print_packet() then writes " [|protocol]" as tcpdump does. So printers hold no locks, no malloc'ed memory
# and never the GIL while they read. Where tcpdump goes on after a truncated part, test has() first.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, int64_t, int32_t
from libc.string cimport memcpy
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.buffer cimport (
    Buffer, buffer_room, buffer_free, put_bytes, put_text, put_char, put_dec, put_int, put_dec_pad, put_hex, put_hex_bytes)


cdef extern from "<setjmp.h>" nogil:
    ctypedef struct jmp_buf:
        pass
    int setjmp(jmp_buf env)
    void longjmp(jmp_buf env, int value)


cdef enum HexMode:
    HEX_NONE = 0
    HEX_PLAIN = 1           # -x
    HEX_PLAIN_LINK = 2      # -xx
    HEX_ASCII = 3           # -X
    HEX_ASCII_LINK = 4      # -XX
    HEX_TEXT = 5            # -A
    HEX_TEXT_LINK = 6       # -AA


# The flags of a run that change what printers write; names after tcpdump(1).
ctypedef struct PrintOptions:
    int verbose             # -v: 1, -vv: 2, -vvv: 3
    bint quiet              # -q
    bint numeric            # -n: no names for addresses and ports
    bint no_domain          # -N
    bint link_header        # -e
    bint absolute_seq       # -S
    bint no_checksums       # -K
    bint asdot              # -b
    bint ip_oneline         # -g
    bint undecoded_nfs      # -u
    bint lengths            # --lengths
    HexMode hex
    int force               # -T: index given by forced_type(), 0 for none


# One packet while it is printed.
ctypedef struct Dissection:
    Buffer *out
    const PrintOptions *opt
    const Packet *packet
    const uint8_t *start    # first byte of the packet
    const uint8_t *end      # first byte that may not be read
    const char *protocol    # innermost protocol, for " [|protocol]"
    uint32_t link_header    # bytes of link-level header, set by the link printer, left out by -x, -X and -A
    int depth               # encapsulations entered so far
    bint dumped             # the printer wrote a hex dump already: no default dump again
    # The network header above which a transport printer stands, set by the IP printers
    const uint8_t *network  # IPv4 or IPv6 header; NULL when there is none
    int network_version     # 4, 6 or 0
    uint32_t network_plen   # bytes of transport header and payload, by the network header
    const uint8_t *destination  # its final destination (behind a source route, else its field), for checksums
    bint fragmented         # payload is part of a fragmented datagram
    uint8_t ttl             # TTL or hop limit of that header
    uint16_t sport          # ports of the transport header below the payload; 0 where there is none
    uint16_t dport
    bint over_tcp           # the payload printer is called for a TCP segment
    jmp_buf jump


ctypedef void (*Printer)(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil


# --------------------------------------------------------------------------- reading, always checked

cdef void truncated(Dissection *d) noexcept nogil


cdef inline uint32_t left(Dissection *d, const uint8_t *p) noexcept nogil:
    """Readable bytes from p on; 0 when p is outside the packet."""
    return <uint32_t>(d.end - p) if d.start <= p < d.end else 0


cdef inline bint has(Dissection *d, const uint8_t *p, uint64_t n) noexcept nogil:
    """Whether n bytes from p on may be read."""
    return d.start <= p <= d.end and n <= <uint64_t>(d.end - p)


cdef inline void need(Dissection *d, const uint8_t *p, uint64_t n) noexcept nogil:
    """Leave the printer as truncated unless n bytes from p on may be read."""
    if not has(d, p, n):
        truncated(d)


cdef inline uint8_t u8(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 1)
    return p[0]


cdef inline uint16_t u16(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 2)
    return <uint16_t>(p[0] << 8 | p[1])


cdef inline uint32_t u24(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 3)
    return <uint32_t>p[0] << 16 | <uint32_t>p[1] << 8 | p[2]


cdef inline uint32_t u32(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 4)
    return <uint32_t>p[0] << 24 | <uint32_t>p[1] << 16 | <uint32_t>p[2] << 8 | p[3]


cdef inline uint64_t u48(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 6)
    return <uint64_t>u16(d, p) << 32 | u32(d, p + 2)


cdef inline uint64_t u64(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 8)
    return <uint64_t>u32(d, p) << 32 | u32(d, p + 4)


cdef inline uint16_t le16(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 2)
    return <uint16_t>(p[1] << 8 | p[0])


cdef inline uint32_t le32(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 4)
    return <uint32_t>p[3] << 24 | <uint32_t>p[2] << 16 | <uint32_t>p[1] << 8 | p[0]


cdef inline uint64_t le64(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 8)
    return <uint64_t>le32(d, p + 4) << 32 | le32(d, p)


cdef inline const uint8_t *narrow(Dissection *d, const uint8_t *p, uint64_t n) noexcept nogil:
    """Let nothing beyond p + n be read any more; returns the old end, to be put back into d.end afterwards."""
    cdef const uint8_t *old = d.end
    if d.start <= p <= d.end and n < <uint64_t>(d.end - p):
        d.end = p + n
    return old


cdef inline bint enter(Dissection *d) noexcept nogil:
    """One encapsulation deeper; False, with a note in the text, when a packet nests absurdly deep."""
    d.depth += 1
    if d.depth > 32:
        put_text(d.out, b" [nesting too deep]")
        return False
    return True


cdef inline void leave(Dissection *d) noexcept nogil:
    d.depth -= 1


# --------------------------------------------------------------------------- writing

cdef inline void say(Dissection *d, const char *text) noexcept nogil:
    """Append a literal."""
    put_text(d.out, text)


cdef inline void say_or(Dissection *d, const char *name, const char *otherwise) noexcept nogil:
    """Append a name, or another literal where there is none."""
    put_text(d.out, name if name != NULL else otherwise)


cdef inline void say_either(Dissection *d, bint first, const char *one, const char *other) noexcept nogil:
    """Append one of two literals."""
    put_text(d.out, one if first else other)


cdef inline void say_char(Dissection *d, char c) noexcept nogil:
    put_char(d.out, c)


cdef inline void say_dec(Dissection *d, uint64_t v) noexcept nogil:
    put_dec(d.out, v)


cdef inline void say_hex(Dissection *d, uint64_t v, int width) noexcept nogil:
    """Hexadecimal digits without "0x", zero-padded to width."""
    put_hex(d.out, v, width)


cdef inline bint say_flag(Dissection *d, bint started, uint32_t on, const char *name) noexcept nogil:
    """One name of a list "a, b", if its bit is on; returns whether the list has a name by now."""
    if not on:
        return started
    if started:
        put_bytes(d.out, b", ", 2)
    put_text(d.out, name)
    return True


cdef inline void say_too_short(Dissection *d, const char *what, uint64_t found, uint64_t wanted) noexcept nogil:
    """A length that is too small for its header: " [length 7 < 8]"; say_invalid() comes next."""
    put_bytes(d.out, b" [", 2)
    put_text(d.out, what)
    put_char(d.out, b' ')
    put_dec(d.out, found)
    put_bytes(d.out, b" < ", 3)
    put_dec(d.out, wanted)
    put_char(d.out, b']')


cdef void say_mark(Dissection *d) noexcept nogil                   # " [|protocol]": tcpdump's mark for truncated
cdef void say_invalid(Dissection *d) noexcept nogil                # " (invalid)"
cdef void say_ip4(Dissection *d, const uint8_t *p) noexcept nogil  # 4 bytes: number or name; checked
cdef void say_ip6(Dissection *d, const uint8_t *p) noexcept nogil  # 16 bytes, RFC 5952 or name; checked
cdef void say_mac(Dissection *d, const uint8_t *p) noexcept nogil  # 6 bytes as aa:bb:cc:dd:ee:ff; checked
cdef void say_tcp_port(Dissection *d, uint16_t port) noexcept nogil
cdef void say_udp_port(Dissection *d, uint16_t port) noexcept nogil
cdef void say_safe_char(Dissection *d, uint8_t c) noexcept nogil   # M- and ^ notation for what is not printable
cdef void say_safe(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil   # n bytes, each as above; checked
cdef void say_hexdump(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil
cdef void say_hexdump_ascii(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil
cdef void say_unknown(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil
cdef void say_default(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil  # dump of what nobody decodes

# Numbers without names, for those who never want a name (literal addresses in options, for instance)
cdef char *write_ip4(char *to, const uint8_t *p) noexcept nogil    # at `to`, where 16 bytes are free; returns its end
cdef void put_ip4_number(Buffer *b, const uint8_t *p) noexcept nogil
cdef void put_ip6_number(Buffer *b, const uint8_t *p) noexcept nogil
cdef void put_mac_number(Buffer *b, const uint8_t *p) noexcept nogil


# --------------------------------------------------------------------------- checksums

cdef uint32_t sum16(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil   # unfolded; p must be checked
cdef uint16_t checksum(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil  # RFC 1071, host order
cdef inline uint16_t should_be(uint16_t found, uint16_t sum) noexcept nogil:
    """What a checksum field should hold that holds `found`, when checksum() over all gives `sum`, not 0."""
    cdef uint32_t total = <uint32_t>found + sum
    return <uint16_t>((total & 0xffff) + (total >> 16))


cdef uint32_t pseudo_sum(Dissection *d, uint8_t protocol, uint32_t length) noexcept nogil  # over d.network


# --------------------------------------------------------------------------- the registry

cdef enum Layer:
    LAYER_LINKTYPE = 0      # key: LINKTYPE_ value
    LAYER_ETHERTYPE = 1
    LAYER_IP_PROTOCOL = 2
    LAYER_TCP_PORT = 3
    LAYER_UDP_PORT = 4
    LAYER_FORCED = 5        # key: forced_type(name), -T name
    LAYER_PPP_PROTOCOL = 6
    LAYER_LLC = 7           # key: SAP below 256 (unnumbered information), or the protocol number of Cisco's SNAP
    LAYER_ICMP6_TYPE = 8    # p: the ICMPv6 header; its name is printed already
    LAYERS = 9


cdef void register_native(Layer layer, uint32_t key, Printer printer) noexcept
cdef bint known(Layer layer, uint32_t key) noexcept nogil          # whether somebody prints this
cdef bint dispatch(Layer layer, uint32_t key, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
cpdef int forced_type(str name) except -1                           # raises ValueError for an unknown -T name

# Print one packet: link header to payload, then the hex dump that the options ask for. No line feed at the end.
cdef void print_packet(Dissection *d, const Packet *packet) noexcept nogil

# Its two halves, for a caller that has something to write between them.
cdef void print_protocols(Dissection *d, const Packet *packet) noexcept nogil
cdef void print_bytes(Dissection *d, const Packet *packet) noexcept nogil
