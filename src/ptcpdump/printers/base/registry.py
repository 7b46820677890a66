"""Who prints what: a row for each printer. Data alone, so that reading it costs no import of a printer.

A third-party package adds rows of its own at run time; see :mod:`ptcpdump.printers.base.families`.
"""

LAST = 255  # rank of a port that tcpdump does not know


class Row:
    """One printer and what it serves.

    layer: as in calling.register(); "udp.dstport": "udp.port", but only as destination.
    keys: ports, EtherTypes ...; none for a printer that only -T reaches.
    printer: "module:function" below ptcpdump.printers, imported when the first such packet comes.
    rank: where printers know both ports of a packet, that of the lowest rank is believed.
    type: what -T calls it: it then serves all ports of the layer.
    """

    __slots__ = ("keys", "layer", "printer", "rank", "type")

    def __init__(self, layer: str, keys: tuple[int, ...], printer: str, rank: int = LAST, type: str = "") -> None:
        self.layer = layer
        self.keys = keys
        self.printer = printer
        self.rank = rank
        self.type = type


# Ranks are those of tcpdump: the order in which it tries ports.
PRINTERS = (
    Row("linktype", (0, 108), "link.loopback:print_loopback"),
    Row("linktype", (1,), "link.ether:print_link_ether"),
    Row("linktype", (9, 166), "link.ppp:print_link_ppp"),            # 166: with the direction byte of pppd
    Row("linktype", (50,), "link.hdlc:print_serial"),
    Row("linktype", (51,), "link.pppoe:print_link_pppoe"),
    Row("linktype", (101,), "link.raw:print_raw"),
    Row("linktype", (104,), "link.hdlc:print_cisco"),
    Row("linktype", (113,), "link.cooked:print_sll"),
    Row("linktype", (149, 258), "link.pktap:print_pktap"),           # 149: LINKTYPE_USER2, in files of OS X Mavericks
    Row("linktype", (228,), "link.raw:print_raw4"),
    Row("linktype", (229,), "link.raw:print_raw6"),
    Row("linktype", (276,), "link.cooked:print_sll2"),
    Row("ethertype", (0x0800,), "network.ip:print_ip"),
    Row("ethertype", (0x0806, 0x8035), "link.arp:print_arp"),
    Row("ethertype", (0x3C12, 0x3C13, 0x8863, 0x8864), "link.pppoe:print_frame"),   # the first two: 3Com's
    Row("ethertype", (0x86DD,), "network.ip6:print_ip6"),
    Row("ethertype", (0x8809,), "link.slow:print_slow"),
    Row("ethertype", (0x880B,), "link.ppp:print_ether_ppp"),
    Row("ethertype", (0x8847, 0x8848), "tunnels.mpls:print_mpls"),
    Row("ethertype", (0x888E,), "link.eapol:print_eapol"),
    Row("ethertype", (0x88CC,), "link.lldp:print_lldp"),
    Row("ethertype", (0x88F7,), "management.ptp:print_ptp"),
    Row("ethertype", (0x9000,), "link.ctp:print_ctp"),
    Row("llc", (0x42, 0x010B, 0x010C), "link.stp:print_stp"),
    Row("llc", (0x2000,), "link.cdp:print_cdp"),
    Row("ppp.protocol", (0x0281, 0x0283), "tunnels.mpls:print_mpls"),
    Row("ppp.protocol", (0x8021,), "link.ppp_control:print_ipcp"),
    Row("ppp.protocol", (0x8023,), "link.ppp_control:print_osicp"),
    Row("ppp.protocol", (0x8057,), "link.ppp_control:print_ip6cp"),
    Row("ppp.protocol", (0x80FD,), "link.ppp_control:print_ccp"),
    Row("ppp.protocol", (0x8281,), "link.ppp_control:print_mplscp"),
    Row("ppp.protocol", (0xC021,), "link.ppp_control:print_lcp"),
    Row("ppp.protocol", (0xC023,), "link.ppp_control:print_pap"),
    Row("ppp.protocol", (0xC02B,), "link.ppp_control:print_bacp"),
    Row("ppp.protocol", (0xC223,), "link.ppp_control:print_chap"),
    Row("ip.protocol", (1,), "network.icmp:print_icmp"),
    Row("ip.protocol", (2,), "network.igmp:print_igmp"),
    Row("ip.protocol", (4,), "network.ip:print_ip"),
    Row("ip.protocol", (6,), "transport.tcp:print_tcp"),
    Row("ip.protocol", (17,), "transport.udp:print_udp"),
    Row("ip.protocol", (33,), "transport.dccp:print_dccp"),
    Row("ip.protocol", (41,), "network.ip6:print_ip6"),
    Row("ip.protocol", (46,), "routing.rsvp:print_rsvp"),
    Row("ip.protocol", (47,), "tunnels.gre:print_gre"),
    Row("ip.protocol", (50,), "network.ipsec:print_esp"),
    Row("ip.protocol", (51,), "network.ipsec:print_ah"),
    Row("ip.protocol", (58,), "network.icmp6:print_icmp6"),
    Row("ip.protocol", (59,), "network.ip_payload:print_none"),
    Row("ip.protocol", (77,), "network.ip_payload:print_sun_nd"),
    Row("ip.protocol", (88,), "routing.eigrp:print_eigrp"),
    Row("ip.protocol", (89,), "routing.ospf:print_ospf"),
    Row("ip.protocol", (103,), "routing.pim:print_pim"),
    Row("ip.protocol", (108,), "network.ipsec:print_ipcomp"),
    Row("ip.protocol", (112,), "routing.vrrp:print_vrrp"),
    Row("ip.protocol", (132,), "transport.sctp:print_sctp"),
    Row("ip.protocol", (143,), "network.ip_payload:print_ethernet"),
    Row("icmp6.type", (138,), "network.router_renumbering:print_router_renumbering"),
    Row("icmp6.type", (139, 140), "network.node_information:print_node_information"),
    Row("icmp6.type", (155,), "network.rpl:print_rpl"),
    Row("tcp.port", (23,), "application.telnet:print_telnet", 1),
    Row("tcp.port", (25,), "application.text_protocols:print_smtp", 2),
    Row("tcp.port", (43,), "application.text_protocols:print_whois", 3),
    Row("tcp.port", (179,), "routing.bgp:print_bgp", 4),
    Row("tcp.port", (6379,), "application.resp:print_resp", 6, "resp"),
    Row("tcp.port", (22,), "application.text_protocols:print_ssh", 7),
    Row("tcp.port", (21,), "application.text_protocols:print_ftp", 11),
    Row("tcp.port", (80, 8080), "application.text_protocols:print_http", 12),
    Row("tcp.port", (554, 8554), "application.text_protocols:print_rtsp", 15),
    Row("tcp.port", (53,), "application.dns:print_dns", 17, "domain"),
    Row("udp.port", (53,), "application.dns:print_dns", 1, "domain"),
    Row("udp.port", (67, 68), "management.dhcp:print_bootp", 2),
    Row("udp.port", (69,), "application.tftp:print_tftp", 4, "tftp"),
    Row("udp.port", (88,), "application.kerberos:print_kerberos", 5),
    Row("udp.port", (123,), "management.ntp:print_ntp", 6),
    Row("udp.port", (161, 162), "management.snmp:print_snmp", 9, "snmp"),
    Row("udp.port", (319, 320), "management.ptp:print_ptp", 11, "ptp"),
    Row("udp.port", (500,), "application.isakmp:print_isakmp", 14),
    Row("udp.port", (514,), "management.syslog:print_syslog", 15),
    Row("udp.port", (520,), "routing.rip:print_rip", 16),
    Row("udp.port", (521,), "routing.rip:print_ripng", 17),
    Row("udp.port", (546, 547), "management.dhcp6:print_dhcp6", 19),
    Row("udp.port", (646,), "routing.ldp:print_ldp", 21),
    Row("udp.port", (698,), "routing.first_lines:print_olsr", 23),
    Row("udp.port", (750,), "application.kerberos:print_kerberos", 25),
    Row("udp.port", (5353,), "application.dns:print_mdns", 27),
    Row("udp.port", (4500,), "application.isakmp:print_nat_traversal", 28),
    Row("udp.port", (7500, 7501), "application.isakmp:print_isakmp", 29),
    Row("udp.port", (1701,), "tunnels.l2tp:print_l2tp", 31),
    Row("udp.dstport", (3456,), "application.rtp:print_vat", 32, "vat"),
    Row("udp.port", (2103, 2104), "application.zephyr:print_zephyr", 33),
    Row("udp.port", (6696, 6697), "routing.babel:print_babel", 46),
    Row("udp.port", (1645, 1646, 1700, 1812, 1813, 3799), "management.radius:print_radius", 50, "radius"),
    Row("udp.dstport", (1985,), "routing.hsrp:print_hsrp", 56),
    Row("udp.port", (3503,), "routing.first_lines:print_lsp_ping", 57),
    Row("udp.dstport", (3784, 3785, 4784, 6784), "routing.bfd:print_bfd", 58),
    Row("udp.port", (7784,), "routing.bfd:print_bfd"),
    Row("udp.port", (6343,), "routing.first_lines:print_sflow", 63),
    Row("udp.port", (5060,), "application.text_protocols:print_sip", 66),
    Row("udp.port", (4789, 8472), "tunnels.vxlan:print_vxlan", 67, "vxlan"),     # 8472: Linux, by default
    Row("udp.dstport", (6081,), "tunnels.geneve:print_geneve", 69),
    Row("udp.port", (4790,), "tunnels.vxlan:print_vxlan_gpe", 72),
    Row("udp.port", (6635,), "tunnels.mpls:print_mpls", 74),                     # RFC 7510
    Row("udp.port", (30490,), "application.someip:print_someip", 75, "someip"),
    Row("udp.port", (49152,), "management.bcm_li:print_bcm_li", 76),
    Row("udp.port", (443,), "application.quic:print_https"),
    Row("udp.port", (), "application.quic:print_quic", type="quic"),
    Row("udp.port", (), "application.rtp:print_rtp", type="rtp"),
    Row("udp.port", (), "application.rtp:print_rtcp", type="rtcp"),
    Row("udp.port", (), "routing.vrrp:print_carp", type="carp"),
)  # fmt: skip

# Types of tcpdump's -T that nobody here decodes: they are accepted; UDP prints as without -T, TCP without its payload.
UNDECODED = ("aodv", "cnfp", "lmp", "pgm", "pgm_zmtp1", "rpc", "wb", "zmtp1")

# All types that -T takes, but for those of third-party packages.
TYPES = tuple(sorted({*UNDECODED, *(row.type for row in PRINTERS if row.type)}))
