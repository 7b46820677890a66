"""Builders of IP packets, TCP segments and UDP datagrams, and what is printed of them."""

import struct
from collections.abc import Callable

import pytest

from ptcpdump.printers.base import core, families
from ptcpdump.printers.base.state import PrinterState

RAW_IP = 101
Build = Callable[..., bytes]
Show = Callable[..., str]


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def build_ip4(protocol: int, payload: bytes, *, options: bytes = b"", fragment: int = 0, length: int | None = None,
              tos: int = 0, source: str = "10.0.0.1", target: str = "10.0.0.2") -> bytes:  # fmt: skip
    size = 20 + len(options)
    total = size + len(payload) if length is None else length
    fixed = struct.pack(">BBHHHBBH", 0x40 | size // 4, tos, total, 1, fragment, 64, protocol, 0)
    header = fixed + bytes(map(int, source.split("."))) + bytes(map(int, target.split("."))) + options
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def build_ip6(protocol: int, payload: bytes, *, length: int | None = None, flow: int = 0) -> bytes:
    size = len(payload) if length is None else length
    ends = bytes.fromhex("fe80" + "00" * 13 + "01" + "fe80" + "00" * 13 + "02")
    return struct.pack(">IHBB", 6 << 28 | flow, size, protocol, 64) + ends + payload


def build_tcp(flags: int = 0x10, *, options: bytes = b"", payload: bytes = b"", ports: tuple[int, int] = (40000, 9999),
              seq: int = 1000, ack: int = 2000, urgent: int = 0, offset: int | None = None) -> bytes:  # fmt: skip
    options += bytes(-len(options) % 4)
    words = 5 + len(options) // 4 if offset is None else offset
    return struct.pack(">HHIIHHHH", *ports, seq, ack, words << 12 | flags, 500, 0, urgent) + options + payload


def build_udp(payload: bytes = b"", *, ports: tuple[int, int] = (40000, 9999), length: int | None = None) -> bytes:
    return struct.pack(">HHHH", *ports, 8 + len(payload) if length is None else length, 0) + payload


@pytest.fixture
def ip4() -> Build:
    """An IPv4 datagram around a payload."""
    return build_ip4


@pytest.fixture
def ip6() -> Build:
    """An IPv6 packet around a payload."""
    return build_ip6


@pytest.fixture
def tcp() -> Build:
    """A TCP segment; its checksum is 0."""
    return build_tcp


@pytest.fixture
def udp() -> Build:
    """A UDP datagram without checksum."""
    return build_udp


@pytest.fixture
def show() -> Show:
    """Text of a packet that starts with its IP header; captured: bytes of it that are in the file.

    The packets of a test are of one run.
    """
    families.load()
    state = PrinterState()

    def text(packet: bytes, captured: int | None = None, **flags: object) -> str:
        printed: bytes = core.render(packet[:captured], RAW_IP, len(packet), state=state, **flags)
        return printed.decode()

    return text
