"""Captures to measure with: mixed traffic of a server, varied and repeated, and DNS. Written once, then kept."""

import ipaddress
import random
import struct
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

DISTINCT = 20_000
SMALL = 50              # packets of a file that shows how long starting takes


def checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(kind: int, payload: bytes) -> bytes:
    return b"\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02" + struct.pack("!H", kind) + payload


def ip4(protocol: int, source: str, destination: str, payload: bytes) -> bytes:
    addresses = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(destination).packed
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), random.randrange(65536), 0x4000, 64, protocol, 0)
    total = checksum(head + addresses)
    return ethernet(0x0800, head[:10] + struct.pack("!H", total) + addresses + payload)


def ip6(protocol: int, source: str, destination: str, payload: bytes) -> bytes:
    addresses = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(destination).packed
    return ethernet(0x86DD, struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + addresses + payload)


def tcp(sport: int, dport: int, seq: int, ack: int, flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
    offset = (20 + len(options)) // 4 << 4
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, offset, flags, 501, 0x1234, 0) + options + payload


def udp(sport: int, dport: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0x1234) + payload


def times(value: int) -> bytes:
    return b"\x01\x01\x08\x0a" + struct.pack("!II", value, value + 7)


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns_query(identifier: int, host: str, kind: int = 1) -> bytes:
    return struct.pack("!HHHHHH", identifier, 0x0100, 1, 0, 0, 0) + name(host) + struct.pack("!HH", kind, 1)


def dns_answer(identifier: int, host: str) -> bytes:
    answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + bytes([192, 0, 2, i]) for i in (1, 2))
    return struct.pack("!HHHHHH", identifier, 0x8180, 1, 2, 0, 0) + name(host) + struct.pack("!HH", 1, 1) + answers


SYN_OPTIONS = b"\x02\x04\x05\xb4\x04\x02\x08\x0a\x11\x22\x33\x44\0\0\0\0\x01\x03\x03\x07"
REQUEST = b"GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"


def connection() -> list[bytes]:
    """One TCP connection from SYN to FIN."""
    client, server = f"10.0.{random.randrange(256)}.{random.randrange(1, 255)}", "192.0.2.10"
    sport, dport = random.randrange(32768, 61000), random.choice((80, 443, 443, 5432, 6379, 8443))
    seq, ack = random.getrandbits(32), random.getrandbits(32)
    forth = lambda *a, **k: ip4(6, client, server, tcp(sport, dport, *a, **k))  # noqa: E731
    back = lambda *a, **k: ip4(6, server, client, tcp(dport, sport, *a, **k))  # noqa: E731
    packets = [forth(seq, 0, 2, options=SYN_OPTIONS), back(ack, seq + 1 & 0xFFFFFFFF, 0x12, options=SYN_OPTIONS)]
    seq, ack = seq + 1 & 0xFFFFFFFF, ack + 1 & 0xFFFFFFFF
    packets.append(forth(seq, ack, 0x10, options=times(1000)))
    payload = REQUEST if dport == 80 else random.randbytes(200)
    packets.append(forth(seq, ack, 0x18, payload, options=times(1001)))
    seq = seq + len(payload) & 0xFFFFFFFF
    for i in range(6):
        packets.append(back(ack, seq, 0x10, random.randbytes(1200), options=times(2000 + i)))
        ack = ack + 1200 & 0xFFFFFFFF
        if i % 2:
            packets.append(forth(seq, ack, 0x10, options=times(1002 + i)))
    packets += [forth(seq, ack, 0x11, options=times(1010)), back(ack, seq + 1 & 0xFFFFFFFF, 0x11, options=times(2010))]
    return packets


def mixed() -> list[bytes]:
    """Some 70 % TCP, the rest UDP, DNS, ICMP, ARP and IPv6."""
    packets: list[bytes] = []
    while len(packets) < DISTINCT:
        packets += connection()
        packets += dns()[:2]
        packets.append(ip4(17, "10.0.0.1", "192.0.2.20", udp(random.randrange(1024, 65536), 9000, bytes(60))))
        packets.append(ip6(6, "2001:db8::1", "2001:db8::2", tcp(40000, 443, 1, 1, 0x10, options=times(1))))
        echo = struct.pack("!BBHHH", 8, 0, 0, 77, len(packets) & 0xFFFF) + bytes(56)
        packets.append(ip4(1, "10.0.0.1", "192.0.2.1", echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]))
        packets.append(ethernet(0x0806, bytes.fromhex("0001080006040001020000000001") + bytes([10, 0, 0, 1]) + bytes(6)
                                + bytes([10, 0, 0, 2])))
    return packets[:DISTINCT]


def dns() -> list[bytes]:
    """A query with its answer, over IPv4."""
    host, port = f"host{random.randrange(1000)}.example.com", random.randrange(1024, 65536)
    number = random.randrange(65536)
    return [ip4(17, "10.0.0.1", "192.0.2.53", udp(port, 53, dns_query(number, host))),
            ip4(17, "192.0.2.53", "10.0.0.1", udp(53, port, dns_answer(number, host)))]


def dns_only() -> list[bytes]:
    return [packet for _ in range(DISTINCT // 2) for packet in dns()]


def varied() -> Iterator[bytes]:
    """Mixed traffic without end, none of it twice: other connections, addresses, numbers and payloads all the time."""
    while True:
        yield from mixed()


def write(path: Path, packets: Iterator[bytes], count: int) -> Path:
    """A pcap file of the first `count` packets."""
    if path.exists():
        return path
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i, packet in enumerate(islice(packets, count)):
            file.write(struct.pack("=IIII", 1_700_000_000 + i // 1000, i % 1000 * 1000, len(packet), len(packet)))
            file.write(packet)
    part.rename(path)
    return path


def all_captures(folder: Path, count: int) -> dict[str, Path]:
    """The captures that printing is measured with: "mixed" and "dns" are DISTINCT packets over and over."""
    random.seed(1)
    folder.mkdir(parents=True, exist_ok=True)
    return {"mixed": write(folder / f"mixed-{count}.pcap", cycle(mixed()), count),
            "dns": write(folder / f"dns-{count}.pcap", cycle(dns_only()), count),
            "varied": write(folder / f"varied-{count}.pcap", varied(), count),
            "small": write(folder / "small.pcap", varied(), SMALL)}
