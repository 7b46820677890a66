# ruff: noqa: F403, F405 -- wire.py holds the words that packets are written with
"""The services' part of the golden captures: (name, packets, flags)."""

import struct

from wire import *

P = struct.pack

BOOTP = P(">BBBBIHH4s4s4s4s16s64s128s4s", 1, 1, 6, 0, 0x1234, 2, 0x8000, bytes(4), bytes(4), bytes(4), bytes(4), MAC_A,
          b"", b"", bytes.fromhex("63825363"))  # fmt: skip
REPLY = b"\2" + BOOTP[1:16] + a4("192.0.2.50") + a4(IP_B) + a4("192.0.2.254") + BOOTP[28:]
DHCP = [
    udp(BOOTP + tlv(53, b"\1") + tlv(61, b"\1" + MAC_A) + tlv(55, bytes((1, 3, 6, 15, 121, 252))) + b"\xff", 68, 67),
    udp(
        REPLY + tlv(53, b"\2") + tlv(54, a4(IP_B)) + tlv(51, P(">I", 3600)) + tlv(1, a4("255.255.255.0"))
        + tlv(3, a4("192.0.2.254")) + tlv(6, a4("192.0.2.53") + a4("192.0.2.54")) + tlv(15, b"example.com")
        + tlv(33, a4("10.0.0.1") + a4("10.0.0.2")) + tlv(33, b"abc")
        + tlv(121, b"\x18\x0a\0\1" + a4(IP_B) + b"\0" + a4(IP_B)) + tlv(43, b"\1\2\3") + tlv(108, P(">I", 1800))
        + b"\xff",
        67, 68,
    ),
    udp(BOOTP + tlv(53, b"\3") + tlv(82, tlv(1, b"port1") + tlv(2, b"\1\2")) + tlv(77, b"\3abc\2de")
        + tlv(81, b"\5\0\0host") + tlv(46, b"\x08") + tlv(52, b"\3") + tlv(143, b"\0\x12https://192.0.2.1/x")
        + tlv(200, b"\1\2\3") + b"\0\0\xff", 68, 67),
    udp(BOOTP[:44] + b"server".ljust(64, b"\0") + b"file".ljust(128, b"\0") + b"\1\2\3\4", 68, 67),
    udp(BOOTP[:100], 68, 67),
]  # fmt: skip


def option6(kind, data):
    return P(">HH", kind, len(data)) + data


DUID = b"\0\1\0\1" + P(">I", 700000000) + MAC_A
ADDRESS6 = a6(IP6_A) + P(">II", 3600, 7200)
DHCP6 = [
    udp(message, 546, 547, "fe80::1", "ff02::1:2")
    for message in (
        b"\1\0\0\7" + option6(1, DUID) + option6(6, P(">HHH", 23, 24, 999)) + option6(8, P(">H", 100))
        + option6(3, P(">III", 1, 3600, 5400)) + option6(25, P(">III", 2, 0, 0)) + option6(14, b""),
        b"\7\0\0\7" + option6(2, b"\0\3\0\1" + MAC_B) + option6(1, b"\0\4" + bytes(16))
        + option6(3, P(">III", 1, 3600, 5400) + option6(5, ADDRESS6) + option6(13, P(">H", 0) + b"fine"))
        + option6(25, P(">III", 2, 0, 0) + option6(26, P(">II", 3600, 7200) + b"\x38" + a6("2001:db8:100::")))
        + option6(23, a6(IP6_B)) + option6(24, name("example.com")) + option6(7, b"\xff"),
        b"\x0c\1" + a6(IP6_A) + a6(IP6_B) + option6(18, b"eth0") + option6(37, P(">I", 9) + b"remote-identifier")
        + option6(9, b"\x0b\0\0\7" + option6(8, b"\0\0")),
        b"\1\0\0\7" + option6(16, P(">I", 311) + b"\0\3PXE") + option6(17, P(">I", 9) + option6(1, b"abc"))
        + option6(56, option6(1, a6(IP6_A)) + option6(3, name("ntp.example"))) + option6(59, b"tftp://x")
        + option6(11, bytes((3, 1, 0)) + bytes(8) + b"\2" + bytes(16)) + option6(19, b"\5")
        + option6(64, name("aftr.example")),
        b"\1\0\0\7\0\1\0\x50ab",
    )
]  # fmt: skip

OID = ber(6, bytes((0x2B, 6, 1, 2, 1, 1, 1, 0)))


def integer(value):
    return ber(2, value.to_bytes(4, "big", signed=True))


def pdu(tag, *fields, bindings=b""):
    return ber(tag, b"".join(map(integer, fields)) + ber(0x30, bindings))


def community(version, text, body):
    return ber(0x30, integer(version) + ber(4, text) + body)


VALUES = (ber(4, b"Linux"), ber(4, b"\0\xff"), integer(-5), ber(0x41, b"\1\0"), ber(0x43, b"\x7f"), ber(0x46, bytes(8)),
          ber(0x40, a4(IP_A)), ber(0x80, b""), OID)  # fmt: skip
