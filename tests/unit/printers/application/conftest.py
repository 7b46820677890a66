"""Payloads of UDP and TCP, printed without the text of the layers below."""

import struct
from collections.abc import Callable

import pytest

from ptcpdump.printers.base import core, families
from ptcpdump.printers.base.state import PrinterState

Show = Callable[..., str]
RAW_IP = 101


def ipv4(protocol: int, payload: bytes) -> bytes:
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    return header + bytes([10, 0, 0, 1]) + bytes([10, 0, 0, 2]) + payload


def printed(packet: bytes, captured: int | None, **flags: object) -> str:
    families.load()
    data = packet if captured is None else packet[: 28 + captured]
    return core.render(data, RAW_IP, len(packet), no_checksums=True, **flags).decode()


@pytest.fixture
def udp() -> Show:
    """Text of a UDP payload sent to a port; captured: bytes of it that are in the file.

    The packets of a test are of one run.
    """
    state = PrinterState()

    def show(port: int, payload: bytes, captured: int | None = None, **flags: object) -> str:
        header = struct.pack(">HHHH", 40000, port, 8 + len(payload), 0)
        text = printed(ipv4(17, header + payload), captured, state=state, **flags)
        return text.partition(f"10.0.0.1.40000 > 10.0.0.2.{port}: ")[2]

    return show


@pytest.fixture
def tcp() -> Show:
    """What follows "length N" in the text of a TCP segment sent to a port."""

    def show(port: int, payload: bytes, captured: int | None = None, **flags: object) -> str:
        header = struct.pack(">HHIIBBHHH", 40000, port, 1, 1, 0x50, 0x18, 8192, 0, 0)
        kept = None if captured is None else captured + 12
        text = printed(ipv4(6, header + payload), kept, **flags)
        return text.partition(f"win 8192, length {len(payload)}")[2]

    return show
