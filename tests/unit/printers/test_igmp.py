"""IGMP messages as tcpdump prints them."""

import pytest

from tests.unit.printers.packets import ipv4, message, summed

CASES = [
    ("v1 query", ipv4(2, summed("1100 0000 00000000")), 1, "igmp query v1"),
    ("v2 query", ipv4(2, summed("110a 0000 e1010101")), 0, "igmp query v2 [max resp time 10] [gaddr 225.1.1.1]"),
    ("v2 report", ipv4(2, summed("1600 0000 e1010101")), 0, "igmp v2 report 225.1.1.1"),
    ("leave", ipv4(2, summed("1700 0000 e1010101")), 0, "igmp leave 225.1.1.1"),
    (
        "v3 query",
        ipv4(2, summed("11ff 0000 e1010101 0a7d 0002 0a000001 0a000002")),
        2,
        "igmp query v3 [max resp time 52m54s] [gaddr 225.1.1.1 { 10.0.0.1 10.0.0.2 }]",
    ),
    (
        "v3 report",
        ipv4(2, summed("2200 0000 0000 0002 0100 0001 e1010101 0a000001 0700 0000 e1010102")),
        2,
        (
            "igmp v3 report, 2 group record(s) [gaddr 225.1.1.1 is_in { 10.0.0.1 }] [gaddr 225.1.1.2  "
            "[v3-report-#7] { }]"
        ),
    ),
    (
        "too many groups",
        ipv4(2, summed("2200 0000 0000 0003 0400 0000 e1010101")),
        1,
        ("igmp v3 report, 3 group record(s) [gaddr 225.1.1.1 to_ex, 0 source(s)] [invalid number of groups]"),
    ),
    (
        "mtrace",
        ipv4(2, "1f00 0000 e1010101 0a000001 0a000002 e0000003 20 000123"),
        0,
        "mtrace 291: 10.0.0.1 to 10.0.0.2 reply-to 224.0.0.3 with-ttl 32",
    ),
    ("dvmrp", ipv4(2, summed("1301 0000 00000306")), 0, "igmp dvmrp Probe"),
    ("pim", ipv4(2, "1403 0000 10000000"), 0, "igmp pimv1 Join/Prune"),
    ("wrong checksum", ipv4(2, "1600 1234 e1010101"), 1, "igmp v2 report 225.1.1.1 bad igmp cksum 1234!"),
]


@pytest.mark.parametrize(("name", "packet", "verbose", "expected"), CASES, ids=[c[0] for c in CASES])
def test_message(name, packet, verbose, expected):
    assert message(packet, verbose) == expected
