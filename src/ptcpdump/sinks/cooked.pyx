"""From other link headers to Linux "cooked" ones, version 2 (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).

    0 protocol (Ethernet type)   4 interface index   10 packet type   12 link-layer address
    2 zero                       8 ARPHRD_ type      11 length of the address
"""

from libc.stdint cimport uint16_t
from libc.string cimport memcpy, memset

from ptcpdump.packet cimport DIRECTION_OUT


cdef enum:
    NULL_HEADER = 0         # LINKTYPE_NULL: 4 bytes of address family, in the byte order of the capturing machine
    ETHERNET = 1
    RAW = 101
    LOOP = 108              # as NULL_HEADER, in network byte order
    SLL = 113
    IPV4 = 228
    IPV6 = 229

    ARPHRD_ETHER = 1
    ARPHRD_LOOPBACK = 772
    ARPHRD_NONE = 0xfffe

    TO_HOST = 0             # packet types of <linux/if_packet.h>
    TO_ALL = 1
    TO_MANY = 2
    OUTGOING = 4


cdef bint cookable(uint32_t linktype) noexcept nogil:
    return (linktype == ETHERNET or linktype == RAW or linktype == IPV4 or linktype == IPV6 or linktype == SLL
            or linktype == LINKTYPE_SLL2 or linktype == NULL_HEADER or linktype == LOOP)


cdef inline void store16(uint8_t *to, uint32_t v) noexcept nogil:
    to[0] = <uint8_t>(v >> 8)
    to[1] = <uint8_t>v


cdef uint32_t ip_type(const uint8_t *p, uint32_t n) noexcept nogil:
    """Ethernet type of a bare IP packet, by its version; 0 if it is none."""
    if n and p[0] >> 4 == 4:
        return 0x0800
    return 0x86dd if n and p[0] >> 4 == 6 else 0


cdef int cook(uint8_t *to, const Packet *p, uint32_t ifindex, bint loopback) noexcept nogil:
    cdef const uint8_t *q = p.data
    memset(to, 0, SLL2_HEADER)
    to[4] = <uint8_t>(ifindex >> 24)
    to[5] = <uint8_t>(ifindex >> 16)
    store16(to + 6, ifindex)
    to[10] = OUTGOING if p.direction == DIRECTION_OUT else TO_HOST
    if p.linktype == ETHERNET:
        return cook_ethernet(to, p, loopback)
    if p.linktype == RAW or p.linktype == IPV4 or p.linktype == IPV6:
        store16(to, ip_type(q, p.captured))
        store16(to + 8, ARPHRD_NONE)
        return 0
    if p.linktype == NULL_HEADER or p.linktype == LOOP:
        if p.captured < 4:
            return 0
        store16(to, ip_type(q + 4, p.captured - 4))
        store16(to + 8, ARPHRD_LOOPBACK)
        return 4
    if p.linktype == SLL and p.captured >= 16:
        memcpy(to, q + 14, 2)               # protocol
        memcpy(to + 8, q + 2, 2)            # ARPHRD_ type
        to[10] = q[1]                       # packet type
        to[11] = q[5] if q[4] == 0 and q[5] <= 8 else 8
        memcpy(to + 12, q + 6, 8)
        return 16
    if p.linktype == LINKTYPE_SLL2 and p.captured >= SLL2_HEADER:
        memcpy(to, q, SLL2_HEADER)
        return SLL2_HEADER
    return 0 if cookable(p.linktype) else -1


cdef int cook_ethernet(uint8_t *to, const Packet *p, bint loopback) noexcept nogil:
    cdef const uint8_t *q = p.data
    cdef uint32_t ethertype
    if p.captured < 14:
        return 0
    ethertype = <uint32_t>q[12] << 8 | q[13]
    store16(to, ethertype if ethertype >= 0x600 else 4)     # a length: IEEE 802.2 follows, ETH_P_802_2
    store16(to + 8, ARPHRD_LOOPBACK if loopback else ARPHRD_ETHER)
    if p.direction != DIRECTION_OUT and q[0] & 1:
        to[10] = TO_ALL if q[0] & q[1] & q[2] & q[3] & q[4] & q[5] == 0xff else TO_MANY
    to[11] = 6
    memcpy(to + 12, q + 6, 6)
    return 14