USM = ber(0x30, ber(4, b"\x80\0\1\2") + integer(3) + integer(99) + ber(4, b"user") + ber(4, b"") + ber(4, b""))
SNMP = [
    udp(message, 40000, 161)
    for message in (
        community(0, b"public", pdu(0xA0, 1, 0, 0, bindings=ber(0x30, OID + ber(5, b"")))),
        community(1, b"private", pdu(0xA5, 2, 0, 10, bindings=ber(0x30, OID + ber(5, b"")))),
        *(community(1, b"public", pdu(0xA2, 3, 0, 0, bindings=ber(0x30, OID + value))) for value in VALUES),
        community(1, b"public", pdu(0xA2, 4, 2, 1, bindings=ber(0x30, OID + ber(5, b"")))),
        community(0, b"public", ber(0xA4, OID + ber(0x40, a4(IP_A)) + integer(6) + integer(1) + ber(0x43, b"\1")
                                    + ber(0x30, b""))),
        ber(0x30, integer(3) + ber(0x30, integer(9) + integer(1500) + ber(4, b"\4") + integer(3)) + ber(4, USM)
            + ber(0x30, ber(4, b"\x80\0\1\2") + ber(4, b"") + pdu(0xA0, 1, 0, 0))),
        b"\x30\x80",
        b"\2\1\1",
    )
]  # fmt: skip


def radius(code, attributes=b""):
    return P(">BBH", code, 7, 20 + len(attributes)) + bytes(range(16)) + attributes


def attribute(kind, data):
    return bytes((kind, 2 + len(data))) + data


RADIUS = [
    udp(radius(1, attribute(1, b"user") + attribute(2, bytes(16)) + attribute(4, a4(IP_A)) + attribute(6, P(">I", 2))
               + attribute(61, P(">I", 15)) + attribute(26, P(">I", 9) + attribute(1, b"shell:x"))
               + attribute(79, b"\2\1\0\x09\1user") + attribute(80, bytes(16))), 40000, 1812),
    udp(radius(2, attribute(8, b"\xff\xff\xff\xff") + attribute(27, P(">I", 3700)) + attribute(64, b"\1\0\0\x0d")
               + attribute(65, b"\1\0\0\6") + attribute(81, b"\1100") + attribute(97, b"\0\x40" + a6("2001:db8::")[:8])
               + attribute(55, P(">I", 1704067200)) + attribute(101, P(">I", 503)) + attribute(250, b"?")),
        1812, 40000),
    udp(radius(4, attribute(40, P(">I", 1)) + attribute(46, P(">I", 59)) + b"\5\1"), 40000, 1813),
]  # fmt: skip

PTP = P(">BBHBBHQIQHHBb", 0x00, 0x02, 44, 0, 0, 0x0200, 0, 0, 0x0200FFFE000001, 1, 9, 0, 0)
SMALL = [
    udp(b"\0\1file\0octet\0blksize\x001432\0", 40000, 69),
    udp(b"\0\5\0\1not found\0", 40000, 69),
    udp(b"<34>Oct 11 22:14:15 host su: failed \x01", 40000, 514),
    udp(b"no priority", 40000, 514),
    udp(b"\2\2\0\0" + P(">HH4s4s4sI", 2, 0, a4("10.0.0.0"), a4("255.0.0.0"), bytes(4), 1), 520, 520),
    udp(b"\2\1\0\0" + a6("2001:db8::") + b"\0\0\x20\1", 521, 521, "fe80::1", "ff02::9"),
    udp(b"\0\0\x10\3\x0a\x64\1\0cisco\0\0\0" + a4(IP_A), 1985, 1985),
    udp(P(">BBBBIIIII", 0x20, 0xC0, 3, 24, 1, 2, 300000, 300000, 0), 49152, 3784),
    udp(P(">6H", 0xC802, 20, 1, 0, 0, 0) + P(">HHHH", 0x8008, 0, 0, 1), 1701, 1701),
    udp(PTP + bytes(6) + P(">I", 5), 319, 319),
    udp(P(">HHIHHBBBB", 0x1234, 0x8001, 8, 1, 2, 1, 1, 2, 0), 40000, 30490),
    udp(b"\0".join((b"ZEPH0.2", b"0x11", b"0x2", b"uid", b"0x837", b"0x0", b"0x0", b"", b"message", b"personal", b"",
                    b"me", b"you", b"fmt", b"0x0", b"0x0", b"mu", b"hello", b"")), 2104, 2103),
]  # fmt: skip

RTP = [
    udp(P(">BBHII", 0x80, 0xE0, 1, 160, 7) + bytes(20), 5004, 5004),
    udp(P(">BBHII", 0x90, 0x1F, 2, 320, 7) + P(">HHI", 1, 1, 2) + bytes(20), 5004, 5004),
    udp(bytes(9), 5004, 5004),
]
RTCP = [
    udp(P(">BBHIQIII", 0x80, 200, 6, 7, 0xE9000000_80000000, 160, 10, 1000) + P(">BBHI", 0x81, 202, 2, 7) + b"\1\2ab",
        5005, 5005),
    udp(P(">BBHI", 0x81, 201, 7, 7) + P(">IIIIII", 9, 3, 100, 5, 65536, 98304), 5005, 5005),
]  # fmt: skip

SERVICES = [
    ("dhcp", DHCP, ("", "-v", "-vvv")),
    ("dhcp6", DHCP6, ("", "-v", "-vv")),
    ("snmp", SNMP, ("", "-v")),
    ("radius", RADIUS, ("", "-v", "-vv")),
    ("services", SMALL, ("", "-v", "-vv")),
    ("rtp", RTP, ("-T rtp", "-v -T rtp")),
    ("rtcp", RTCP, ("-T rtcp", "-v -T rtcp")),
]
