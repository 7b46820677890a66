"""The packets of a savefile, read as simply as possible: seeds must not depend on the code under test."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("PTCPDUMP_CORPUS", REPOSITORY.parent / "shared" / "corpus"))

Packet = tuple[int, bytes]      # link type, captured bytes


def read(path: Path) -> Iterator[Packet]:
    """Packets of a pcap or pcapng file; a damaged end is left out."""
    data = path.read_bytes()
    try:
        yield from read_pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else read_pcap(data)
    except struct.error:
        return


def read_pcap(data: bytes) -> Iterator[Packet]:
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    linktype = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at = 24
    while at < len(data):
        captured = struct.unpack_from(order + "I", data, at + 8)[0]
        yield linktype, data[at + 16 : at + 16 + captured]
        at += 16 + captured


def read_pcapng(data: bytes) -> Iterator[Packet]:
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    linktypes = []
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind == 1:
            linktypes.append(struct.unpack_from(order + "H", data, at + 8)[0])
        elif kind == 6:
            interface, _, _, captured = struct.unpack_from(order + "IIII", data, at + 8)
            yield linktypes[interface], data[at + 28 : at + 28 + captured]
        at += max(length, 12)


def seeds() -> list[Packet]:
    """Packets of the project's own golden captures, and of the corpus where it is there."""
    files = [*(REPOSITORY / "tests" / "golden").rglob("*.pcap*"), *(CORPUS / "tcpdump").glob("*.pcap*")]
    found: list[Packet] = []
    for path in sorted(files):
        found += [packet for _, packet in zip(range(50), read(path), strict=False)]
    return found
