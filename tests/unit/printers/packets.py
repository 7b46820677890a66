"""Packets for the printers' tests, built from payloads in hex."""

import struct

from ptcpdump.printers.base import calling, core, families

RAW = 101  # LINKTYPE_RAW: the packet starts with its IP header
SOURCE4, TARGET4 = bytes([10, 0, 0, 9]), bytes([10, 0, 0, 1])
SOURCE6 = bytes.fromhex("fe80" + "00" * 13 + "01")
TARGET6 = bytes.fromhex("ff02" + "00" * 13 + "01")
ETHERNET = bytes.fromhex("020000000001 020000000002 0800")


def octets(text: str | bytes) -> bytes:
    """Bytes from hex with blanks, or as they are."""
    return bytes.fromhex(text) if isinstance(text, str) else text


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def summed(payload: str | bytes, at: int = 2, pseudo: bytes = b"") -> bytes:
    """The payload with the right checksum at that offset."""
    data = bytearray(octets(payload))
    data[at : at + 2] = bytes(2)
    data[at : at + 2] = struct.pack(">H", checksum(pseudo + bytes(data)))
    return bytes(data)


def ipv4(protocol: int, payload: str | bytes, ttl: int = 64) -> bytes:
    """An IPv4 datagram from 10.0.0.9 to 10.0.0.1."""
    data = octets(payload)
    fixed = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, ttl, protocol, 0)
    return summed(fixed + SOURCE4 + TARGET4, 10) + data


def ipv6(protocol: int, payload: str | bytes) -> bytes:
    """An IPv6 packet from fe80::1 to ff02::1."""
    data = octets(payload)
    fixed = struct.pack(">IHBB", 0x60000000, len(data), protocol, 64)
    return fixed + SOURCE6 + TARGET6 + data


def icmp(payload: str) -> bytes:
    """An ICMP message with a right checksum."""
    return ipv4(1, summed(payload))


def icmp6(payload: str) -> bytes:
    """An ICMPv6 message with a right checksum."""
    data = octets(payload)
    return ipv6(58, summed(data, 2, SOURCE6 + TARGET6 + struct.pack(">II", len(data), 58)))


def udp(port: int, payload: str | bytes) -> bytes:
    """A UDP datagram to that port, without checksum."""
    data = octets(payload)
    return ipv4(17, struct.pack(">HHHH", 40000, port, 8 + len(data), 0) + data)


def text(packet: bytes, verbose: int = 0, linktype: int = RAW, **flags: object) -> str:
    """What is printed of a packet; a fault in a Python printer is raised."""
    families.load()
    calling.faults = []
    printed: bytes = core.render(packet, linktype, verbose=verbose, **flags)
    if calling.faults:
        raise calling.faults[0]
    return printed.decode()


def message(packet: bytes, verbose: int = 0, **flags: object) -> str:
    """The same without the IP header and what -v says of it."""
    printed = text(packet, verbose, **flags)
    return printed.split(": ", 1)[1]
