"""Packets to start from."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from records import records

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("PTCPDUMP_CORPUS", REPOSITORY.parent / "shared" / "corpus"))

Packet = tuple[int, bytes]      # link type, captured bytes


def read(path: Path) -> Iterator[Packet]:
    """Packets of a pcap or pcapng file."""
    for record in records(path):
        yield record.linktype, record.data


def seeds() -> list[Packet]:
    """Packets of the project's own golden captures, and of the corpus where it is there."""
    files = [*(REPOSITORY / "tests" / "golden").rglob("*.pcap*"), *(CORPUS / "tcpdump").glob("*.pcap*")]
    found: list[Packet] = []
    for path in sorted(files):
        found += [packet for _, packet in zip(range(50), read(path), strict=False)]
    return found
