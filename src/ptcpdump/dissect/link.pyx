"""Link headers: what is said of the frame, and which header comes next."""

from ptcpdump.dissect.cursor cimport *
from ptcpdump.dissect.tags cimport read_pppoe

cdef enum:
    MAC_LENGTH = 6
    # SNAP's organization codes whose protocol numbers are EtherTypes (RFC 1042), and that of bridged frames (RFC 2684)
    OUI_ETHERNET = 0x000000
    OUI_CISCO_90 = 0x0000f8
    OUI_BRIDGED = 0x0080c2
    # values of the protocol field of cooked headers that are no EtherTypes, and devices whose frames have none
    COOKED_LLC = 0x0004
    ARPHRD_NETLINK = 824
    ALL_STATIONS = 0xff03       # address and control of RFC 1662, and as pppd writes both into its dumps
    PPPD_IN = 0x0003
    PPPD_OUT = 0x0103
    PKTAP_HEADER = 108
    PKTAP_PACKET = 1


# --------------------------------------------------------------------------- by link type

cdef void read_link(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t type = c.key
    if type == 1:
        read_ethernet(c, f)
    elif type == 113:
        read_cooked(c, f)
    elif type == 276:
        read_cooked2(c, f)
    elif type == 101 or type == 12 or type == 14:       # LINKTYPE_RAW, and DLT_RAW as some systems wrote it
        read_raw(c, f)
    elif type == 228:
        go_ethertype(c, f, 0, TYPE_IP4)
    elif type == 229:
        go_ethertype(c, f, 0, TYPE_IP6)
    elif type == 0 or type == 108:
        read_loopback(c, f)
    elif type == 9 or type == 166:
        read_ppp(c, f)
    elif type == 50 or type == 104:
        read_serial(c, f, type)
    elif type == 51:
        read_pppoe(c, f)
    elif type == 149 or type == 258:
        read_pktap(c, f)
    else:
        stop(c)


cdef void read_raw(Cursor *c, PacketFields *f) noexcept nogil:
    if not have(c, 1):
        cut(c, f)
    elif c.p[0] >> 4 == 4:
        go_ethertype(c, f, 0, TYPE_IP4)
    elif c.p[0] >> 4 == 6:
        go_ethertype(c, f, 0, TYPE_IP6)
    else:
        malformed(c, f)


cdef void read_loopback(Cursor *c, PacketFields *f) noexcept nogil:
    """LINKTYPE_NULL and LINKTYPE_LOOP: an address family in the byte order of the host or of the network."""
    if not have(c, 4):
        cut(c, f)
        return
    cdef uint32_t family = get_le32(c.p)
    if family & <uint32_t>0xffff0000:       # families are small, so the order shows
        family = get_be32(c.p)
    if family == 2:
        go_ethertype(c, f, 4, TYPE_IP4)
    elif family == 24 or family == 28 or family == 30:  # NetBSD, OpenBSD; FreeBSD; Darwin
        go_ethertype(c, f, 4, TYPE_IP6)
    else:
        go(c, 4, LAYER_NONE, 0)


cdef void read_cooked(Cursor *c, PacketFields *f) noexcept nogil:
    """LINKTYPE_LINUX_SLL."""
    if not have(c, 16):
        cut(c, f)
        return
    cdef const uint8_t *p = c.p
    go_cooked(c, f, 16, get_be16(p + 14), get_be16(p + 2), get_be16(p + 4), p + 6)


cdef void read_cooked2(Cursor *c, PacketFields *f) noexcept nogil:
    """LINKTYPE_LINUX_SLL2."""
    if not have(c, 20):
        cut(c, f)
        return
    cdef const uint8_t *p = c.p
    go_cooked(c, f, 20, get_be16(p), get_be16(p + 8), p[11], p + 12)


cdef void go_cooked(Cursor *c, PacketFields *f, uint32_t header, uint32_t protocol, uint32_t device,
                    uint32_t address_length, const uint8_t *address) noexcept nogil:
    if address_length == MAC_LENGTH:
        memcpy(f.mac_source, address, MAC_LENGTH)
        f.found |= FOUND_MAC_SOURCE
    if protocol > TYPE_MAX_LENGTH and device != ARPHRD_NETLINK:
        go_ethertype(c, f, header, protocol)
    else:
        go(c, header, LAYER_LLC if protocol == COOKED_LLC else LAYER_NONE, 0)


cdef void read_serial(Cursor *c, PacketFields *f, uint32_t type) noexcept nogil:
    """Cisco's HDLC, or PPP in HDLC-like framing (LINKTYPE_C_HDLC, LINKTYPE_PPP_HDLC)."""
    if not have(c, 4):
        cut(c, f)
    elif type == 104 or c.p[0] == 0x0f or c.p[0] == 0x8f:
        go_ethertype(c, f, 4, get_be16(c.p + 2))
    else:
        read_ppp(c, f)


cdef void read_pktap(Cursor *c, PacketFields *f) noexcept nogil:
    """Apple's PKTAP: a header of its own before a packet of another link type."""
    if not have(c, PKTAP_HEADER):
        cut(c, f)
        return
    cdef uint32_t header = get_le32(c.p), record = get_le32(c.p + 4), type = get_le32(c.p + 8)
    if header < PKTAP_HEADER:
        malformed(c, f)
    elif not have(c, header):
        cut(c, f)
    else:
        # LINKTYPE_PKTAP within itself would nest for ever
        go(c, header, LAYER_LINK if record == PKTAP_PACKET and type != 149 and type != 258 else LAYER_NONE, type)


# --------------------------------------------------------------------------- frames

cdef void read_ethernet(Cursor *c, PacketFields *f) noexcept nogil:
    if not have(c, 14):
        cut(c, f)
        return
    cdef uint32_t type = get_be16(c.p + 12)
    if f.tunnels == 0:
        memcpy(f.mac_destination, c.p, MAC_LENGTH)
        memcpy(f.mac_source, c.p + 6, MAC_LENGTH)
        f.found |= FOUND_MAC_SOURCE | FOUND_MAC_DESTINATION
    if type > TYPE_MAX_LENGTH:
        go_ethertype(c, f, 14, type)
        return
    go(c, 14, LAYER_LLC, 0)
    narrow(c, type)


cdef void read_llc(Cursor *c, PacketFields *f) noexcept nogil:
    """IEEE 802.2, with the SNAP header of RFC 1042."""
    cdef uint32_t oui, pid
    if not have(c, 3):
        cut(c, f)
        return
    if c.p[2] != 3 or c.p[0] & 0xfe != c.p[1] & 0xfe:      # not unnumbered information between the same services
        stop(c)
    elif c.p[0] & 0xfe == 0x06:                             # RFC 948
        go_ethertype(c, f, 3, TYPE_IP4)
    elif c.p[0] & 0xfe != 0xaa:
        stop(c)
    elif not have(c, 8):
        cut(c, f)
    else:
        oui = get_be24(c.p + 3)
        pid = get_be16(c.p + 6)
        if oui == OUI_ETHERNET or oui == OUI_CISCO_90:
            go_ethertype(c, f, 8, pid)
        elif oui == OUI_BRIDGED and (pid == 1 or pid == 7) and have(c, 10):
            go(c, 10, LAYER_ETHERNET, 0)                    # behind two bytes of padding
        else:
            go(c, 8, LAYER_NONE, 0)


cdef void read_ppp(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t header = 0, protocol
    if not have(c, 2):
        cut(c, f)
        return
    protocol = get_be16(c.p)
    if protocol == ALL_STATIONS or protocol == PPPD_IN or protocol == PPPD_OUT:
        header = 2
    if not have(c, header + 1):
        cut(c, f)
        return
    protocol = c.p[header]
    header += 1
    if not protocol & 1:        # else the field is compressed (RFC 1661, 6.5)
        if not have(c, header + 1):
            cut(c, f)
            return
        protocol = protocol << 8 | c.p[header]
        header += 1
    if protocol == 0x0021:
        go_ethertype(c, f, header, TYPE_IP4)
    elif protocol == 0x0057:
        go_ethertype(c, f, header, TYPE_IP6)
    elif protocol == 0x0281 or protocol == 0x0283:
        go_ethertype(c, f, header, TYPE_MPLS)
    else:
        go(c, header, LAYER_NONE, 0)
