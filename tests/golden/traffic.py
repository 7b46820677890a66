# ruff: noqa: F403, F405 -- wire.py holds the words that packets are written with
"""Ordinary traffic, made up at random from a seed: what any host sends, in the forms that all versions print alike."""

import random
import struct

from wire import *

SYN, ACK, PSH, FIN, RST = 0x02, 0x10, 0x08, 0x01, 0x04
HANDSHAKE = b"\2\4\5\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\0\1\3\3\7"
HOSTS = "www.example.com", "mail.example.org", "a.b.c.example.net", "localhost"


def address(chance: random.Random, six: bool) -> str:
    return f"2001:db8::{chance.randrange(1, 65536):x}" if six else f"192.0.2.{chance.randrange(1, 255)}"


def ends(chance: random.Random) -> tuple[str, str]:
    six = chance.random() < 0.3
    return address(chance, six), address(chance, six)


def connection(chance: random.Random) -> list[bytes]:
    """One connection from SYN to FIN or RST; some start in the middle."""
    source, target = ends(chance)
    sport, dport = chance.randrange(32768, 61000), chance.choice((22, 443, 5432, 8443, 9))
    seq, ack = chance.getrandbits(32), chance.getrandbits(32)

    def segment(forth: bool, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
        numbers = (seq, ack) if forth else (ack, seq)
        hosts = (source, target, sport, dport) if forth else (target, source, dport, sport)
        return tcp(payload, hosts[2], hosts[3], seq=numbers[0], ack=numbers[1] if flags & ACK else 0, flags=flags,
                   options=options, window=chance.randrange(65536), source=hosts[0], target=hosts[1])

    packets = []
    if chance.random() < 0.8:
        packets.append(segment(True, SYN, options=HANDSHAKE))
        seq = (seq + 1) % 2**32
        packets.append(segment(False, SYN | ACK, options=HANDSHAKE))
        ack = (ack + 1) % 2**32
    for _ in range(chance.randrange(6)):
        times = b"\1\1\x08\x0a" + struct.pack(">II", chance.getrandbits(32), chance.getrandbits(32))
        payload = bytes(chance.choice((0, 1, 7, 300)))
        sack = b"\1\1\5\x0a" + struct.pack(">II", (ack + 100) % 2**32, (ack + 300) % 2**32)
        packets.append(segment(True, PSH | ACK if payload else ACK, payload, chance.choice((times, sack, b""))))
        seq = (seq + len(payload)) % 2**32
        packets.append(segment(False, ACK, b"", times))
    packets.append(segment(True, chance.choice((FIN | ACK, RST | ACK, RST))))
    return packets


def domain(chance: random.Random) -> list[bytes]:
    """A query and its answer."""
    source, target = ends(chance)
    host, kind = chance.choice(HOSTS), chance.choice((1, 2, 5, 6, 12, 15, 16, 28, 33))
    data = {
        1: bytes(chance.randrange(256) for _ in range(4)), 28: chance.randbytes(16), 16: b"\5hello\3txt",
        6: name("ns.example.com") + name("root.example.com") + struct.pack(">5I", 1, 2, 3, 4, 5),
        15: b"\0\x0a" + name("mx.example.com"), 33: struct.pack(">HHH", 1, 2, 53) + name("srv.example.com"),
    }.get(kind, name("other.example.com"))
    ident, port = chance.getrandbits(16), chance.randrange(1024, 65536)
    flags = chance.choice((0x8180, 0x8580, 0x8183, 0x8182))
    answers = [] if flags & 3 else [record(host, kind, data)] * chance.randrange(1, 4)
    query = dns(ident, chance.choice((0x0100, 0x0000)), [question(host, kind)])
    return [udp(query, port, 53, source, target),
            udp(dns(ident, flags, [question(host, kind)], answers), 53, port, target, source)]


def datagram(chance: random.Random) -> list[bytes]:
    source, target = ends(chance)
    return [udp(chance.randbytes(chance.randrange(40)), chance.randrange(40000, 50000), 9, source, target)]


def ping(chance: random.Random) -> list[bytes]:
    """An echo with its reply, and what a router says of a datagram."""
    rest, data = struct.pack(">HH", chance.getrandbits(16), chance.getrandbits(16)), bytes(56)
    quoted = udp(b"x" * 20, 40000, chance.randrange(1, 50))
    return [icmp(8, 0, rest, data), icmp(0, 0, rest, data, IP_B, IP_A),
            icmp(3, chance.choice((0, 1, 3, 13)), payload=quoted), icmp(11, 0, payload=quoted),
            icmp6(128, 0, rest + data, IP6_A, IP6_B, 64), icmp6(129, 0, rest + data, IP6_B, IP6_A, 64)]


def neighbours(chance: random.Random) -> list[bytes]:
    """IPv6's address resolution."""
    target = a6(address(chance, True))
    return [icmp6(135, 0, bytes(4) + target + b"\1\1" + MAC_A), icmp6(136, 0, b"\x60\0\0\0" + target + b"\2\1" + MAC_B)]


def arp(chance: random.Random) -> bytes:
    operation = chance.choice((1, 2))
    return ethernet(struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + MAC_A + a4(address(chance, False))
                    + (bytes(6) if operation == 1 else MAC_B) + a4(address(chance, False)), 0x0806)


def traffic(seed: int, count: int) -> list[bytes]:
    """So many Ethernet frames, or a few more."""
    chance = random.Random(seed)
    frames: list[bytes] = []
    while len(frames) < count:
        make = chance.choice((connection, connection, connection, domain, domain, datagram, ping, neighbours))
        frames += [ethernet(packet, 0x86DD if packet[0] >> 4 == 6 else 0x0800) for packet in make(chance)]
        frames.append(arp(chance))
        tagged = frames[-2]
        if chance.random() < 0.2:
            frames.append(tagged[:12] + struct.pack(">HH", 0x8100, chance.getrandbits(16)) + tagged[12:])
    return frames
