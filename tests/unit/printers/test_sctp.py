"""SCTP chunks as tcpdump prints them."""

import pytest

from tests.unit.printers.packets import ipv4, ipv6, message

HEADER = "1389 138a 00000001 00000000"

CASES = [
    (
        "INIT",
        ipv4(132, HEADER + "0100 0014 00000001 00010000 000a 000a 00000001"),
        0,
        "sctp (1) [INIT] [init tag: 1] [rwnd: 65536] [OS: 10] [MIS: 10] [init TSN: 1] ",
    ),
    (
        "DATA",
        ipv4(132, HEADER + "0003 0013 00000001 0000 0001 00000000 616263 00"),
        0,
        "sctp (1) [DATA] (B)(E) [TSN: 1] [SID: 0] [SSEQ 1] [PPID 0x0] ",
    ),
    (
        "DATA with payload",
        ipv4(132, HEADER + "0007 0014 00000002 0001 0002 0000001b 61626364"),
        2,
        (
            "sctp\n"
            "\t1) [DATA] (U)(B)(E) [TSN: 2] [SID: 1] [SSEQ 2] [PPID X2AP] [Payload:\n"
            "\t0x0000:  6162 6364                                abcd]"
        ),
    ),
    (
        "SACK",
        ipv4(132, HEADER + "0300 001c 00000001 00010000 0002 0001 0002 0003 0005 0006 00000009"),
        0,
        (
            "sctp (1) [SACK] [cum ack 1] [a_rwnd 65536] [#gap acks 2] [#dup tsns 1] \n"
            "\t\t[gap ack block #1: start = 3, end = 4] \n"
            "\t\t[gap ack block #2: start = 6, end = 7] \n"
            "\t\t[dup TSN #1: 9] "
        ),
    ),
    ("two chunks", ipv6(132, HEADER + "0b00 0004 0800 0004"), 0, "sctp (1) [COOKIE ACK] , (2) [SHUTDOWN ACK] "),
    (
        "I-DATA",
        ipv4(132, HEADER + "4009 0018 00000001 0001 0000 00000005 00000007 61626364"),
        0,
        "sctp (1) [I-DATA] (I)(E) [TSN: 1] [SID: 1] [MID: 5] [FSN: 7] ",
    ),
    (
        "I-FORWARD-TSN",
        ipv4(132, HEADER + "c200 0010 00000001 0001 0001 00000003"),
        2,
        ("sctp\n\t1) [I-FORWARD-FSN] [TSN: 1] [SID: 1] (U)[MID: 3] "),
    ),
    ("unknown chunk", ipv4(132, HEADER + "9900 0004"), 0, "sctp (1) [Unknown chunk type: 0x99] "),
    (
        "empty DATA",
        ipv4(132, HEADER + "0003 0010 00000001 0000 0001 00000000"),
        0,
        "sctp (1) [DATA] (B)(E) [TSN: 1] [SID: 0] [SSEQ 1] [PPID 0x0]  [chunk length 0 == 0] (invalid)",
    ),
    (
        "too short chunk",
        ipv4(132, HEADER + "0b00 0002"),
        0,
        "sctp (1) [Bad chunk length 2, < size of chunk descriptor]",
    ),
    ("cut off", ipv4(132, HEADER + "0b00 0104"), 0, "sctp [|sctp]"),
]


@pytest.mark.parametrize(("name", "packet", "verbose", "expected"), CASES, ids=[c[0] for c in CASES])
def test_chunks(name, packet, verbose, expected):
    assert message(packet, verbose) == expected
