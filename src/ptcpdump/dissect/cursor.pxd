# Where the pass over a packet stands: the next header, and what may be read of it.
#
# Functions that read a header are `void read_x(Cursor *c, PacketFields *f) noexcept nogil`. Each asks have() for the bytes
# that it reads, notes what it finds, moves the cursor behind its header, and says in `layer` and `key` what comes next;
# where nothing does, or where have() says no, it calls stop(), cut() or malformed().
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from ptcpdump.dissect.packet_fields cimport *
from ptcpdump.dissect.reader cimport *


cdef enum Layer:
    LAYER_NONE = 0              # nothing is known of what comes next
    LAYER_LINK = 1              # key: LINKTYPE_ value
    LAYER_ETHERNET = 2          # an Ethernet frame
    LAYER_LLC = 3               # IEEE 802.2
    LAYER_PPP = 4               # RFC 1661, with or without the address and control bytes of RFC 1662
    LAYER_ETHERTYPE = 5         # key: EtherType
    LAYER_IP_PROTOCOL = 6       # key: protocol number, or that of an extension header


# EtherTypes (IEEE 802 Numbers)
cdef enum:
    TYPE_MAX_LENGTH = 1500      # what is not above it, is no type but a length (IEEE 802.3, 3.2.6)
    TYPE_IP4 = 0x0800
    TYPE_IP6 = 0x86dd
    TYPE_MPLS = 0x8847
    TYPE_NSH = 0x894f


cdef struct Cursor:
    const uint8_t *start        # first byte of the packet
    const uint8_t *end          # first byte that may not be read: of the captured ones, narrowed by outer headers
    const uint8_t *p            # first byte of the next header
    uint32_t length             # bytes from p on that were on the wire, by outer headers
    uint32_t key
    Layer layer


cdef inline bint have(const Cursor *c, uint64_t n) noexcept nogil:
    """Whether the next n bytes may be read."""
    return inside(c.start, c.end, c.p, n)


cdef inline uint32_t captured(const Cursor *c) noexcept nogil:
    """How many of the next bytes may be read."""
    return remaining(c.start, c.end, c.p)


cdef inline Slice slice_of(const Cursor *c, const uint8_t *p, uint32_t n) noexcept nogil:
    """The n bytes at p, as far as they were captured."""
    cdef Slice found
    cdef uint32_t here = remaining(c.start, c.end, p)
    found.at = <uint32_t>(p - c.start)
    found.len = min(n, here)
    return found


cdef inline void go(Cursor *c, uint32_t header, Layer layer, uint32_t key) noexcept nogil:
    """Go on behind a header, of which have() allowed all bytes, with what comes next."""
    c.p += header
    c.length = c.length - header if c.length > header else 0
    c.layer = layer
    c.key = key


cdef inline void go_ethertype(Cursor *c, PacketFields *f, uint32_t header, uint32_t type) noexcept nogil:
    """Behind a header of the outermost frame, or one within a tunnel, comes what the EtherType says."""
    if f.tunnels == 0:
        f.ethertype = <uint16_t>type
        f.found |= FOUND_ETHERTYPE
    go(c, header, LAYER_ETHERTYPE, type)


cdef inline void narrow(Cursor *c, uint64_t n) noexcept nogil:
    """By the header read, n bytes from here on belong to it: what is behind them is padding."""
    if have(c, n):
        c.end = c.p + n
    if n < c.length:
        c.length = <uint32_t>n


cdef inline void stop(Cursor *c) noexcept nogil:
    c.layer = LAYER_NONE


cdef inline void cut(Cursor *c, PacketFields *f) noexcept nogil:
    """The next header is not there as a whole: it was not captured, or its bytes were never sent."""
    f.found |= FOUND_TRUNCATED if captured(c) < c.length else FOUND_MALFORMED
    c.layer = LAYER_NONE


cdef inline void malformed(Cursor *c, PacketFields *f) noexcept nogil:
    f.found |= FOUND_MALFORMED
    c.layer = LAYER_NONE


cdef inline void enter_tunnel(PacketFields *f, TunnelType kind, uint32_t id) noexcept nogil:
    """What comes next is a packet within this one."""
    if f.tunnels == 0:
        f.outer = f.ends
        f.tunnel = kind
        f.tunnel_id = id
    f.tunnels += 1
