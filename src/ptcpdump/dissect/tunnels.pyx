"""Tunnels: packets within packets, over IP and over UDP. The outermost one is noted, then the inner packet is read.

A tunnel's payload is read as far as it says what it is; control messages of tunnels are not tunnels.
"""

from ptcpdump.dissect.cursor cimport *

cdef enum:
    GRE_CHECKSUM = 0x8000
    GRE_ROUTING = 0x4000
    GRE_KEY = 0x2000
    GRE_SEQUENCE = 0x1000
    GRE_ACKNOWLEDGMENT = 0x0080
    GRE_WCCP = 0x883e
    GRE_ERSPAN = 0x88be         # types I and II
    GRE_ERSPAN_3 = 0x22eb
    VXLAN_INSTANCE = 0x08
    GPE_NEXT_PROTOCOL = 0x04
    GPE_OAM = 0x01
    L2TP_CONTROL = 0x8000
    L2TP_LENGTH = 0x4000
    L2TP_SEQUENCE = 0x0800
    L2TP_OFFSET = 0x0200
    GTP_DATA = 255              # the message "G-PDU"
    GTP_OPTIONS = 0x07          # extension header, sequence number, N-PDU number: one flag adds room for all three
    GTP_EXTENSION = 0x04


# --------------------------------------------------------------------------- over IP

