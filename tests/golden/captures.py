# ruff: noqa: F403, F405 -- wire.py holds the words that packets are written with
"""What the golden captures hold: one small capture per printer family, and the flags that each is printed with."""

import struct
from dataclasses import dataclass

from application import APPLICATION
from control import CONTROL
from rare import RARE
from services import SERVICES
from wire import *

P = struct.pack
SYN, ACK, PSH, FIN, RST = 0x02, 0x10, 0x08, 0x01, 0x04


@dataclass(frozen=True)
class Capture:
    """name: of the files; flags: one expected text for each, as on the command line."""

    name: str
    linktype: int
    packets: list[bytes]
    flags: tuple[str, ...] = ("", "-v")
    snaplen: int = 262144


def ts(value, echo):
    return b"\1\1\x08\x0a" + P(">II", value, echo)


SYN_OPTIONS = b"\2\4\5\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\0\1\3\3\7"
FLOW = [
    tcp(flags=SYN, seq=4294967290, options=SYN_OPTIONS),
    tcp(flags=SYN | ACK, seq=9000, ack=4294967291, sport=80, dport=40000, source=IP_B, target=IP_A,
        options=SYN_OPTIONS),
    tcp(flags=ACK, seq=4294967291, ack=9001, options=ts(2, 1)),
    tcp(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", flags=PSH | ACK, seq=4294967291, ack=9001, options=ts(3, 1)),
    tcp(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", flags=PSH | ACK, seq=9001, ack=32, sport=80, dport=40000,
        source=IP_B, target=IP_A, options=ts(4, 3)),
    tcp(flags=FIN | ACK, seq=32, ack=9042),
    tcp(flags=RST, seq=9042, sport=80, dport=40000, source=IP_B, target=IP_A),
    tcp(flags=RST | ACK, seq=5, ack=6, sport=7, dport=8, source=IP6_A, target=IP6_B),
]  # fmt: skip

OPTIONS = [
    tcp(sport=50000 + i, dport=9, flags=ACK, ack=1, options=options)
    for i, options in enumerate(
        (
            b"\5\x12" + P(">4I", 100, 200, 300, 400),  # SACK
            b"\5\x0b" + bytes(9),  # SACK of a wrong length
            b"\x13\x12" + bytes(range(16)),  # MD5
            b"\x1d\x10\1\2" + bytes(range(12)),  # TCP-AO
            b"\x1c\4\x80\x0a",  # user timeout
            b"\x22\x0a" + bytes(range(8)),  # TCP Fast Open
            b"\x22\2",
            b"\xfe\4\xf9\x89",  # RFC 6994: experiment of Fast Open
            b"\x1e\x0c\1\x81" + bytes(range(8)),  # MPTCP capable
            b"\x1e\4\x30\1",  # MPTCP add-addr, too short
            b"\x63\4ab",  # unknown
            b"\2\5\1\2\3",  # MSS of a wrong length
            b"\x08\xff",  # goes past the end
        )
    )
]

IP_OPTIONS = [
    ip4(udp_datagram(b"x", 7, 7), UDP, options=options)
    for options in (
        b"\x07\x0b\x08" + a4("192.0.2.9") + bytes(4) + b"\0",  # record route
        b"\x83\x07\x04" + a4("192.0.2.9") + b"\0",  # loose source route
        b"\x44\x0c\x05\x00" + P(">II", 1, 2),  # timestamps
        b"\x94\4\0\0",  # router alert
        b"\1\1\1\0",
        b"\x99\3\1\0",
    )
]
FRAGMENTS = [
    ip4(udp_datagram(b"a" * 24, 7, 7)[:16], UDP, flags=0x2000, ident=77),
    ip4(b"b" * 8, UDP, flags=0x2002, ident=77),
    ip4(b"c" * 8, UDP, flags=0x0003, ident=77),
    ip6(b"\x11\0\0\1\0\0\0\x07" + udp_datagram(b"a" * 8, 7, 7, IP6_A, IP6_B), 44),
    ip6(b"\x11\0\0\x11\0\0\0\x07" + b"c" * 8, 44),
]

QUERY = dns(1, 0x0100, [question("example.com", 1)])
SVCB = P(">H", 1) + name("") + P(">HH", 1, 3) + b"\2h2" + P(">HHH", 3, 2, 443)
RECORDS = [
    ("example.com", 1, a4("192.0.2.7")),
    ("example.com", 28, a6("2001:db8::7")),
    ("www.example.com", 5, name("example.com")),
    ("example.com", 2, name("ns.example.com")),
    ("example.com", 6, name("ns.example.com") + name("root.example.com") + P(">5I", 1, 7200, 900, 86400, 300)),
    ("example.com", 15, P(">H", 10) + name("mail.example.com")),
    ("example.com", 16, b"\x0bv=spf1 -all\x03abc"),
    ("_sip._udp.example.com", 33, P(">HHH", 1, 2, 5060) + name("sip.example.com")),
    ("example.com", 35, P(">HH", 1, 2) + b"\1u\7E2U+sip\0" + name("")),
    ("7.2.0.192.in-addr.arpa", 12, name("host.example.com")),
    ("example.com", 64, SVCB),
    ("example.com", 65, SVCB),
    ("example.com", 257, b"\0\5issueletsencrypt.org"),
    ("example.com", 13, b"\3CPU\5Linux"),
    ("example.com", 65280, b"\1\2\3"),
]
DNS = [udp(QUERY, 40000, 53)]
DNS += [udp(dns(2, 0x8180, [question(n, k)], [record(n, k, data)]), 53, 40000) for n, k, data in RECORDS]
DNS += [
    udp(dns(3, 0x8183, [question("nx.example", 1)], authorities=[record("example", 6, RECORDS[4][2])]), 53, 40000),
    udp(dns(4, 0x0120, [question("example.com", 255)], additional=[record("", 41, b"", 0x8000, 1232)]), 40000, 53),
    udp(dns(0, 0x8400, answers=[record("host.local", 1, a4(IP_A), klass=0x8001)]), 5353, 5353, IP_A, "224.0.0.251"),
    udp(QUERY[:-5] + b"\xc0\xff\0\1", 40000, 53),
]

QUOTED = udp(QUERY, 40000, 53)
ICMP_MESSAGES = [icmp(8, rest=P(">HH", 7, 1), payload=bytes(8)), icmp(0, rest=P(">HH", 7, 1), payload=bytes(8))]
ICMP_MESSAGES += [icmp(3, code, rest=P(">HH", 0, 1400 if code == 4 else 0), payload=QUOTED) for code in range(16)]
ICMP_MESSAGES += [icmp(5, code, rest=a4("192.0.2.254"), payload=QUOTED) for code in range(4)]
ICMP_MESSAGES += [icmp(11, code, payload=QUOTED) for code in (0, 1)]
ICMP_MESSAGES += [
    icmp(12, 0, rest=b"\x14\0\0\0", payload=QUOTED),
    icmp(4, 0, payload=QUOTED),
    icmp(9, 0, rest=b"\1\2\x07\x08", payload=a4(IP_B) + bytes(4)),
    icmp(10),
    icmp(13, rest=P(">HH", 7, 1), payload=P(">III", 1000, 0, 0)),
    icmp(14, rest=P(">HH", 7, 1), payload=P(">III", 1000, 2000, 3000)),
    icmp(17, rest=P(">HH", 7, 1), payload=bytes(4)),
    icmp(18, rest=P(">HH", 7, 1), payload=b"\xff\xff\xff\0"),
    icmp(99),
]

LINK_ADDRESS = b"\1\1" + MAC_A
PREFIX = b"\3\4\x40\xc0" + P(">III", 86400, 14400, 0) + a6("2001:db8::")
QUOTED6 = udp(QUERY, 40000, 53, IP6_A, IP6_B)
ICMP6_MESSAGES = [
    icmp6(128, body=P(">HH", 7, 1) + bytes(8), source=IP6_A, target=IP6_B),
    icmp6(129, body=P(">HH", 7, 1) + bytes(8), source=IP6_B, target=IP6_A),
    icmp6(133, body=bytes(4) + LINK_ADDRESS, target="ff02::2"),
    icmp6(134, body=b"\x40\xc0\x07\x08" + bytes(8) + LINK_ADDRESS + PREFIX + b"\5\1\0\0" + P(">I", 1500)
          + b"\x19\3\0\0" + P(">I", 600) + a6("2001:db8::53")),
    icmp6(135, body=bytes(4) + a6(IP6_B) + LINK_ADDRESS, target="ff02::1:ff00:2"),
    icmp6(136, body=b"\x60\0\0\0" + a6(IP6_B) + b"\2\1" + MAC_B),
    icmp6(137, body=bytes(4) + a6(IP6_B) + a6("2001:db8::9")),
    icmp6(130, body=P(">HH", 1000, 0) + bytes(16), hop_limit=1),
    icmp6(131, body=bytes(4) + a6("ff02::fb"), target="ff02::fb", hop_limit=1),
    icmp6(132, body=bytes(4) + a6("ff02::fb"), target="ff02::2", hop_limit=1),
    icmp6(143, body=P(">HH", 0, 1) + b"\4\0\0\0" + a6("ff02::fb"), target="ff02::16", hop_limit=1),
    icmp6(1, 4, body=bytes(4) + QUOTED6, source=IP6_B, target=IP6_A),
    icmp6(2, body=P(">I", 1280) + QUOTED6, source=IP6_B, target=IP6_A),
    icmp6(3, body=bytes(4) + QUOTED6, source=IP6_B, target=IP6_A),
    icmp6(4, 1, body=P(">I", 6) + QUOTED6, source=IP6_B, target=IP6_A),
    icmp6(200),
]  # fmt: skip

IGMP_MESSAGES = [
    ip4(body[:2] + P(">H", checksum(body)) + body[4:], IGMP, IP_A, target, ttl=1, flags=0, options=b"\x94\4\0\0")
    for target, body in (
        ("224.0.0.1", b"\x11\x64\0\0" + bytes(4)),
        ("224.0.0.251", b"\x16\0\0\0" + a4("224.0.0.251")),
        ("224.0.0.2", b"\x17\0\0\0" + a4("224.0.0.251")),
        ("224.0.0.22", b"\x22\0\0\0\0\0\0\1\4\0\0\0" + a4("224.0.0.251")),
        ("224.0.0.1", b"\x11\x64\0\0" + bytes(4) + b"\2\x7d\0\0"),
    )
]


def chunk(kind, flags, body):
    return P(">BBH", kind, flags, 4 + len(body)) + body + bytes(-len(body) % 4)


def sctp(*chunks):
    return ip4(P(">HHII", 1000, 2000, 7, 0) + b"".join(chunks), SCTP)


SCTP_PACKETS = [
    sctp(chunk(1, 0, P(">IIHHI", 1, 65536, 10, 10, 100) + P(">HH", 12, 8) + P(">HH", 5, 6))),
    sctp(chunk(2, 0, P(">IIHHI", 2, 65536, 10, 10, 200))),
    sctp(chunk(10, 0, b"cookie12"), chunk(0, 3, P(">IHHI", 100, 0, 0, 0) + b"hello")),
    sctp(chunk(11, 0, b""), chunk(3, 0, P(">IIHH", 100, 65536, 0, 0))),
    sctp(chunk(4, 0, P(">HH", 1, 8) + b"beat"), chunk(5, 0, P(">HH", 1, 8) + b"beat")),
    sctp(chunk(7, 0, P(">I", 100)), chunk(8, 0, b""), chunk(14, 0, b"")),
    sctp(chunk(6, 1, b"")),
    sctp(chunk(99, 0, b"abcd")),
]

INNER = udp(b"inner", 7, 7, "198.51.100.1", "198.51.100.2")
TUNNELS = [
    ip4(P(">HH", 0, 0x0800) + INNER, GRE),
    ip4(P(">HHII", 0x3000, 0x0800, 42, 7) + INNER, GRE),
    ip4(P(">HH", 0, 0x6558) + ethernet(INNER), GRE),
    ip4(INNER, 4),
    ip4(ip6(udp_datagram(b"x", 7, 7, IP6_A, IP6_B), UDP), 41),
    udp(b"\x08\0\0\0\0\0\x2a\0" + ethernet(INNER), 50000, 4789),
    udp(b"\0\0\x65\x58\0\0\x2a\0" + ethernet(INNER), 50000, 6081),
    ip4(P(">BBHII", 17, 4, 0, 5, 1) + bytes(12) + udp_datagram(b"x", 7, 7), 51),
    ip4(P(">II", 5, 1) + bytes(24), 50),
    ip4(P(">BBH", 4, 0, 7) + bytes(8), 108),
    ip4(b"abc", 200),
]

LINK = [
    ethernet(INNER),
    ethernet(P(">HH", 0x2005, 0x0800) + INNER, 0x8100),
    ethernet(P(">HHHH", 5, 0x8100, 6, 0x0800) + INNER, 0x88A8),
    ethernet(P(">HHBBH", 1, 0x0800, 6, 4, 1) + MAC_A + a4(IP_A) + bytes(6) + a4(IP_B), 0x0806, target=b"\xff" * 6),
    ethernet(P(">HHBBH", 1, 0x0800, 6, 4, 2) + MAC_B + a4(IP_B) + MAC_A + a4(IP_A), 0x0806),
    ethernet(b"\x42\x42\x03" + bytes(5) + b"\x80\0" + MAC_A + bytes(4) + b"\x80\0" + MAC_A
             + bytes.fromhex("800100001400020000000f00"), 38),
    ethernet(tlv(2, b"\4" + MAC_A) + tlv(4, b"\3" + MAC_A) + b"\6\2\0\x78\0\0", 0x88CC),
    ethernet(b"\2\1\0\0", 0x888E),
    ethernet(b"\0\0\1\0\5\0" + bytes(40), 0x9000),
    ethernet(b"\0\0\2\0" + MAC_A + b"\1\0\7\0", 0x9000),
    ethernet(b"\1\0\2\0", 0x9000),
    ethernet(b"\0\2\0\x2c" + bytes(40), 0x88F7),
    ethernet(udp(P(">I", 16 << 12 | 1 << 8 | 64) + INNER, 50000, 6635)),
    ethernet(b"\x11\x09\0\0\0\4\1\1\0\0", 0x8863),
    ethernet(b"\x11\0\0\7\0" + bytes([2 + len(INNER)]) + b"\0\x21" + INNER, 0x8864),
    ethernet(P(">II", 16 << 12 | 64, 17 << 12 | 1 << 8 | 63) + INNER, 0x8847),
    ethernet(b"\xaa\xaa\3\0\0\0\x08\0" + INNER, 8 + len(INNER)),
    ethernet(b"what is this", 0x9999),
]  # fmt: skip

SLL = [P(">HHH8sH", kind, 1, 6, MAC_A, 0x0800) + INNER for kind in range(5)]
SLL2 = [P(">HHIHBB8s", 0x0800, 0, 2, 1, kind, 6, MAC_A) + INNER for kind in range(5)]
NULL = [P("<I", 2) + INNER, P("<I", 30) + udp(b"x", 7, 7, IP6_A, IP6_B), P(">I", 2) + INNER, P("<I", 99) + b"abc"]
LOOP = [P(">I", 2) + INNER, P(">I", 24) + udp(b"x", 7, 7, IP6_A, IP6_B)]

CAPTURES = [
    Capture("tcp-flow", LINKTYPE_RAW, FLOW, ("", "-v", "-S", "-q", "-X", "-A", "-x", "--lengths")),
    Capture("tcp-options", LINKTYPE_RAW, OPTIONS, ("", "-S")),
    Capture("tcp-midstream", LINKTYPE_RAW, FLOW[3:6], ("", "-vv", "-S", "-K -v")),
    Capture("ip-options", LINKTYPE_RAW, IP_OPTIONS, ("", "-v")),
    Capture("ip-fragments", LINKTYPE_RAW, FRAGMENTS, ("", "-v")),
    Capture("dns", LINKTYPE_RAW, DNS, ("", "-v", "-vv", "-vvv")),
    Capture("icmp", LINKTYPE_RAW, ICMP_MESSAGES, ("", "-v")),
    Capture("icmp6", LINKTYPE_RAW, ICMP6_MESSAGES, ("", "-v", "-vv")),
    Capture("igmp", LINKTYPE_RAW, IGMP_MESSAGES, ("", "-v")),
    Capture("sctp", LINKTYPE_RAW, SCTP_PACKETS, ("", "-v")),
    Capture("tunnels", LINKTYPE_RAW, TUNNELS, ("", "-v")),
    Capture("link", LINKTYPE_ETHERNET, LINK, ("", "-e", "-v", "-e -v", "-e -xx")),
    Capture("sll", LINKTYPE_SLL, SLL, ("", "-e")),
    Capture("sll2", LINKTYPE_SLL2, SLL2, ("", "-e")),
    Capture("null", LINKTYPE_NULL, NULL, ("", "-e")),
    Capture("loop", LINKTYPE_LOOP, LOOP, ("", "-e")),
    Capture("truncated", LINKTYPE_ETHERNET, [*LINK, *map(ethernet, [*FLOW[:4], *DNS[:4]])], ("", "-v"), snaplen=60),
    *(Capture(name, LINKTYPE_RAW, packets, flags) for name, packets, flags in (*SERVICES, *APPLICATION, *CONTROL)),
    *(Capture(name, linktype, packets, flags) for name, linktype, packets, flags in RARE),
]
