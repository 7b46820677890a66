"""Routing protocols and other rare ones directly over IP, as tcpdump prints them."""

import pytest

from tests.unit.printers.packets import ipv4, ipv6, message, summed

HELLO = "0201002c 0a000001 00000001 0000 0001 70617373 00000000ffffff00 000a 12 01 00000028 0a000001 0a000002"
EIGRP = "0000 00000001 00000000 00000000 0000 0064"

CASES = [
    ("OSPF", ipv4(89, HELLO), 0, "OSPFv2, Hello, length 44"),
    (
        "OSPF hello",
        ipv4(89, HELLO),
        1,
        (
            "OSPFv2, Hello, length 44\n"
            "\tRouter-ID 10.0.0.1, Area 0.0.0.1, Authentication Type: simple (1)\n"
            "\tSimple text password: pass\n"
            "\tOptions [External, LLS]\n"
            "\t  Hello Timer 10s, Dead Timer 40s, Mask 255.255.255.0, Priority 1\n"
            "\t  Designated Router 10.0.0.1, Backup Designated Router 10.0.0.2"
        ),
    ),
    (
        "OSPFv3",
        ipv6(89, "03010028 0a000001 00000000 0000 0100 00000005 01 000013 000a 0028 0a000001 0a000002 0a000003"),
        2,
        (
            "OSPFv3, Hello, length 40\n"
            "\tRouter-ID 10.0.0.1, Backbone Area, Instance 1\n"
            "\tOptions [V6, External, Router]\n"
            "\t  Hello Timer 10s, Dead Timer 40s, Interface-ID 0.0.0.5, Priority 1\n"
            "\t  Designated Router 10.0.0.1, Backup Designated Router 10.0.0.2\n"
            "\t  Neighbor List:\n"
            "\t    10.0.0.3"
        ),
    ),
    ("PIM", ipv4(103, summed("2000 0000 0001 0002 0069 0014 0004 12345678")), 0, "PIMv2, Hello, length 18"),
    (
        "PIM hello",
        ipv4(103, summed("2000 0000 0001 0002 0069 0014 0004 12345678")),
        1,
        (
            "PIMv2, length 18\n"
            "\tHello, cksum 0x76cf (correct)\n"
            "\t  Hold Time Option (1), length 2, Value: 1m45s\n"
            "\t  Generation ID Option (20), length 4, Value: 0x12345678"
        ),
    ),
    (
        "VRRPv2",
        ipv4(112, summed("2101 6402 0101 0000 0a000001 0a000002 70617373 00000000", 6), 255),
        1,
        (
            "VRRPv2, Advertisement, vrid 1, prio 100, authtype simple, intvl 1s, length 24, addrs(2): "
            '10.0.0.1,10.0.0.2 auth "pass"'
        ),
    ),
    (
        "VRRPv3",
        ipv4(112, "3101 6401 0064 0000 0a000001", 64),
        0,
        "VRRPv3, Advertisement, (ttl 64), vrid 1, prio 100, intvl 100cs, length 12",
    ),
    ("EIGRP", ipv4(88, "0205" + EIGRP), 0, "EIGRP Hello, length: 20"),
    (
        "EIGRP hello",
        ipv4(88, "0205" + EIGRP + "0001 000c 0100 0100 0000 000f 0004 0008 0c04 0102"),
        1,
        (
            "\n"
            "\tEIGRP v2, opcode: Hello (5), chksum: 0x0000, Flags: [Init]\n"
            "\tseq: 0x00000000, ack: 0x00000000, VRID: 0, AS: 100, length: 20\n"
            "\t  General Parameters TLV (0x0001), length: 12\n"
            "\t    holdtime: 15s, k1 1, k2 0, k3 1, k4 0, k5 0\n"
            "\t  Software Version TLV (0x0004), length: 8\n"
            "\t    IOS version: 12.4, EIGRP version 1.2"
        ),
    ),
    (
        "EIGRP update",
        ipv4(88, "0201" + EIGRP + "0102 001c 00000000 00000a00 00000100 0005dc 01 ff 01 0000 18 c0a801"),
        1,
        (
            "\n"
            "\tEIGRP v2, opcode: Update (1), chksum: 0x0000, Flags: [Init]\n"
            "\tseq: 0x00000000, ack: 0x00000000, VRID: 0, AS: 100, length: 28\n"
            "\t  IP Internal routes TLV (0x0102), length: 28\n"
            "\t    IPv4 prefix:     192.168.1.0/24, nexthop: self\n"
            "\t      delay 25 ms, bandwidth 256 Kbps, mtu 1500, hop 1, reliability 255, load 1"
        ),
    ),
    ("RSVP", ipv4(46, "10010000 40000008"), 0, "RSVPv1 Path Message, length: 8"),
    (
        "DCCP request",
        ipv4(33, "1389 138a 04 00 0000 00 000001 00000005"),
        1,
        "DCCP (CCVal 0, CsCov 0, cksum 0x0000 (incorrect -> 0xc0ab)) DCCP-Request (service=5) ",
    ),
    (
        "DCCP options",
        ipv4(33, "1389 138a 0a00 0000 0700 000000000001 0000000000000002 20040102 250307 00 290600000001 2603c0"),
        2,
        (
            "DCCP (CCVal 0, CsCov 0, cksum 0x0000 (incorrect -> 0x5781)) DCCP-Ack (ack=2) seq 1 <change_l "
            "ccid 2, ndp_count 7, nop, timestamp 1, ack_vector0 optlen goes past header length>"
        ),
    ),
]


@pytest.mark.parametrize(("name", "packet", "verbose", "expected"), CASES, ids=[c[0] for c in CASES])
def test_message(name, packet, verbose, expected):
    assert message(packet, verbose) == expected