cdef bint read_ip_tunnel(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t protocol = c.key
    if protocol == 4:
        enter_tunnel(f, TUNNEL_IPIP, 0)
        go(c, 0, LAYER_ETHERTYPE, TYPE_IP4)
    elif protocol == 41:
        enter_tunnel(f, TUNNEL_SIT, 0)
        go(c, 0, LAYER_ETHERTYPE, TYPE_IP6)
    elif protocol == 47:
        read_gre(c, f)
    elif protocol == 137:
        enter_mpls(c, f)
    elif protocol == 143 and f.ends.version == 6:
        enter_tunnel(f, TUNNEL_ETHERNET, 0)
        go(c, 0, LAYER_ETHERNET, 0)
    elif protocol == 97 and have(c, 2) and c.p[0] == 0x30:      # EtherIP's only version
        enter_tunnel(f, TUNNEL_ETHERNET, 0)
        go(c, 2, LAYER_ETHERNET, 0)
    else:
        return False
    return True


cdef void enter_mpls(Cursor *c, PacketFields *f) noexcept nogil:
    if not have(c, 4):
        cut(c, f)
        return
    enter_tunnel(f, TUNNEL_MPLS, get_be32(c.p) >> 12)
    go(c, 0, LAYER_ETHERTYPE, TYPE_MPLS)


cdef void read_gre(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t flags
    if not have(c, 4):
        cut(c, f)
        return
    flags = get_be16(c.p)
    if flags & 7 == 0:
        read_gre0(c, f, flags)
    elif flags & 7 == 1:
        read_pptp(c, f, flags)
    else:
        malformed(c, f)


cdef void read_gre0(Cursor *c, PacketFields *f, uint32_t flags) noexcept nogil:
    cdef uint32_t size = 4, key = 0, protocol = get_be16(c.p + 2)
    if flags & (GRE_CHECKSUM | GRE_ROUTING):
        size += 4
    if flags & GRE_KEY:
        if not have(c, size + 4):
            cut(c, f)
            return
        key = get_be32(c.p + size)
        size += 4
    if flags & GRE_SEQUENCE:
        size += 4
    if not have(c, size):
        cut(c, f)
        return
    if protocol == GRE_ERSPAN or protocol == GRE_ERSPAN_3:
        read_erspan(c, f, size, 0 if not flags & GRE_SEQUENCE else 8 if protocol == GRE_ERSPAN else 12)
        return
    enter_tunnel(f, TUNNEL_GRE, key)
    go(c, size, LAYER_ETHERTYPE, protocol)
    if flags & GRE_ROUTING:             # source routes (RFC 1701), which nobody sends any more
        stop(c)
    elif protocol == GRE_WCCP:          # version 2 puts four bytes before the datagram, version 1 does not
        if have(c, 5):
            go(c, 0 if c.p[0] >> 4 == 4 else 4, LAYER_ETHERTYPE, TYPE_IP4)
        else:
            cut(c, f)


cdef void read_erspan(Cursor *c, PacketFields *f, uint32_t gre, uint32_t size) noexcept nogil:
    """A mirrored frame behind a GRE header and a header of `size` bytes, which type I does not have."""
    if not have(c, gre + size):
        cut(c, f)
        return
    if size == 12 and c.p[gre + 11] & 1:        # type III with a subheader
        size = 20
        if not have(c, gre + size):
            cut(c, f)
            return
    enter_tunnel(f, TUNNEL_ERSPAN, get_be16(c.p + gre + 2) & 0x3ff if size else 0)
    go(c, gre + size, LAYER_ETHERNET, 0)


cdef void read_pptp(Cursor *c, PacketFields *f, uint32_t flags) noexcept nogil:
    """Version 1: PPP within."""
    cdef uint32_t size = 8
    if flags & GRE_SEQUENCE:
        size += 4
    if flags & GRE_ACKNOWLEDGMENT:
        size += 4
    if not have(c, size):
        cut(c, f)
        return
    enter_tunnel(f, TUNNEL_PPTP, get_be16(c.p + 6))
    go(c, size, LAYER_PPP if flags & GRE_SEQUENCE else LAYER_NONE, 0)


# --------------------------------------------------------------------------- over UDP

cdef bint read_udp_tunnel(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t port = f.ends.destination_port
    if port == 4789 or port == 8472:    # 8472: Linux' own, older than the registered one
        return read_vxlan(c, f)
    if port == 6081:
        return read_geneve(c, f)
    if port == 4790:
        return read_vxlan_gpe(c, f)
    if port == 2152:
        return read_gtp(c, f)
    if port == 1701 or f.ends.source_port == 1701:
        return read_l2tp(c, f)
    if port == 6635:
        enter_mpls(c, f)
        return True
    return False


cdef bint read_vxlan(Cursor *c, PacketFields *f) noexcept nogil:
    if not have(c, 8) or not c.p[0] & VXLAN_INSTANCE:
        return False
    enter_tunnel(f, TUNNEL_VXLAN, get_be24(c.p + 4))
    go(c, 8, LAYER_ETHERNET, 0)
    return True


cdef bint read_vxlan_gpe(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t next, flags
    if not have(c, 8):
        return False
    flags = c.p[0]
    next = c.p[3] if flags & GPE_NEXT_PROTOCOL else 3       # without the flag a plain VXLAN packet
    if flags & GPE_OAM or flags & 0x30:                     # 0x30: the version
        return False
    enter_tunnel(f, TUNNEL_VXLAN_GPE, get_be24(c.p + 4) if flags & VXLAN_INSTANCE else 0)
    if next == 1:
        go(c, 8, LAYER_ETHERTYPE, TYPE_IP4)
    elif next == 2:
        go(c, 8, LAYER_ETHERTYPE, TYPE_IP6)
    elif next == 4:
        go(c, 8, LAYER_ETHERTYPE, TYPE_NSH)
    else:
        go(c, 8, LAYER_ETHERNET if next == 3 else LAYER_NONE, 0)
    return True


cdef bint read_geneve(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t size
    if not have(c, 8) or c.p[0] >> 6:
        return False
    size = 8 + (c.p[0] & 0x3f) * 4
    if not have(c, size):
        return False
    enter_tunnel(f, TUNNEL_GENEVE, get_be24(c.p + 4))
    go(c, size, LAYER_ETHERTYPE, get_be16(c.p + 2))
    return True


cdef bint read_l2tp(Cursor *c, PacketFields *f) noexcept nogil:
    """Version 2, data messages: PPP within."""
    cdef uint32_t at = 2, id, flags
    if not have(c, 2):
        return False
    flags = get_be16(c.p)
    if flags & 15 != 2 or flags & L2TP_CONTROL:
        return False
    if flags & L2TP_LENGTH:
        at += 2
    if not have(c, at + 4):
        return False
    id = get_be32(c.p + at)
    at += 4
    if flags & L2TP_SEQUENCE:
        at += 4
    if flags & L2TP_OFFSET:
        if not have(c, at + 2):
            return False
        at += 2 + get_be16(c.p + at)
    if not have(c, at):
        return False
    enter_tunnel(f, TUNNEL_L2TP, id)
    go(c, at, LAYER_PPP, 0)
    return True


cdef bint read_gtp(Cursor *c, PacketFields *f) noexcept nogil:
    """3GPP TS 29.281, 5.1: user data of version 1. What comes next is not said: the version of IP shows."""
    cdef uint32_t at = 8, next = 0, id, version
    if not have(c, 8) or c.p[0] & 0xf0 != 0x30 or c.p[1] != GTP_DATA:   # version 1, and not GTP'
        return False
    id = get_be32(c.p + 4)
    if c.p[0] & GTP_OPTIONS:
        if not have(c, 12):
            return False
        next = c.p[11] if c.p[0] & GTP_EXTENSION else 0
        at = 12
    while next:                 # extension headers: their length in units of four bytes, and at their end what follows
        if not have(c, at + 1) or c.p[at] == 0 or not have(c, at + c.p[at] * 4):
            return False
        at += c.p[at] * 4
        next = c.p[at - 1]
    if not have(c, at):
        return False
    enter_tunnel(f, TUNNEL_GTP, id)
    go(c, at, LAYER_ETHERTYPE, TYPE_IP4)
    version = c.p[0] >> 4 if have(c, 1) else 4
    if version == 6:
        c.key = TYPE_IP6
    elif version != 4:
        stop(c)
    return True
