"""Traffic made up at random: that of tests/golden/traffic.py, with names, in tunnels, fragments and link types."""

import random
import struct
import sys
from pathlib import Path

import hellos
import wire

sys.path.append(str(Path(__file__).parents[2] / "golden"))

from traffic import address, traffic

ETHERNET, RAW, SLL = 1, 101, 113


def named(chance: random.Random) -> bytes:
    """A packet that carries a name."""
    six = chance.random() < 0.3
    source, target = address(chance, six), address(chance, six)
    host = f"host{chance.randrange(1000)}.example.com"
    sport = chance.randrange(32768, 61000)
    match chance.randrange(5):
        case 0:
            payload = hellos.client_hello(host, chance.choice(((), ("h2",), ("h2", "http/1.1"))))
        case 1:
            return wire.tcp(hellos.server_hello(), 443, sport, source=source, target=target)
        case 2:
            method, path = (
                chance.choice(("GET", "POST", "PATCH")),
                f"/{chance.randrange(1000)}?q={chance.randrange(1000)}",
            )
            head = f"{method} {path} HTTP/1.1\r\nUser-Agent: x\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"
            return wire.tcp(head.encode(), sport, chance.choice((80, 8080)), source=source, target=target)
        case 3:
            head = f"HTTP/1.1 {chance.choice((200, 301, 404, 500))} Text\r\nContent-Length: 0\r\n\r\n"
            return wire.tcp(head.encode(), 80, sport, source=source, target=target)
        case _:
            hello = hellos.handshake_message(hellos.client_hello(host, ("h3",)))
            datagram = hellos.quic_initial(
                hellos.crypto_frame(0, hello), chance.choice((1, 0x6B3343CF)), chance.randbytes(8)
            )
            return wire.udp(datagram, sport, 443, source, target)
    return wire.tcp(payload, sport, 443, source=source, target=target)


def wrapped(packet: bytes, chance: random.Random) -> bytes:
    """An IP packet within another one."""
    six = packet[0] >> 4 == 6
    kind = 0x86DD if six else 0x0800
    frame = wire.ethernet(packet, kind)
    number = chance.getrandbits(24)
    match chance.randrange(8):
        case 0:
            return wire.ip4(packet, 41 if six else 4)
        case 1:
            return wire.ip6(packet, 41 if six else 4)
        case 2:
            return wire.ip4(struct.pack(">HHI", 0x2000, kind, number) + packet, 47)
        case 3:
            return wire.ip6(struct.pack(">HH", 0, 0x6558) + frame, 47)
        case 4:
            return wire.udp(struct.pack(">II", 0x08000000, number << 8) + frame, 50000, 4789)
        case 5:
            return wire.udp(
                struct.pack(">HHII", 1 << 8, 0x6558, number << 8, 0x01028000) + frame,
                50000,
                6081,
                wire.IP6_A,
                wire.IP6_B,
            )
        case 6:
            return wire.udp(struct.pack(">BBHI", 0x30, 255, len(packet), number) + packet, 2152, 2152)
        case _:
            return wire.ip4(
                struct.pack(">BBHHHI", 0x30, 0x81, 0x880B, len(packet) + 4, number & 0xFFFF, 1)
                + bytes(4)
                + b"\xff\x03"
                + struct.pack(">H", 0x57 if six else 0x21)
                + packet,
                47,
            )


def fragments(packet: bytes, chance: random.Random) -> list[bytes]:
    """An IPv4 packet of 20 bytes of header, cut in two."""
    body = packet[20:]
    at = len(body) // 16 * 8
    number = chance.getrandbits(16)
    return [
        wire.ip4(part, packet[9], ident=number, flags=flags)
        for part, flags in ((body[:at], 0x2000), (body[at:], at // 8))
    ]


def mixture(seed: int, count: int) -> list[tuple[int, bytes]]:
    """So many packets, or a few more, with their link types."""
    chance = random.Random(seed)
    packets: list[tuple[int, bytes]] = [(ETHERNET, frame) for frame in traffic(seed, count // 2)]
    while len(packets) < count:
        packet = named(chance)
        if chance.random() < 0.3:
            packet = wrapped(packet, chance)
        if packet[0] == 0x45 and chance.random() < 0.1:
            packets += [(RAW, part) for part in fragments(packet, chance)]
            continue
        kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
        match chance.randrange(4):
            case 0:
                packets.append((RAW, packet))
            case 1:
                packets.append((SLL, struct.pack(">HHHQH", 0, 1, 6, chance.getrandbits(64), kind) + packet))
            case 2:
                tags = struct.pack(">HHHH", chance.getrandbits(16), 0x8100, chance.getrandbits(16), kind)
                packets.append((ETHERNET, wire.ethernet(tags + packet, 0x88A8)))
            case _:
                packets.append((ETHERNET, wire.ethernet(packet, kind)))
    return packets
