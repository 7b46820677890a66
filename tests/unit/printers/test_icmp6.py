"""ICMPv6 messages as tcpdump prints them: errors, ND, MLD, RPL, node information."""

import pytest

from tests.unit.printers.packets import icmp6, ipv6, message

INNER = (
    "60000000 001c 11 40 fe800000000000000000000000000001 ff020000000000000000000000000001"
    "0035 1234 001c 0000" + " 00" * 20
)
ADDRESS = "fe800000000000000000000000000009"
GROUP = "ff02000000000000000000000000000a"
OPTIONS = (
    "0501 0000 000005dc"
    "0304 40c0 ffffffff 00093a80 00000000 20010db8000000000000000000000000"
    "1802 4018 00000e10 20010db800000000"
    "1903 0000 00000e10"
    + ADDRESS
    + "1f03 0000 00000e10 03666f6f 03626172 00"
    + "00" * 7
    + "2602 0708 20010db800000064ff9b0000"
)

CASES = [
    ("echo", icmp6("8000 0000 0001 0002"), 1, "[icmp6 sum ok] ICMP6, echo request, id 1, seq 2"),
    (
        "no route",
        icmp6("0100 0000 00000000" + INNER),
        0,
        "ICMP6, destination unreachable, unreachable route ff02::1, length 76",
    ),
    (
        "udp port",
        icmp6("0104 0000 00000000" + INNER),
        0,
        "ICMP6, destination unreachable, unreachable port, ff02::1 udp port 4660, length 76",
    ),
    (
        "beyond scope",
        icmp6("0102 0000 00000000" + INNER),
        0,
        "ICMP6, destination unreachable, beyond scope ff02::1, source address fe80::1, length 76",
    ),
    ("too big", icmp6("0200 0000 000005dc" + INNER), 0, "ICMP6, packet too big, mtu 1500, length 76"),
    ("hop limit", icmp6("0300 0000 00000000" + INNER), 0, "ICMP6, time exceeded in-transit for ff02::1, length 76"),
    (
        "parameter problem",
        icmp6("0403 0000 00000030" + INNER),
        0,
        "ICMP6, parameter problem, incomplete header chain - octet 48, length 76",
    ),
    (
        "neighbor solicitation",
        icmp6("8700 0000 00000000" + ADDRESS + "0101 020304050607"),
        1,
        (
            "[icmp6 sum ok] ICMP6, neighbor solicitation, length 32, who has fe80::9\n"
            "\t  source link-address option (1), length 8 (1): 02:03:04:05:06:07"
        ),
    ),
    (
        "nonce",
        icmp6("8700 0000 00000000" + ADDRESS + "0e01 6069604c0aaa"),
        1,
        (
            "[icmp6 sum ok] ICMP6, neighbor solicitation, length 32, who has fe80::9\n"
            "\t  nonce option (14), length 8 (1): 60 69 60 4c 0a aa"
        ),
    ),
    (
        "neighbor advertisement",
        icmp6("8800 0000 e0000000" + ADDRESS + "0201 020304050607"),
        1,
        (
            "[icmp6 sum ok] ICMP6, neighbor advertisement, length 32, tgt is fe80::9, Flags [router, "
            "solicited, override]\n"
            "\t  destination link-address option (2), length 8 (1): 02:03:04:05:06:07"
        ),
    ),
    ("redirect", icmp6("8900 0000 00000000" + ADDRESS + GROUP), 0, "ICMP6, redirect, ff02::a to fe80::9, length 40"),
    (
        "router advertisement",
        icmp6("8600 0000 40480708 00000000 00000010" + OPTIONS),
        1,
        (
            "[icmp6 sum ok] ICMP6, router advertisement, length 136\n"
            "\thop limit 64, Flags [other stateful], pref high, router lifetime 1800s, reachable time 0ms, "
            "retrans timer 16ms\n"
            "\t  mtu option (5), length 8 (1):  1500\n"
            "\t  prefix info option (3), length 32 (4): 2001:db8::/64, Flags [onlink, auto], valid time "
            "infinity, pref. time 604800s\n"
            "\t  route info option (24), length 16 (2):  2001:db8::/64, pref=low, lifetime=3600s\n"
            "\t  rdnss option (25), length 24 (3):  lifetime 3600s, addr: fe80::9\n"
            "\t  dnssl option (31), length 24 (3):  lifetime 3600s, domain(s): foo.bar.\n"
            "\t  pref64 option (38), length 16 (2): 2001:db8:0:64:ff9b::/96 (plc 0), lifetime 1800s"
        ),
    ),
    (
        "unknown option",
        icmp6("8500 0000 00000000 2202 10000000 0000 20010db800000000"),
        1,
        (
            "[icmp6 sum ok] ICMP6, router solicitation, length 24\n"
            "\t  unknown option (34), length 16 (2): \n"
            "\t  0x0000:  1000 0000 0000 2001 0db8 0000 0000"
        ),
    ),
    (
        "option of no length",
        icmp6("8500 0000 00000000 0100 000000000000"),
        1,
        "[icmp6 sum ok] ICMP6, router solicitation, length 16 [|icmp6]",
    ),
    (
        "MLD query",
        icmp6("8200 0000 2710 0000" + GROUP),
        0,
        "ICMP6, multicast listener querymax resp delay: 10000 addr: ff02::a, length 24",
    ),
    (
        "MLDv2 query",
        icmp6("8200 0000 ff10 0000" + GROUP + "0a fd 0002" + ADDRESS * 2),
        2,
        (
            "[icmp6 sum ok] ICMP6, multicast listener query v2 [max resp delay=8142848] [gaddr ff02::a "
            "sflag robustness=2 qqi=29696 { fe80::9 fe80::9 }]"
        ),
    ),
    (
        "MLDv2 report",
        icmp6("8f00 0000 0000 0002 0400 0000" + GROUP + "0100 0001" + GROUP + ADDRESS),
        2,
        (
            "[icmp6 sum ok] ICMP6, multicast listener report v2, 2 group record(s) [gaddr ff02::a to_ex { "
            "}] [gaddr ff02::a is_in { fe80::9 }]"
        ),
    ),
    (
        "home agents",
        icmp6("9100 0000 00010000" + ADDRESS * 2),
        1,
        "[icmp6 sum ok] ICMP6, ha discovery reply, length 40, id 0x0001, fe80::9, fe80::9",
    ),
    (
        "mobile prefix",
        icmp6("9300 0000 0001c000"),
        1,
        "[icmp6 sum ok] ICMP6, mobile router advertisement, length 8, id 0x0001 MO",
    ),
    (
        "router renumbering",
        icmp6(
            "8a00 0000 00000001 01 f8 0003 00000000 0107 01 20 10 40 0000"
            + ADDRESS
            + "4000 ffc0 ffffffff 00000e10 80000000"
            + GROUP
        ),
        1,
        (
            "[icmp6 sum ok] ICMP6, router renumbering, command, seq=1[TRASP,seg=1,maxdelay=3] "
            "match(add,ord=1,min=16,max=64,fe80::9/32) "
            "use(V,mask=0xff,raflags=0xc0,vltime=infty,pltime=3600,ff02::a/64/0)"
        ),
    ),
    (
        "node addresses",
        icmp6("8c00 0000 0003 0002 0102030405060708 00000e10" + ADDRESS),
        1,
        "[icmp6 sum ok] ICMP6, node information reply (success, node addresses [A] fe80::9(3600))",
    ),
    (
        "node name query",
        icmp6("8b01 0000 0002 0000 0102030405060708 03666f6f 00"),
        0,
        'ICMP6, node information query (DNS name, subject=DNS name, "foo."), length 21',
    ),
    (
        "RPL DIO",
        icmp6("9b01 0000 1e f0 0100 88 f0 0000" + ADDRESS + "00 0402 1122"),
        3,
        (
            "[icmp6 sum ok] ICMP6, RPL, (CLR)DODAG Information Object "
            "[dagid:fe80::9,seq:240,instance:30,rank:256,grounded,mop:storing,prf:0] opt:pad1 opt:config "
            "len:4  0x0000:  1122"
        ),
    ),
    (
        "RPL DAO",
        icmp6("9b02 0000 2a c0 00 0a" + ADDRESS),
        1,
        (
            "[icmp6 sum ok] ICMP6, RPL, (CLR)Destination Advertisement Object "
            "[dagid:fe80::9,seq:10,instance:42,acK,Dagid,flags:c0]"
        ),
    ),
    (
        "RPL DAO-ACK",
        icmp6("9b03 0000 2a 00 0a 05"),
        1,
        (
            "[icmp6 sum ok] ICMP6, RPL, (CLR)Destination Advertisement Object Ack "
            "[dagid:<elided>,seq:10,instance:42,status:5]"
        ),
    ),
    (
        "probe",
        icmp6("a000 0000 00010201 2000dcf4 00080302 00000001"),
        1,
        (
            "[icmp6 sum ok] ICMP6, extended echo request, id 1, seq 2\n"
            "\tLocal Interface, checksum 0xdcf4 (correct), length 12\n"
            "\t  Interface Identification Object (3), Class-Type: 2, length 8\n"
            "\t    Interface Index: 1"
        ),
    ),
    (
        "unknown type",
        icmp6("fe00 0000 00000000"),
        0,
        ("ICMP6, unknown icmp6 type (254), length 8\n\t0x0000:  fe00 0437 0000 0000"),
    ),
    ("empty", ipv6(58, ""), 0, "ICMP6, length 0 (invalid)"),
]


@pytest.mark.parametrize(("name", "packet", "verbose", "expected"), CASES, ids=[c[0] for c in CASES])
def test_message(name, packet, verbose, expected):
    assert message(packet, verbose) == expected
