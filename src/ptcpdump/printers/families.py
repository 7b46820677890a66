"""Who prints what: imports the C families (they register themselves) and names the Python ones.

A third-party package adds its own through the entry point group "ptcpdump.printers": each entry point names a callable
that takes no argument and calls :func:`ptcpdump.printers.view.register`.
"""

import importlib
import sys
from pathlib import Path

from ptcpdump.printers import core, view

GROUP = "ptcpdump.printers"     # of entry points

NATIVE = (
    "arp",
    "cooked",
    "dns",
    "ether",
    "geneve",
    "gre",
    "hdlc",
    "icmp",
    "icmp6",
    "igmp",
    "ip",
    "ip6",
    "ip_payload",
    "ipsec",
    "loopback",
    "mpls",
    "ntp",
    "pktap",
    "ppp",
    "pppoe",
    "quic",
    "raw",
    "resp",
    "rtp",
    "sctp",
    "tcp",
    "telnet",
    "text_protocols",
    "udp",
    "vxlan",
)

PYTHON: tuple[tuple[str, int | str, str], ...] = (
    # layer, key, "module:function" below ptcpdump.printers; imported when the first such packet comes
    ("tcp.port", 179, "bgp:print_bgp"),
    ("ethertype", 0x8809, "slow:print_slow"),
    ("ethertype", 0x888E, "eapol:print_eapol"),
    ("ethertype", 0x88CC, "lldp:print_lldp"),
    ("ethertype", 0x88F7, "ptp:print_ptp"),
    ("ethertype", 0x9000, "ctp:print_ctp"),
    ("llc", 0x42, "stp:print_stp"),
    ("llc", 0x010B, "stp:print_stp"),
    ("llc", 0x010C, "stp:print_stp"),
    ("llc", 0x2000, "cdp:print_cdp"),
    ("ppp.protocol", 0x8021, "ppp_control:print_ipcp"),
    ("ppp.protocol", 0x8023, "ppp_control:print_osicp"),
    ("ppp.protocol", 0x8057, "ppp_control:print_ip6cp"),
    ("ppp.protocol", 0x80FD, "ppp_control:print_ccp"),
    ("ppp.protocol", 0x8281, "ppp_control:print_mplscp"),
    ("ppp.protocol", 0xC021, "ppp_control:print_lcp"),
    ("ppp.protocol", 0xC023, "ppp_control:print_pap"),
    ("ppp.protocol", 0xC02B, "ppp_control:print_bacp"),
    ("ppp.protocol", 0xC223, "ppp_control:print_chap"),
    ("udp.port", 67, "dhcp:print_bootp"),
    ("udp.port", 68, "dhcp:print_bootp"),
    ("udp.port", 69, "tftp:print_tftp"),
    ("udp.port", 88, "kerberos:print_kerberos"),
    ("udp.port", 161, "snmp:print_snmp"),
    ("udp.port", 162, "snmp:print_snmp"),
    ("udp.port", 319, "ptp:print_ptp"),
    ("udp.port", 320, "ptp:print_ptp"),
    ("udp.port", 500, "isakmp:print_isakmp"),
    ("udp.port", 514, "syslog:print_syslog"),
    ("udp.port", 520, "rip:print_rip"),
    ("udp.port", 521, "rip:print_ripng"),
    ("udp.port", 546, "dhcp6:print_dhcp6"),
    ("udp.port", 547, "dhcp6:print_dhcp6"),
    ("udp.port", 646, "routing:print_ldp"),
    ("udp.port", 698, "routing:print_olsr"),
    ("udp.port", 750, "kerberos:print_kerberos"),
    ("udp.port", 1645, "radius:print_radius"),
    ("udp.port", 1646, "radius:print_radius"),
    ("udp.port", 1700, "radius:print_radius"),
    ("udp.port", 1701, "l2tp:print_l2tp"),
    ("udp.port", 1812, "radius:print_radius"),
    ("udp.port", 1813, "radius:print_radius"),
    ("udp.port", 1985, "hsrp:print_hsrp"),
    ("udp.port", 2103, "zephyr:print_zephyr"),
    ("udp.port", 2104, "zephyr:print_zephyr"),
    ("udp.port", 3503, "routing:print_lsp_ping"),
    ("udp.port", 3784, "bfd:print_bfd"),
    ("udp.port", 3785, "bfd:print_bfd"),
    ("udp.port", 3799, "radius:print_radius"),
    ("udp.port", 4500, "isakmp:print_nat_traversal"),
    ("udp.port", 4784, "bfd:print_bfd"),
    ("udp.port", 6343, "routing:print_sflow"),
    ("udp.port", 6696, "routing:print_babel"),
    ("udp.port", 6697, "routing:print_babel"),
    ("udp.port", 6784, "bfd:print_bfd"),
    ("udp.port", 7500, "isakmp:print_isakmp"),
    ("udp.port", 7501, "isakmp:print_isakmp"),
    ("udp.port", 7784, "bfd:print_bfd"),
    ("udp.port", 30490, "someip:print_someip"),
    ("udp.port", 49152, "bcm_li:print_bcm_li"),
    ("forced", "ptp", "ptp:print_ptp"),
    ("forced", "radius", "radius:print_radius"),
    ("forced", "snmp", "snmp:print_snmp"),
    ("forced", "someip", "someip:print_someip"),
    ("forced", "tftp", "tftp:print_tftp"),
    ("icmp6.type", 138, "router_renumbering:print_router_renumbering"),
    ("icmp6.type", 139, "node_information:print_node_information"),
    ("icmp6.type", 140, "node_information:print_node_information"),
    ("icmp6.type", 155, "rpl:print_rpl"),
    ("forced", "carp", "vrrp:print_carp"),
    ("ip.protocol", 33, "dccp:print_dccp"),
    ("ip.protocol", 46, "rsvp:print_rsvp"),
    ("ip.protocol", 88, "eigrp:print_eigrp"),
    ("ip.protocol", 89, "ospf:print_ospf"),
    ("ip.protocol", 103, "pim:print_pim"),
    ("ip.protocol", 112, "vrrp:print_vrrp"),
)

# Types of -T: every one of tcpdump's is accepted; those that nobody here decodes print as if it had not been given.
FORCED = (
    "aodv", "carp", "cnfp", "domain", "lmp", "pgm", "pgm_zmtp1", "ptp", "quic", "radius", "resp", "rpc", "rtcp", "rtp",
    "snmp", "someip", "tftp", "vat", "vxlan", "wb", "zmtp1",
)  # fmt: skip


def load() -> None:
    """Fill the registry; a second call does nothing."""
    if core.known_families:
        return
    core.known_families = True
    for name in FORCED:
        core.forced_key(name)
    for name in NATIVE:
        importlib.import_module(f"ptcpdump.printers.{name}")
    for layer, key, target in PYTHON:
        view.register(layer, key, f"ptcpdump.printers.{target}")
    if _others_installed():
        from importlib.metadata import entry_points  # noqa: PLC0415  costs as much as all of the above

        for entry in entry_points(group=GROUP):
            entry.load()()


def _others_installed() -> bool:
    """Whether any installed package adds printers, found without parsing what all packages say of themselves."""
    mark = f"[{GROUP}]".encode()
    return any(
        mark in file.read_bytes()
        for folder in sys.path
        for pattern in ("*.dist-info/entry_points.txt", "*.egg-info/entry_points.txt")
        for file in Path(folder or ".").glob(pattern)
    )
