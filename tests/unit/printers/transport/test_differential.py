"""Random segments, whole and cut, some of one connection: the text must be that of the tcpdump that is installed."""

import random
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ptcpdump.printers.base import core
from ptcpdump.printers.base.state import PrinterState

TCPDUMP = shutil.which("tcpdump")
Build = Callable[..., bytes]
Show = Callable[..., str]
SEGMENTS = 1500


def option(kind: int, data: bytes) -> bytes:
    return bytes([kind, len(data) + 2]) + data


def options(chance: random.Random) -> bytes:
    """Options of kinds and lengths that all versions of tcpdump print alike."""
    kinds = {
        2: (2, 2, 1), 3: (1, 1, 2), 4: (0,), 5: (8, 16, 24, 7), 6: (4,), 8: (8, 8, 7), 11: (4,), 20: (2, 0),
        28: (2,), 29: (14, 2, 1), 34: (0, 4, 8, 7, 18), 77: (0, 5), 254: (2, 4, 1),
    }  # fmt: skip
    made = b""
    while chance.random() < 0.7:
        kind = chance.choice([0, 1, 1, *kinds])
        data = bytes([kind]) if kind < 2 else option(kind, chance.randbytes(chance.choice(kinds[kind])))
        if len(made) + len(data) > 40:
            break
        made += data
    return made


def reference(packets: list[tuple[bytes, int]], flags: str, folder: Path) -> list[str]:
    """What tcpdump prints of packets (captured bytes and length) that start with their IP header."""
    records = [struct.pack("<IIII", 0, 0, len(data), length) + data for data, length in packets]
    capture = folder / "segments.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records))
    done = subprocess.run([str(TCPDUMP), "-nt#", *flags.split(), "-r", str(capture)], capture_output=True, check=True)
    numbered = re.split(r"^ *\d+  (?=IP)", done.stdout.decode("latin1"), flags=re.MULTILINE)
    # versions before 5 put a ">" behind the mark in the middle of options
    return [text.rstrip("\n").replace("[|tcp]>", "[|tcp]") for text in numbered[1:]]


@pytest.mark.skipif(TCPDUMP is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("flags", ["", "-v", "-S", "-q", "-vK"])
def test_segments_as_tcpdump(show: Show, ip4: Build, tcp: Build, tmp_path: Path, flags: str) -> None:
    chance = random.Random(1)
    packets = []
    for _ in range(SEGMENTS):
        data = ip4(6, tcp(
            chance.choice([0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x30, 0xC2, 0]), options=options(chance),
            payload=bytes(chance.choice([0, 0, 3])), ports=chance.choice([(1000, 2000), (2000, 1000), (7777, 7777)]),
            seq=chance.randrange(2**32), ack=chance.randrange(2**32), urgent=chance.randrange(3),
            offset=chance.choice([None] * 9 + [3, 15])))  # fmt: skip
        packets.append((data[: chance.choice([len(data), chance.randrange(1, len(data))])], len(data)))
    expected = reference(packets, flags, tmp_path)
    assert len(expected) == SEGMENTS
    state = PrinterState()
    for (data, length), text in zip(packets, expected, strict=True):
        printed = core.render(data, 101, length, verbose=flags.count("v"), absolute_seq="S" in flags,
                              quiet="q" in flags, no_checksums="K" in flags, state=state)  # fmt: skip
        assert printed.decode() == text
