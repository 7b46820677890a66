# ruff: noqa: F403, F405 -- wire.py holds the words that packets are written with
"""The application protocols' part of the golden captures: (name, packets, flags)."""

import struct

from wire import *

P = struct.pack
PSH_ACK = 0x18


def segments(*payloads, dport):
    """Each payload as a segment of a connection of its own."""
    return [tcp(data, 41000 + i, dport, seq=1, ack=1, flags=PSH_ACK) for i, data in enumerate(payloads)]


TEXT = [
    *segments(
        b"GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n\0\1", b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nbody",
        b"just a body\r\n", b"PROPFIND /no/line/end HTTP/1.1", b"GET /\x1b[31m HTTP/1.1\r\n", dport=80,
    ),
    *segments(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", dport=554),
    *segments(b"EHLO example.com\r\nMAIL FROM:<a@example.com>\r\n", dport=25),
    *segments(b"USER anonymous\r\n", dport=21),
    *segments(b"example.com\r\n", dport=43),
    *segments(b"SSH-2.0-OpenSSH_9.2\r\n", bytes(40), dport=22),
    udp(b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP pc\r\n\r\n", 5060, 5060),
    udp(b"SIP/2.0 180 Ringing\r\n\r\n", 5060, 5060),
]  # fmt: skip

TELNET = segments(
    b"\xff\xfd\x03\xff\xfb\x18", b"\xff\xfa\x18\0xterm\xff\xf0login", b"\xff\xfa\x25\1\2\3\xff\xf0",
    b"\xff\xf4\xff\xf2", b"\xff\xff", b"\xff\xfa\x18", b"plain text", dport=23,
)  # fmt: skip

RESP = segments(
    b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"+OK\r\n:12\r\n-ERR no\r\n$-1\r\n*0\r\n", b"PING\r\n", b"$5\r\nab", b"$-7\r\n",
    b"$x\r\n", b"$99999999999\r\n", dport=6379,
)  # fmt: skip

IDS = b"\x08" + bytes(range(1, 9)) + b"\4\xa1\xa2\xa3\xa4"
V1 = b"\0\0\0\1"
QUIC = [
    udp(b"\xc0" + V1 + IDS + b"\2\xaa\xbb\x05hello\xe0" + V1 + IDS + b"\2hi" + bytes(20), 40000, 443),
    udp(b"\xd0" + V1 + IDS + b"\2hi", 40000, 443),
    udp(b"\xf0" + V1 + IDS + b"token" + bytes(16), 443, 40000),
    udp(b"\xc0\x6b\x33\x43\xcf" + IDS + b"\0\x40\x09short", 40000, 443),
    udp(b"\xc0\0\0\0\0" + IDS + V1 + b"\x6b\x33\x43\xcf", 443, 40000),
    udp(b"\x40" + bytes(range(1, 9)) + bytes(20), 40000, 443, IP6_A, IP6_B),
    udp(b"\x40" + bytes(5), 40000, 443),
    udp(b"\1\2\3", 40000, 443),
]

STAMP = P(">II", 3712483316, 0x80000000)
NTP_HEADER = bytes((0x24, 2, 6, 0xE9)) + P(">HHHH", 0, 0x8000, 1, 0) + a4(IP_B) + STAMP + STAMP
NTP_MESSAGE = NTP_HEADER + P(">II", 3712483318, 0x40000000) + STAMP
NTP = [
    udp(NTP_MESSAGE, 123, 123),
    udp(b"\xe3\0\x03\xfa" + bytes(8) + b"RATE" + bytes(24) + STAMP, 40000, 123),
    udp(NTP_MESSAGE + P(">I", 7) + bytes(range(20)), 123, 123),
    udp(NTP_MESSAGE + P(">HH", 0x0204, 32) + bytes(28) + P(">HH", 0x9999, 16) + bytes(12), 123, 123),
    udp(P(">BBHHHHH", 0x16, 0x82, 1, 0x0615, 2, 0, 4) + b"a=1,", 123, 123),
    udp(NTP_MESSAGE[:40], 123, 123),
]


def hello(kind, body):
    message = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + P(">H", len(message)) + message


def extension(kind, data):
    return P(">HH", kind, len(data)) + data


def extensions(*items):
    joined = b"".join(items)
    return P(">H", len(joined)) + joined


SERVER_NAME = extension(0, b"\0\x0e\0\0\x0bexample.com")
PROTOCOLS = extension(16, b"\0\x0c\2h2\x08http/1.1")
OFFERED = extension(43, b"\6\x1a\x1a\3\4\3\3")
CLIENT = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + extensions(SERVER_NAME, PROTOCOLS, OFFERED)
SERVER = b"\3\3" + bytes(32) + b"\0" + b"\x13\1\0"
TLS = segments(
    hello(1, CLIENT), hello(1, CLIENT)[:100], hello(2, SERVER + extensions(extension(43, b"\3\4"))),
    hello(2, SERVER + extensions(extension(16, b"\0\3\2h2"))), hello(1, CLIENT.replace(b"example", b"ex\x1bm\nle")),
    b"\x17\3\3\0\5hello", dport=8443,
)  # fmt: skip


def bgp(kind, body=b""):
    return b"\xff" * 16 + P(">HB", 19 + len(body), kind) + body


ATTRIBUTES = (
    b"\x40\1\1\0\x40\2\6\2\1\0\0\xfd\xe9\x40\3\4" + a4(IP_A) + b"\x80\4\4\0\0\0\x32"
    + b"\xc0\x08\4\0\x64\0\1\xe0\x63\3abc"
)  # fmt: skip
BGP = segments(
    bgp(1, P(">BHH4sB", 4, 65001, 180, a4(IP_A), 16) + b"\2\6\1\4\0\2\0\1\2\6\x41\4\0\0\xfd\xe9") + bgp(4),
    bgp(2, b"\0\0" + P(">H", len(ATTRIBUTES)) + ATTRIBUTES + b"\x18\xc0\0\2"), bgp(2, bytes(4)),
    bgp(3, b"\6\2\3bye"), bgp(5, b"\0\1\0\1"), bgp(9, b"abc"), bgp(4)[:10], dport=179,
)  # fmt: skip

DNS_QUERY = dns(1, 0x0100, [question("example.com", 1)])
DNS_TCP = segments(P(">H", len(DNS_QUERY)) + DNS_QUERY, P(">H", 99) + DNS_QUERY, b"\0", dport=53)

APPLICATION = [
    ("text-protocols", TEXT, ("", "-v")),
    ("telnet", TELNET, ("",)),
    ("resp", RESP, ("",)),
    ("quic", QUIC, ("",)),
    ("ntp", NTP, ("", "-v", "-vvv")),
    ("tls", TLS, ("", "-v")),
    ("bgp", BGP, ("", "-v", "-vv")),
    ("dns-tcp", DNS_TCP, ("", "-vv")),
]
