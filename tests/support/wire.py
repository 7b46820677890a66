"""Builders of packets, and the pcap file format; no dependencies."""

import socket
import struct
from pathlib import Path

LINKTYPE_NULL, LINKTYPE_ETHERNET, LINKTYPE_RAW, LINKTYPE_LOOP, LINKTYPE_SLL, LINKTYPE_SLL2 = 0, 1, 101, 108, 113, 276
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
IP_A, IP_B = "192.0.2.1", "192.0.2.2"  # RFC 5737
IP6_A, IP6_B = "2001:db8::1", "2001:db8::2"  # RFC 3849
UDP, TCP, ICMP, ICMP6, GRE, SCTP, IGMP = 17, 6, 1, 58, 47, 132, 2


def a4(address):
    return socket.inet_pton(socket.AF_INET, address)


def a6(address):
    return socket.inet_pton(socket.AF_INET6, address)


def checksum(data):
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(payload, ethertype=0x0800, source=MAC_A, target=MAC_B):
    return target + source + struct.pack(">H", ethertype) + payload


def ip4(payload, protocol, source=IP_A, target=IP_B, *, options=b"", ident=1, flags=0x4000, ttl=64, tos=0):
    """flags: the 16 bits with DF, MF and the fragment offset."""
    words = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH", 0x40 | words, tos, 4 * words + len(payload), ident, flags, ttl, protocol, 0)
    head += a4(source) + a4(target) + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ip6(payload, next_header, source=IP6_A, target=IP6_B, *, hop_limit=64, flow=0):
    head = struct.pack(">IHBB", 0x60000000 | flow, len(payload), next_header, hop_limit)
    return head + a6(source) + a6(target) + payload


def pseudo(protocol, length, source, target):
    if ":" in source:
        return a6(source) + a6(target) + struct.pack(">II", length, protocol)
    return a4(source) + a4(target) + struct.pack(">BBH", 0, protocol, length)


def udp_datagram(payload, sport, dport, source=IP_A, target=IP_B):
    head = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0)
    sum_ = checksum(pseudo(UDP, 8 + len(payload), source, target) + head + payload) or 0xFFFF
    return head[:6] + struct.pack(">H", sum_) + payload


def udp(payload, sport, dport, source=IP_A, target=IP_B):
    """An IP packet of the version that the addresses have."""
    datagram = udp_datagram(payload, sport, dport, source, target)
    return ip6(datagram, UDP, source, target) if ":" in source else ip4(datagram, UDP, source, target)


def tcp(payload=b"", sport=40000, dport=80, *, seq=1000, ack=0, flags=0x10, options=b"", window=512, urgent=0,
        source=IP_A, target=IP_B):  # fmt: skip
    """flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, AE 256."""
    options += b"\1" * (-len(options) % 4)
    head = struct.pack(
        ">HHIIHHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 12 | flags, window, 0, urgent
    )
    segment = head + options + payload
    sum_ = checksum(pseudo(TCP, len(segment), source, target) + segment)
    segment = segment[:16] + struct.pack(">H", sum_) + segment[18:]
    return ip6(segment, TCP, source, target) if ":" in source else ip4(segment, TCP, source, target)


def icmp(kind, code=0, rest=b"\0\0\0\0", payload=b"", source=IP_A, target=IP_B):
    message = struct.pack(">BBH", kind, code, 0) + rest + payload
    return ip4(message[:2] + struct.pack(">H", checksum(message)) + message[4:], ICMP, source, target, flags=0)


def icmp6(kind, code=0, body=b"\0\0\0\0", source="fe80::1", target="ff02::1", hop_limit=255):
    message = struct.pack(">BBH", kind, code, 0) + body
    sum_ = checksum(pseudo(ICMP6, len(message), source, target) + message)
    return ip6(message[:2] + struct.pack(">H", sum_) + message[4:], ICMP6, source, target, hop_limit=hop_limit)


def name(text):
    """A domain name in the form of RFC 1035."""
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".") if part) + b"\0"


def question(text, kind, klass=1):
    return name(text) + struct.pack(">HH", kind, klass)


def record(text, kind, data, ttl=300, klass=1):
    return name(text) + struct.pack(">HHIH", kind, klass, ttl, len(data)) + data


def dns(ident, flags, questions=(), answers=(), authorities=(), additional=()):
    sections = [questions, answers, authorities, additional]
    head = struct.pack(">HH4H", ident, flags, *map(len, sections))
    return head + b"".join(b"".join(section) for section in sections)


def tlv(kind, data):
    """One byte of type, one of length."""
    return bytes([kind, len(data)]) + data


def ber(tag, data):
    """An element of ASN.1's basic encoding with a short length."""
    return bytes([tag, len(data)]) + data


def write_pcap(path: Path, linktype, packets, snaplen=262144):
    """packets: bytes, one millisecond apart from 2024-01-01 on; longer than snaplen are cut off."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, linktype))
        for i, packet in enumerate(packets):
            kept = packet[:snaplen]
            file.write(struct.pack("<IIII", 1704067200 + i // 1000, i % 1000 * 1000, len(kept), len(packet)) + kept)
