"""What may stand between a frame's header and the network header: VLAN tags, MPLS labels, PPPoE, MACsec, NSH."""

from ptcpdump.dissect.cursor cimport *

cdef enum:
    MACSEC_HAS_SCI = 0x20
    MACSEC_SECRET = 0x0c        # encrypted, or changed in another way
    MACSEC_ICV = 16


cdef void read_tag(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t type = c.key
    if type == 0x8100 or type == 0x88a8 or type == 0x9100 or type == 0x9200:
        read_vlan(c, f)
    elif type == TYPE_MPLS or type == 0x8848:
        read_mpls(c, f)
    elif type == 0x8864:
        read_pppoe(c, f)
    elif type == 0x880b:
        c.layer = LAYER_PPP
    elif type == 0x6558:        # a bridged frame, as GRE and Geneve announce it
        c.layer = LAYER_ETHERNET
    elif type == 0x8870:        # a jumbo frame of IEEE 802.2
        c.layer = LAYER_LLC
    elif type == 0x88e5:
        read_macsec(c, f)
    elif type == TYPE_NSH:
        read_nsh(c, f)
    else:
        stop(c)


cdef void read_vlan(Cursor *c, PacketFields *f) noexcept nogil:
    """IEEE 802.1Q, 9.6: a tag, then the type or length of the frame."""
    if not have(c, 4):
        cut(c, f)
        return
    cdef uint32_t type = get_be16(c.p + 2)
    if f.tunnels == 0:
        if f.vlans < VLANS_KEPT:
            f.vlan[f.vlans] = get_be16(c.p)
        f.vlans += 1
        f.found &= ~<uint32_t>FOUND_ETHERTYPE       # the tag's own is not what the frame carries
    if type > TYPE_MAX_LENGTH:
        go_ethertype(c, f, 4, type)
        return
    go(c, 4, LAYER_LLC, 0)
    narrow(c, type)


cdef void read_mpls(Cursor *c, PacketFields *f) noexcept nogil:
    """RFC 3032: labels up to the one at the bottom. What they carry is not said: the version of IP shows (RFC 4928)."""
    cdef const uint8_t *p = c.p
    cdef uint32_t entry = 0, size = 0, first
    while not entry & 0x100:
        if not have(c, size + 4):
            cut(c, f)
            return
        entry = get_be32(p + size)
        size += 4
    if f.mpls.len == 0:
        f.mpls = slice_of(c, p, size)
    go(c, size, LAYER_ETHERTYPE, 0)
    if not have(c, 1):
        cut(c, f)
        return
    first = c.p[0] >> 4
    if first == 4:
        c.key = TYPE_IP4
    elif first == 6:
        c.key = TYPE_IP6
    else:
        stop(c)     # a pseudowire (RFC 4385): what it carries is agreed elsewhere


cdef void read_pppoe(Cursor *c, PacketFields *f) noexcept nogil:
    """The session stage of RFC 2516."""
    if not have(c, 6):
        cut(c, f)
        return
    cdef uint32_t code = c.p[1], size = get_be16(c.p + 4)
    go(c, 6, LAYER_NONE if code else LAYER_PPP, 0)
    narrow(c, size)


cdef void read_nsh(Cursor *c, PacketFields *f) noexcept nogil:
    """The Network Service Header (RFC 8300): a path through services, then a packet."""
    cdef uint32_t size, next
    if not have(c, 8):
        cut(c, f)
        return
    size = (c.p[1] & 0x3f) * 4
    next = c.p[3]
    if size < 8:
        malformed(c, f)
    elif not have(c, size):
        cut(c, f)
    elif next == 1 or next == 2:
        go(c, size, LAYER_ETHERTYPE, TYPE_IP4 if next == 1 else TYPE_IP6)
    elif next == 5:
        go(c, size, LAYER_ETHERTYPE, TYPE_MPLS)
    else:
        go(c, size, LAYER_ETHERNET if next == 3 else LAYER_NONE, 0)


cdef void read_macsec(Cursor *c, PacketFields *f) noexcept nogil:
    """IEEE 802.1AE: a tag before the frame, and a check value behind it; the frame itself may be in the clear."""
    cdef uint32_t size, secret, short_length
    if not have(c, 6):
        cut(c, f)
        return
    size = 14 if c.p[0] & MACSEC_HAS_SCI else 6
    if not have(c, size + 2):
        cut(c, f)
        return
    secret = c.p[0] & MACSEC_SECRET
    short_length = c.p[1]
    if secret:
        go(c, size, LAYER_NONE, 0)
        return
    go(c, size, LAYER_NONE, 0)
    narrow(c, short_length if short_length else c.length - MACSEC_ICV if c.length > MACSEC_ICV else 0)
    if have(c, 2):
        go_ethertype(c, f, 2, get_be16(c.p))
    else:
        cut(c, f)
