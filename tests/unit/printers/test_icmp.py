"""ICMP messages as tcpdump prints them."""

import pytest

from tests.unit.printers.packets import icmp, ipv4, message

QUOTED = "45000030 00010000 40110000 0a000001 0a000002 0035 1234 001c 0000" + " 00" * 20
QUOTED_TCP = "45000028 00010000 40060000 0a000001 0a0000020035 1234 00000001 00000000 5002 2000 0000 0000"
EXTENSION_MPLS = "2000c560 00080101 18950101"
EXTENSION_INTERFACE = "20005b0b 0014020e 00000003 00010000 0a000001 04657468"

CASES = [
    ("echo", icmp("0800 0000 0001 0002 00000000"), 0, "ICMP echo request, id 1, seq 2, length 12"),
    ("net unreachable", icmp("0300 0000 00000000" + QUOTED), 0, "ICMP net 10.0.0.2 unreachable, length 56"),
    ("udp port", icmp("0303 0000 00000000" + QUOTED), 0, "ICMP 10.0.0.2 udp port 4660 unreachable, length 56"),
    ("tcp port", icmp("0303 0000 00000000" + QUOTED_TCP), 0, "ICMP 10.0.0.2 tcp port 4660 unreachable, length 48"),
    (
        "fragmentation needed",
        icmp("0304 0000 000005dc" + QUOTED),
        0,
        "ICMP 10.0.0.2 unreachable - need to frag (mtu 1500), length 56",
    ),
    ("unknown code", icmp("0310 0000 00000000" + QUOTED), 0, "ICMP 10.0.0.2 unreachable - #16, length 56"),
    ("redirect", icmp("0501 0000 0a0000fe" + QUOTED), 0, "ICMP redirect 10.0.0.2 to host 10.0.0.254, length 56"),
    ("time exceeded", icmp("0b00 0000 00000000" + QUOTED), 0, "ICMP time exceeded in-transit, length 56"),
    ("parameter problem", icmp("0c00 0000 14000000" + QUOTED), 0, "ICMP parameter problem - octet 20, length 56"),
    (
        "router advertisement",
        icmp("0900 0000 01021c84 0a000001 00000000"),
        0,
        "ICMP router advertisement lifetime 2:01:40 1: {10.0.0.1 0}, length 16",
    ),
    (
        "time stamp reply",
        icmp("0e00 0000 0001 0002 00100000 02100000 03210000"),
        0,
        ("ICMP time stamp reply id 1 seq 2: org 00:17:28.576, recv 09:36:43.008, xmit 14:34:54.336, length 20"),
    ),
    ("address mask", icmp("1200 0000 00010002 ffffff00"), 0, "ICMP address mask is 0xffffff00, length 12"),
    ("unknown type", icmp("2900 0000 00000000"), 0, "ICMP type-#41, length 8"),
    (
        "wrong checksum",
        ipv4(1, "0800 1234 0001 0002"),
        1,
        "ICMP echo request, id 1, seq 2, length 8 (wrong icmp cksum 1234 (->f7fc)!)",
    ),
    (
        "quoted datagram",
        icmp("0301 0000 00000000" + QUOTED),
        1,
        (
            "ICMP host 10.0.0.2 unreachable, length 56\n"
            "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto UDP (17), length 48, bad cksum 0 "
            "(->66ba)!)\n"
            "    10.0.0.1.53 > 10.0.0.2.4660: 0 [0q] (20)"
        ),
    ),
    (
        "MPLS extension",
        icmp("0b00 0000 00200000 45000080" + QUOTED[8:] + "00" * 80 + EXTENSION_MPLS),
        1,
        (
            "ICMP time exceeded in-transit, length 148\n"
            "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto UDP (17), length 128, bad cksum 0 "
            "(->666a)!)\n"
            "    10.0.0.1.53 > 10.0.0.2.4660: 0 [0q] (20)\n"
            "\tICMP Multi-Part extension v2, checksum 0xc560 (correct), length 12\n"
            "\t  MPLS Stack Entry Object (1), Class-Type: 1, length 8\n"
            "\t    label 100688, tc 0, [S], ttl 1"
        ),
    ),
    (
        "interface extension",
        icmp("0b00 0000 00200000 45000080" + QUOTED[8:] + "00" * 80 + EXTENSION_INTERFACE),
        1,
        (
            "ICMP time exceeded in-transit, length 160\n"
            "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto UDP (17), length 128, bad cksum 0 "
            "(->666a)!)\n"
            "    10.0.0.1.53 > 10.0.0.2.4660: 0 [0q] (20)\n"
            "\tICMP Multi-Part extension v2, checksum 0x5b0b (correct), length 24\n"
            "\t  Interface Information Object (2), Class-Type: 14, length 20\n"
            "\t    Interface Role: Incoming IP Interface\n"
            "\t    Interface Index: 3\n"
            "\t    IP Address sub-object: 10.0.0.1\n"
            "\t    Interface Name, length 3: eth"
        ),
    ),
    (
        "probe by name",
        icmp("2a00 0000 00010201 20009424 000a0301 656e70317330"),
        1,
        (
            "ICMP extended echo request, id 1, seq 2, length 22\n"
            "\tLocal Interface, checksum 0x9424 (correct), length 14\n"
            "\t  Interface Identification Object (3), Class-Type: 1, length 10\n"
            "\t    Interface Name, length 6: enp1s0"
        ),
    ),
    (
        "probe by address",
        icmp("2a00 0000 00010200 20000000 000c0303 00010400 0a000001"),
        1,
        (
            "ICMP extended echo request, id 1, seq 2, length 24\n"
            "\tRemote Interface, checksum 0x0000 (incorrect), length 16\n"
            "\t  Interface Identification Object (3), Class-Type: 3, length 12\n"
            "\t    IP Address sub-object: 10.0.0.1"
        ),
    ),
    (
        "probe reply",
        icmp("2b02 0000 00010246"),
        1,
        (
            "ICMP extended echo reply, id 1, seq 2, length 8\n"
            "\tCode 2 (No Such Interface), State 2 (Reachable), active 1 ipv4 1 ipv6 0"
        ),
    ),
    ("truncated", ipv4(1, "0800"), 0, " [|icmp]"),
]


@pytest.mark.parametrize(("name", "packet", "verbose", "expected"), CASES, ids=[c[0] for c in CASES])
def test_message(name, packet, verbose, expected):
    assert message(packet, verbose) == expected
