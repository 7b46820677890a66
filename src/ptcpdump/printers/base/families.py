"""Who prints what: imports the C families (they register themselves) and names the Python ones.

A third-party package adds its own through the entry point group "ptcpdump.printers": each entry point names a callable
that takes no argument and calls :func:`ptcpdump.printers.base.view.register`.
"""

import importlib
import sys
from pathlib import Path

from ptcpdump.printers.base import core, view

GROUP = "ptcpdump.printers"     # of entry points

NATIVE = (
    "link.arp",
    "link.cooked",
    "application.dns",
    "link.ether",
    "tunnels.geneve",
    "tunnels.gre",
    "link.hdlc",
    "network.icmp",
    "network.icmp6",
    "network.igmp",
    "network.ip",
    "network.ip6",
    "network.ip_payload",
    "network.ipsec",
    "link.loopback",
    "tunnels.mpls",
    "management.ntp",
    "link.pktap",
    "link.ppp",
    "link.pppoe",
    "application.quic",
    "link.raw",
    "application.resp",
    "application.rtp",
    "transport.sctp",
    "transport.tcp",
    "application.telnet",
    "application.text_protocols",
    "transport.udp",
    "tunnels.vxlan",
)

PYTHON: tuple[tuple[str, int | str, str], ...] = (
    # layer, key, "module:function" below ptcpdump.printers; imported when the first such packet comes
    ("tcp.port", 179, "routing.bgp:print_bgp"),
    ("ethertype", 0x8809, "link.slow:print_slow"),
    ("ethertype", 0x888E, "link.eapol:print_eapol"),
    ("ethertype", 0x88CC, "link.lldp:print_lldp"),
    ("ethertype", 0x88F7, "management.ptp:print_ptp"),
    ("ethertype", 0x9000, "link.ctp:print_ctp"),
    ("llc", 0x42, "link.stp:print_stp"),
    ("llc", 0x010B, "link.stp:print_stp"),
    ("llc", 0x010C, "link.stp:print_stp"),
    ("llc", 0x2000, "link.cdp:print_cdp"),
    ("ppp.protocol", 0x8021, "link.ppp_control:print_ipcp"),
    ("ppp.protocol", 0x8023, "link.ppp_control:print_osicp"),
    ("ppp.protocol", 0x8057, "link.ppp_control:print_ip6cp"),
    ("ppp.protocol", 0x80FD, "link.ppp_control:print_ccp"),
    ("ppp.protocol", 0x8281, "link.ppp_control:print_mplscp"),
    ("ppp.protocol", 0xC021, "link.ppp_control:print_lcp"),
    ("ppp.protocol", 0xC023, "link.ppp_control:print_pap"),
    ("ppp.protocol", 0xC02B, "link.ppp_control:print_bacp"),
    ("ppp.protocol", 0xC223, "link.ppp_control:print_chap"),
    ("udp.port", 67, "management.dhcp:print_bootp"),
    ("udp.port", 68, "management.dhcp:print_bootp"),
    ("udp.port", 69, "application.tftp:print_tftp"),
    ("udp.port", 88, "application.kerberos:print_kerberos"),
    ("udp.port", 161, "management.snmp:print_snmp"),
    ("udp.port", 162, "management.snmp:print_snmp"),
    ("udp.port", 319, "management.ptp:print_ptp"),
    ("udp.port", 320, "management.ptp:print_ptp"),
    ("udp.port", 500, "application.isakmp:print_isakmp"),
    ("udp.port", 514, "management.syslog:print_syslog"),
    ("udp.port", 520, "routing.rip:print_rip"),
    ("udp.port", 521, "routing.rip:print_ripng"),
    ("udp.port", 546, "management.dhcp6:print_dhcp6"),
    ("udp.port", 547, "management.dhcp6:print_dhcp6"),
    ("udp.port", 646, "routing.first_lines:print_ldp"),
    ("udp.port", 698, "routing.first_lines:print_olsr"),
    ("udp.port", 750, "application.kerberos:print_kerberos"),
    ("udp.port", 1645, "management.radius:print_radius"),
    ("udp.port", 1646, "management.radius:print_radius"),
    ("udp.port", 1700, "management.radius:print_radius"),
    ("udp.port", 1701, "tunnels.l2tp:print_l2tp"),
    ("udp.port", 1812, "management.radius:print_radius"),
    ("udp.port", 1813, "management.radius:print_radius"),
    ("udp.port", 1985, "routing.hsrp:print_hsrp"),
    ("udp.port", 2103, "application.zephyr:print_zephyr"),
    ("udp.port", 2104, "application.zephyr:print_zephyr"),
    ("udp.port", 3503, "routing.first_lines:print_lsp_ping"),
    ("udp.port", 3784, "routing.bfd:print_bfd"),
    ("udp.port", 3785, "routing.bfd:print_bfd"),
    ("udp.port", 3799, "management.radius:print_radius"),
    ("udp.port", 4500, "application.isakmp:print_nat_traversal"),
    ("udp.port", 4784, "routing.bfd:print_bfd"),
    ("udp.port", 6343, "routing.first_lines:print_sflow"),
    ("udp.port", 6696, "routing.first_lines:print_babel"),
    ("udp.port", 6697, "routing.first_lines:print_babel"),
    ("udp.port", 6784, "routing.bfd:print_bfd"),
    ("udp.port", 7500, "application.isakmp:print_isakmp"),
    ("udp.port", 7501, "application.isakmp:print_isakmp"),
    ("udp.port", 7784, "routing.bfd:print_bfd"),
    ("udp.port", 30490, "application.someip:print_someip"),
    ("udp.port", 49152, "management.bcm_li:print_bcm_li"),
    ("forced", "ptp", "management.ptp:print_ptp"),
    ("forced", "radius", "management.radius:print_radius"),
    ("forced", "snmp", "management.snmp:print_snmp"),
    ("forced", "someip", "application.someip:print_someip"),
    ("forced", "tftp", "application.tftp:print_tftp"),
    ("icmp6.type", 138, "network.router_renumbering:print_router_renumbering"),
    ("icmp6.type", 139, "network.node_information:print_node_information"),
    ("icmp6.type", 140, "network.node_information:print_node_information"),
    ("icmp6.type", 155, "network.rpl:print_rpl"),
    ("forced", "carp", "routing.vrrp:print_carp"),
    ("ip.protocol", 33, "transport.dccp:print_dccp"),
    ("ip.protocol", 46, "routing.rsvp:print_rsvp"),
    ("ip.protocol", 88, "routing.eigrp:print_eigrp"),
    ("ip.protocol", 89, "routing.ospf:print_ospf"),
    ("ip.protocol", 103, "routing.pim:print_pim"),
    ("ip.protocol", 112, "routing.vrrp:print_vrrp"),
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
