"""The packets of a savefile, read as simply as possible: tests must not depend on the code that they test."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """A packet of a savefile, and where it comes from."""

    origin: str  # file name and number
    linktype: int
    data: bytes
    length: int


def records(path: Path) -> Iterator[Record]:
    """Packets of a pcap or pcapng file, read as simply as possible; a damaged end is left out."""
    data = path.read_bytes()
    try:
        for number, (linktype, packet, length) in enumerate(
            _pcapng(data) if data[:4] == b"\n\r\r\n" else _pcap(data), 1
        ):
            yield Record(f"{path.name}:{number}", linktype, packet, length)
    except struct.error:
        return


def _pcap(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    linktype = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at = 24
    while at < len(data):
        captured, length = struct.unpack_from(order + "II", data, at + 8)
        yield linktype, data[at + 16 : at + 16 + captured], length
        at += 16 + captured


def _pcapng(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    linktypes = []
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        if kind == 1:
            linktypes.append(struct.unpack_from(order + "H", data, at + 8)[0])
        elif kind == 6:
            interface, _, _, captured, length = struct.unpack_from(order + "IIIII", data, at + 8)
            yield linktypes[interface], data[at + 28 : at + 28 + captured], length
        at += max(size, 12)
