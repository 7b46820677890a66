# ruff: noqa: F403, F405 -- wire.py holds the words that packets are written with
"""Payloads of the golden captures: protocols between routers, switches and the ends of serial lines."""

import struct

from wire import *

P = struct.pack
LINKTYPE_PPP, LINKTYPE_HDLC = 9, 104
X = bytes.fromhex
INNER = udp(b"inner", 7, 9)


def llc(payload):
    """An IEEE 802.3 frame with its length."""
    return ethernet(payload, len(payload))


def cisco(kind, payload):
    return llc(X("aaaa03 00000c") + P(">H", kind) + payload)


def field(kind, data):
    """One of CDP's, with the length of all of it."""
    return P(">HH", kind, 4 + len(data)) + data


def ldp(*messages):
    body = a4(IP_A) + b"\0\0" + b"".join(messages)
    return P(">HH", 1, len(body)) + body


ISAKMP = bytes(range(8)) + bytes(8) + X("01 10 02 00 00000000")
LACP = X("01 01 14 8000 020000000001 0001 8000 0001 3d 000000 02 14 8000 020000000002 0002 8000 0002 3d 000000"
         "03 10 0000 000000000000000000000000 00 00") + bytes(50)  # fmt: skip
SWITCHES = [
    cisco(0x2000, X("02b4 0000") + field(1, b"switch1") + field(2, X("00000001 0101cc 0004") + a4(IP_A))
          + field(3, b"FastEthernet0/1") + field(4, P(">I", 0x28)) + field(5, b"Software 12.1") + field(6, b"platform")
          + field(9, b"domain") + field(10, P(">H", 7)) + field(11, b"\1") + field(17, P(">I", 1500))
          + field(18, b"\1") + field(99, b"abc")),
    ethernet(LACP, 0x8809, target=X("0180c2000002")),
    ethernet(X("03 0050 00 01100000000000001e05dc0000000000") + bytes(30), 0x8809),
    ethernet(udp(ISAKMP[:24] + P(">I", 28 + 12) + P(">BBHII", 0, 0, 12, 1, 1), 500, 500)),
    ethernet(udp(bytes(4) + ISAKMP[:24] + P(">I", 28), 4500, 4500)),
    ethernet(udp(b"\xff", 4500, 4500)),
    ethernet(udp(X("00000007 00000001") + bytes(20), 4500, 4500)),
    ethernet(udp(X("0402") + b"user\0\0EXAMPLE\0" + bytes(4) + b"\x0akrbtgt\0EXAMPLE\0", 750, 750)),
    ethernet(udp(X("050a") + bytes(20), 88, 88)),
    ethernet(udp(X("65040004") + bytes(28), 40000, 49152)),
    ethernet(udp(ldp(P(">HHI", 0x100, 12, 9) + X("0400 0004 000f 0000")), 646, 646)),
    ethernet(udp(X("0010 0001 01 05 000c") + a4(IP_A) + X("01 00 0001 0000 05 00"), 698, 698)),
    ethernet(udp(X("2a02 0008 0406 0000 0001 0190"), 6696, 6696, "fe80::1", "ff02::1:6"), 0x86DD),
    ethernet(udp(P(">II4sIIII", 5, 1, a4(IP_A), 0, 7, 1000, 0), 40000, 6343)),
    ethernet(udp(X("0001 0000 01 02 00 00") + bytes(24), 40000, 3503)),
]  # fmt: skip
LINE = [
    X("ff03 c021 01 01 0018 0104 05dc 0206 00000000 0506 12345678 0702 0802"),
    X("ff03 c021 09 02 0008 12345678"),
    X("ff03 8021 01 01 0010 0306 c0000201 0206 002d0f01"),
    X("ff03 8057 01 01 000e 010a 0000000000000001"),
    X("ff03 80fd 01 01 000a 1a04 7800 1803"),
    X("ff03 c023 01 01 000e 04 75736572 04 70617373"),
    X("ff03 c223 01 01 000d 04 01020304 686f7374"),
    X("ff03 c02b 01 01 0004"),
    X("ff03 8023 05 01 0004"),
    X("ff03 8281 06 01 0004"),
    X("ff03 0021") + INNER,
    X("ff03 0057") + udp(b"inner", 7, 9, IP6_A, IP6_B),
    X("ff03 4444 0102030405"),
]  # fmt: skip
HDLC = [
    X("0f00 0800") + INNER,
    X("8f00 8035 00000002 00000001 00000000 ffff 00000000"),
    X("8f00 2000 02b4 0000") + field(1, b"router1"),
    X("0f00 9999 0102030405"),
]

RARE = [
    ("switches", LINKTYPE_ETHERNET, SWITCHES, ("", "-v", "-vv")),
    ("ppp", LINKTYPE_PPP, LINE, ("", "-v", "-e")),
    ("hdlc", LINKTYPE_HDLC, HDLC, ("", "-v", "-e")),
]
