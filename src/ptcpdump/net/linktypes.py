"""From the kernel's hardware type of a device (ARPHRD_, include/uapi/linux/if_arp.h) to the link type of its packets.

Link types are LINKTYPE_ values (https://www.tcpdump.org/linktypes.html). They describe packets as traffic control
sees them: a device that has no link-level header there is raw IP, whatever it puts on the wire.
"""

ETHERNET = 1
RAW = 101
LINUX_SLL2 = 276

ARPHRD_ETHER = 1
ARPHRD_LOOPBACK = 772

_LINKTYPES = {
    ARPHRD_ETHER: ETHERNET,
    ARPHRD_LOOPBACK: ETHERNET,  # with zero addresses
    512: RAW,                   # PPP: its header is added below traffic control
    519: RAW,                   # RAWIP: mobile broadband
    768: RAW,                   # TUNNEL: ipip
    769: RAW,                   # TUNNEL6
    776: RAW,                   # SIT
    778: RAW,                   # IPGRE
    779: RAW,                   # PIMREG
    801: 105,                   # IEEE80211
    802: 119,                   # IEEE80211_PRISM
    803: 127,                   # IEEE80211_RADIOTAP
    823: RAW,                   # IP6GRE
    0xFFFE: RAW,                # NONE: tun, wireguard, xfrm
}

# Name and description of the link types that most savefiles have, as libpcap gives them (filters/pcap.py), which takes
# longer to load than a small file to print
COMMON = {
    0: ("NULL", "BSD loopback"),
    ETHERNET: ("EN10MB", "Ethernet"),
    RAW: ("RAW", "Raw IP"),
    113: ("LINUX_SLL", "Linux cooked v1"),
    LINUX_SLL2: ("LINUX_SLL2", "Linux cooked v2"),
}


def linktype(hardware: int) -> int | None:
    """Link type of a device; None for those whose packets nobody here can read (CAN, InfiniBand, FireWire ...)."""
    return _LINKTYPES.get(hardware)
