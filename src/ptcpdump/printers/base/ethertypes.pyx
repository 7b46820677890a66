"""Names of EtherTypes, shared by all link layers and by ARP."""

from ptcpdump.printers.base.tables cimport names

cdef Names ETHERTYPES = names({
    0x0800: b"IPv4", 0x86dd: b"IPv6", 0x0806: b"ARP", 0x8035: b"Reverse ARP", 0x8847: b"MPLS unicast",
    0x8848: b"MPLS multicast", 0x8100: b"802.1Q", 0x9100: b"802.1Q-9100", 0x88a8: b"802.1Q-QinQ",
    0x9200: b"802.1Q-9200", 0x88e5: b"802.1AE MACsec", 0x00fe: b"GRE-OSI", 0x0200: b"PUP", 0x0500: b"Sprite",
    0x0600: b"NS", 0x0707: b"GeoNet (old)", 0x1000: b"Trail", 0x1111: b"CALM FAST", 0x6001: b"MOP DL",
    0x6002: b"MOP RC", 0x6003: b"DN", 0x6004: b"LAT", 0x6007: b"SCA", 0x6558: b"TEB", 0x8038: b"Lanbridge",
    0x803c: b"DEC DNS", 0x803e: b"DEC DTS", 0x805b: b"VEXP", 0x805c: b"VPROD", 0x809b: b"Appletalk",
    0x80f3: b"Appletalk ARP", 0x8137: b"IPX", 0x8808: b"MPCP", 0x8809: b"Slow Protocols", 0x880b: b"PPP",
    0x8863: b"PPPoE D", 0x8864: b"PPPoE S", 0x886f: b"MS NLB heartbeat", 0x8870: b"Jumbo", 0x888e: b"EAPOL",
    0x8899: b"Realtek protocols", 0x88a2: b"AoE", 0x88ca: b"TIPC", 0x88cc: b"LLDP", 0x88f7: b"PTP", 0x8902: b"CFM",
    0x893a: b"IEEE1905.1", 0x8947: b"GeoNet", 0x894f: b"NSH", 0x9000: b"Loopback", 0xabcd: b"CFM (old)",
    0xd28b: b"Arista Vendor Specific Protocol", 0xfefe: b"OSI",
})
