"""Tunnels: GRE, IP in IP, VXLAN, Geneve, AH and ESP as tcpdump prints them."""

import pytest

from tests.unit.printers.packets import ETHERNET, ipv4, ipv6, message, octets, summed, udp

ECHO = ipv4(1, summed("0800 0000 0001 0002"))

CASES = [
    (
        "GRE",
        ipv4(47, octets("0000 0800") + ECHO),
        0,
        "GREv0, length 32: IP 10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8",
    ),
    (
        "GRE key and sequence",
        ipv4(47, octets("3000 0800 0000002a 00000007") + ECHO),
        1,
        (
            "GREv0, Flags [key present, sequence# present], key=0x2a, seq 7, length 40\n"
            "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), length 28)\n"
            "    10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8"
        ),
    ),
    (
        "GRE Ethernet",
        ipv4(47, octets("2000 6558 00abcd01") + ETHERNET + ECHO),
        0,
        ("GREv0, key=0xabcd01, length 50: IP 10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8"),
    ),
    (
        "GRE source route",
        ipv4(47, octets("4000 0800 0000 0000 0800 0008 0a000001 0a000002 0000 0000") + ECHO),
        0,
        (
            "GREv0, off 0x0, (rtaf=ip *10.0.0.1 10.0.0.2), length 52: IP 10.0.0.9 > 10.0.0.1: ICMP echo "
            "request, id 1, seq 2, length 8"
        ),
    ),
    ("GRE keep-alive", ipv4(47, "0000 0000"), 0, "GREv0, length 4: keep-alive"),
    (
        "GRE WCCP",
        ipv4(47, octets("0000 883e e0590148") + ECHO),
        0,
        (
            "GREv0, length 36: wccp T:1 A:1 U:1 SId:89 Alt:1 Pri:72: IP 10.0.0.9 > 10.0.0.1: ICMP echo "
            "request, id 1, seq 2, length 8"
        ),
    ),
    ("GRE unknown", ipv4(47, "0000 1234 00"), 0, "GREv0, length 5: gre-proto-0x1234"),
    ("GRE too short", ipv4(47, "2000 0800 00"), 0, "GREv0 [len 1 < 4] (invalid)"),
    ("PPTP acknowledgment", ipv4(47, "2081 880b 0000 0001 00000002"), 0, "GREv1, call 1, ack 2, no-payload, length 12"),
    ("IPv4 in IPv6", ipv6(4, ECHO), 0, "IP 10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8"),
    (
        "VXLAN",
        udp(4789, octets("08000000 00006400") + ETHERNET + ECHO),
        0,
        ("VXLAN, flags [I] (0x08), vni 100\nIP 10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8"),
    ),
    (
        "VXLAN without VNI",
        udp(8472, octets("00000000 00006400") + ETHERNET + ECHO),
        0,
        (
            "VXLAN, flags [invalid] (0x00), ERROR: I flag not set\n"
            "IP 10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8"
        ),
    ),
    (
        "VXLAN-GPE",
        udp(4790, octets("0c000001 00006400") + ECHO),
        0,
        ("VXLAN-GPE, flags [IP], vni 100: IP 10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8"),
    ),
    (
        "Geneve",
        udp(6081, octets("02406558 00000a00 0101 80 01 0000000c") + ETHERNET + ECHO),
        2,
        (
            "[no cksum] Geneve, Flags [C], vni 0xa, options [class Open vSwitch (0x101) type 0x80(C) len 8 "
            "data 0000000c]\n"
            "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), length 28)\n"
            "    10.0.0.9 > 10.0.0.1: ICMP echo request, id 1, seq 2, length 8"
        ),
    ),
    (
        "Geneve bad option",
        udp(6081, octets("01006558 00000a00 0101 80 05") + ETHERNET + ECHO),
        1,
        (
            "Geneve, Flags [none], vni 0xa, options [class Open vSwitch (0x101) type 0x80(C) len 24 [bad "
            "length] (invalid)"
        ),
    ),
    ("Geneve too short", udp(6081, "0000"), 0, "Geneve [len 2 < 8] (invalid)"),
    (
        "AH",
        ipv4(51, octets("0104 0000 00001234 00000007" + "00" * 12) + ECHO[20:]),
        1,
        (
            "AH(length=4(24-bytes),spi=0x00001234,seq=0x7,icv=0x000000000000000000000000): ICMP echo "
            "request, id 1, seq 2, length 8"
        ),
    ),
    ("ESP", ipv4(50, "00001234 00000007" + "00" * 16), 0, "ESP(spi=0x00001234,seq=0x7), length 24"),
    ("IPComp", ipv4(108, "0600 0002 00000000"), 0, "IPComp(cpi=0x0002)"),
    ("unknown protocol", ipv4(136, "00" * 30), 0, " ip-proto-136 30"),
]


@pytest.mark.parametrize(("name", "packet", "verbose", "expected"), CASES, ids=[c[0] for c in CASES])
def test_tunnel(name, packet, verbose, expected):
    assert message(packet, verbose) == expected
