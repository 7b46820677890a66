"""Random DNS messages, whole, broken and cut: the text must be that of the tcpdump that is installed."""

import random
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from ptcpdump.printers.base import core, families

TCPDUMP = shutil.which("tcpdump")
RAW_IP = 101
MESSAGES = 1000

# Types that tcpdump learnt to name after 4.99.3.
NEWER = {13: "HINFO", 35: "NAPTR", 49: "DHCID", 52: "TLSA", 64: "SVCB", 65: "HTTPS", 257: "CAA"}
TYPES = (1, 2, 5, 6, 12, 15, 16, 28, 33, 38, 39, 250, 256, *NEWER, 43, 46, 47, 48, 44, 99, 249, 20000)


def name(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


GOOD = (
    name(b"www", b"example", b"com"), name(b"a"), b"\0", b"\xc0\x0c", b"\3abc\xc0\x0c", name(b"sp ace", b"\1\x7f\xff"),
    name(*(bytes([c]) * 63 for c in b"xyzw")), b"\x41\x0a\xff\xc0\1b\0", b"\x41\0" + b"\xaa" * 32 + b"\0",
)  # fmt: skip
BROKEN = (b"\xc0\xff", b"\x80a", b"\x42a")


class Maker:
    """Makes messages from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def name(self) -> bytes:
        return self.random.choice(GOOD if self.random.random() < 0.95 else BROKEN)

    def data(self, kind: int) -> bytes:
        host = self.random.choice(GOOD)
        known = {
            1: bytes(4), 28: bytes(range(16)), 2: host, 5: host, 12: host, 39: host, 15: b"\0\x0a" + host,
            16: b"\3abc\5de\"f\\", 6: host + host + struct.pack(">5I", 1, 2, 3, 4, 2**32 - 1),
            33: struct.pack(">HHH", 1, 2, 443) + host, 38: b"\x40" + bytes(8) + host, 256: b"\0\1\0\2http://x/",
            250: host + bytes(6) + b"\1\x2c\0\4abcd" + bytes(6),
        }  # fmt: skip
        return known.get(kind, self.random.randbytes(self.random.randrange(12)))

    def record(self) -> bytes:
        kind = self.random.choice(TYPES)
        data = self.data(kind)
        fixed = struct.pack(
            ">HHIH", kind, self.random.choice((1, 1, 1, 4, 254, 0x8001)), self.random.choice((0, 60, 86461, 2**32 - 1)),
            len(data))  # fmt: skip
        return self.name() + fixed + data

    def edns(self) -> bytes:
        options = b""
        for _ in range(self.random.randrange(3)):
            data = self.random.choice((b"", b"a", b"\0\x7b", b"\0\1\x18\0\x0a\1\2", b"12345678", bytes(9)))
            options += (
                struct.pack(">HH", self.random.choice((1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 14, 4242)), len(data)) + data
            )
        return (
            b"\0" + struct.pack(">HHIH", 41, 1232, self.random.choice((0, 0x8000, 0x01000000)), len(options)) + options
        )

    def message(self) -> bytes:
        flags = self.random.choice((0x0100, 0x8180, 0x8583, 0x8400, 0x2800, 0x0110, self.random.randrange(65536)))
        counts = [self.random.choice((1, 1, 1, 0, 2)), self.random.randrange(4), self.random.randrange(2), 0]
        body = b"".join(self.name() + struct.pack(">HH", self.random.choice(TYPES), 1) for _ in range(counts[0]))
        body += b"".join(self.record() for _ in range(counts[1] + counts[2]))
        for _ in range(self.random.randrange(2)):
            counts[3] += 1
            body += self.edns()
        if self.random.random() < 0.1:
            counts[self.random.randrange(4)] += self.random.choice((1, 1000))
        message = bytearray(struct.pack(">6H", self.random.randrange(65536), flags, *counts) + body)
        if self.random.random() < 0.15:
            del message[self.random.randrange(len(message)) :]
        return bytes(message)

    def packet(self) -> bytes:
        message = self.message()
        source, target = self.random.choice(((40000, 53), (53, 40000), (5353, 5353)))
        payload = struct.pack(">HHHH", source, target, 8 + len(message), 0) + message
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, 17, 0)
        return header + bytes([10, 0, 0, 1]) + bytes([10, 0, 0, 2]) + payload


def by_tcpdump(packets: list[bytes], verbose: int, snapshot: int, path: Path) -> list[str]:
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snapshot, RAW_IP))
        for packet in packets:
            kept = packet[:snapshot]
            file.write(struct.pack("<IIII", 1, 0, len(kept), len(packet)) + kept)
    flags = ["-nn", "-t", "-K", *(["-" + "v" * verbose] if verbose else [])]
    assert TCPDUMP
    done = subprocess.run([TCPDUMP, *flags, "-r", path], capture_output=True, check=True)
    text = re.sub(r"Type(\d+)", lambda found: NEWER.get(int(found[1]), found[0]), done.stdout.decode("latin1"))
    return text.removesuffix("\n").split("\n")


@pytest.mark.skipif(not TCPDUMP, reason="tcpdump is not installed")
@pytest.mark.parametrize("snapshot", [262144, 120, 75, 50])
@pytest.mark.parametrize("verbose", range(4))
def test_same_text_as_tcpdump(verbose: int, snapshot: int, tmp_path: Path) -> None:
    families.load()
    maker = Maker(verbose * 1000 + snapshot)
    packets = [maker.packet() for _ in range(MESSAGES)]
    ours = [
        core.render(packet[:snapshot], RAW_IP, len(packet), verbose=verbose, no_checksums=True).decode("latin1")
        for packet in packets
    ]
    assert "\n".join(ours).split("\n") == by_tcpdump(packets, verbose, snapshot, tmp_path / "dns.pcap")
