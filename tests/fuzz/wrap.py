"""Bytes that reach a printer: the headers below each layer, and what layers a packet touches."""

import struct

from seeds import Packet

ETHERNET, PPP = 1, 9
MACS = bytes.fromhex("02000000000102000000000a")


def ethernet(kind: int, payload: bytes) -> bytes:
    return MACS + struct.pack(">H", kind) + payload


def ip4(protocol: int, payload: bytes) -> bytes:
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0,
                         b"\x0a\0\0\x01", b"\x0a\0\0\x02")
    return ethernet(0x0800, header + payload)


def ip6(protocol: int, payload: bytes) -> bytes:
    header = struct.pack(">IHBB16s16s", 6 << 28, len(payload), protocol, 64, b"\xfe\x80" + bytes(13) + b"\x01",
                         b"\xff\x02" + bytes(13) + b"\x02")
    return ethernet(0x86DD, header + payload)


def tcp(port: int, payload: bytes) -> bytes:
    return struct.pack(">HHIIBBHHH", 40000, port, 1, 1, 0x50, 0x18, 1000, 0, 0) + payload


def udp(port: int, payload: bytes) -> bytes:
    return struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload


def wrap(layer: str, key: int, payload: bytes, six: bool) -> Packet:
    """A packet whose payload is handed to the printer of this key; six: over IPv6 where there is a choice."""
    ip = ip6 if six else ip4
    match layer:
        case "linktype":
            return key, payload
        case "ethertype":
            return ETHERNET, ethernet(key, payload)
        case "ip.protocol":
            return ETHERNET, ip(key, payload)
        case "tcp.port":
            return ETHERNET, ip(6, tcp(key, payload))
        case "udp.port":
            return ETHERNET, ip(17, udp(key, payload))
        case "ppp.protocol":
            return PPP, b"\xff\x03" + struct.pack(">H", key) + payload
        case "icmp6.type":
            return ETHERNET, ip6(58, bytes([key & 0xFF, 0, 0, 0]) + payload)
        case "llc":
            llc = bytes([key, key, 3]) if key < 256 else b"\xaa\xaa\x03\0\0\x0c" + struct.pack(">H", key)
            return ETHERNET, ethernet(min(1500, len(llc + payload)), llc + payload)
    return ETHERNET, ip(17, udp(40001, payload))    # forced by -T


def touched(packet: Packet) -> set[tuple[str, int]]:
    """The keys that a packet reaches through plain Ethernet, IP and TCP or UDP."""
    linktype, data = packet
    keys = {("linktype", linktype)}
    if linktype != ETHERNET or len(data) < 14:
        return keys
    kind = int.from_bytes(data[12:14])
    keys.add(("ethertype", kind))
    if kind == 0x0800 and len(data) > 34:
        protocol, rest = data[23], data[14 + (data[14] & 15) * 4 :]
    elif kind == 0x86DD and len(data) > 54:
        protocol, rest = data[20], data[54:]
    else:
        return keys
    keys.add(("ip.protocol", protocol))
    layer = {6: "tcp.port", 17: "udp.port"}.get(protocol)
    if layer and len(rest) >= 4:
        keys |= {(layer, port) for port in struct.unpack(">HH", rest[:4])}
    return keys
