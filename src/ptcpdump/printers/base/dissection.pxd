# One packet while it is printed, and the readers that check every byte of it.
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
from ptcpdump.buffer cimport (
    Buffer, buffer_room, buffer_free, put_bytes, put_text, put_char, put_dec, put_int, put_dec_pad, put_hex, put_hex_bytes)
from ptcpdump.dissect.reader cimport (
    get_be16, get_be24, get_be32, get_be64, get_le16, get_le32, inside, remaining)


cdef extern from "<setjmp.h>" nogil:
    ctypedef struct jmp_buf:
        pass
    int setjmp(jmp_buf env)
    void longjmp(jmp_buf env, int value)


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
    bint lengths            # --lengths
    int hex                 # -x: 1, -xx: 2, with link header; of these three at most one is set
    int hex_ascii           # -X: 1, -XX: 2
    int ascii               # -A: 1, -AA: 2
    int force               # -T: index given by forced_type(), 0 for none


# What printers remember from packet to packet, one part for each that does; see printers.base.state.
cdef enum Part:
    PART_TCP_FLOWS = 0
    PART_QUIC_IDS = 1
    PARTS = 2

cdef struct Memory:
    void *parts[2]


# One packet while it is printed.
ctypedef struct Dissection:
    Buffer *out
    const PrintOptions *opt
    Memory *memory
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
    bint interrupted        # KeyboardInterrupt in a Python printer: to be raised by whoever has the packet printed
    jmp_buf jump


ctypedef void (*Printer)(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil


cdef inline bint dump_wanted(const PrintOptions *opt) noexcept nogil:
    """Whether the bytes of each packet follow its text."""
    return opt.hex or opt.hex_ascii or opt.ascii


# --------------------------------------------------------------------------- reading, always checked

cdef inline void truncated(Dissection *d) noexcept nogil:
    """Leave the printer: the packet ends too early."""
    longjmp(d.jump, 1)


cdef inline uint32_t left(Dissection *d, const uint8_t *p) noexcept nogil:
    """Readable bytes from p on; 0 when p is outside the packet."""
    return remaining(d.start, d.end, p)


cdef inline bint has(Dissection *d, const uint8_t *p, uint64_t n) noexcept nogil:
    """Whether n bytes from p on may be read."""
    return inside(d.start, d.end, p, n)


cdef inline void need(Dissection *d, const uint8_t *p, uint64_t n) noexcept nogil:
    """Leave the printer as truncated unless n bytes from p on may be read."""
    if not has(d, p, n):
        truncated(d)


cdef inline uint8_t u8(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 1)
    return p[0]


cdef inline uint16_t u16(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 2)
    return get_be16(p)


cdef inline uint32_t u24(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 3)
    return get_be24(p)


cdef inline uint32_t u32(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 4)
    return get_be32(p)


cdef inline uint64_t u64(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 8)
    return get_be64(p)


cdef inline uint16_t le16(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 2)
    return get_le16(p)


cdef inline uint32_t le32(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 4)
    return get_le32(p)


cdef inline const uint8_t *narrow(Dissection *d, const uint8_t *p, uint64_t n) noexcept nogil:
    """Let nothing beyond p + n be read any more; returns the old end, to be put back into d.end afterwards."""
    cdef const uint8_t *old = d.end
    if has(d, p, n):
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
