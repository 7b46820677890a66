"""Savefiles for a fuzz run: made of blocks, records and options that are well-formed, or wrong in one place."""

import random
import struct
from collections.abc import Callable, Sequence
from typing import Any

from savefiles import UDP, block, option

MAGICS = (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34)
LINKTYPES = (0, 1, 1, 1, 12, 101, 113, 276, 147, 65535)
NUMBERS = (0, 1, 2, 3, 4, 20, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
PIDS = (0, 1, 7, 7, 8)      # few, so that packets find their processes
TEXTS = (b"eth0", b"", b"\x1b[2J", b"a\nPID: 7", "\u202eb".encode(), b"\xff\xfe", b"udp", b"\0udp port 53", b"x" * 300)
GROUPS = (b"PID: 7\nCmd: /bin/sh\nArgs: sh -c a", b"ThreadId: 8\nThreadName: x", b"UserId: 0",
          b"ParentPID: 1\nParentCmd: init", b"ContainerName: web\nContainerId: abc\nContainerLabels: {\"a\":1}",
          b"PodName: p\nPodNamespace: n\nPodLabels: {", b"PID: 7\nFound: peer", b"PID: 7\nHostPID: 9",
          b"ifIndex: 2, netNsInode: 4026531840, netNsPath: /proc/self/ns/net",
          b"PID: -1", b"PID: 99999999999", b"UserId: x", b"ContainerLabels: [[[[[[")
# what blocks have: codes of options, and of those of custom ones
CODES = (*range(1, 20), 2988, 2989, 19372, 19373, 0x8001, 0x8003)
RESOLUTIONS = (0, 3, 6, 9, 9, 12, 19, 20, 0x80, 0x89, 0x9E, 0xBF, 0xC0, 0xFF)
FOUNDATION = 32622          # the enterprise number of process blocks


class Dice(random.Random):
    """Quicker than its base, and fair enough."""

    def choice(self, row: Sequence[Any]) -> Any:
        return row[int(self.random() * len(row))]

    def randrange(self, start: int, stop: int | None = None) -> int:
        return int(self.random() * start) if stop is None else start + int(self.random() * (stop - start))


class Maker:
    """Makes one file; `order` is the byte order at the moment."""

    def __init__(self, pick: Dice) -> None:
        self.pick = pick
        self.order = "<"

    def number(self) -> int:
        pick = self.pick
        return pick.choice(NUMBERS) if pick.random() < 0.5 else pick.randrange(1 << pick.choice((4, 8, 16, 32)))

    def mostly(self, usual: int, often: float = 0.95) -> int:
        return usual if self.pick.random() < often else self.number()

    def bytes(self) -> bytes:
        pick = self.pick
        return pick.choice((*TEXTS, *GROUPS)) if pick.random() < 0.7 else pick.randbytes(pick.randrange(24))

    def pack(self, kinds: str, *numbers: int) -> bytes:
        return struct.pack(self.order + kinds, *(number & 0xFFFF if kind == "H" else number
                                                 for kind, number in zip(kinds, numbers, strict=True)))

    # ------------------------------------------------------------------ options

    def one_option(self, code: int, value: bytes, order: str) -> bytes:
        """Perhaps with a length that lies."""
        whole = option(code, value, order)
        if self.pick.random() < 0.03:
            whole = whole[:2] + struct.pack(order + "H", self.number() & 0xFFFF) + whole[4:]
        return whole

    def options(self, usual: Sequence[Callable[[], bytes]] = ()) -> bytes:
        """Some; usual: what makes those that a block of its kind has."""
        pick, found = self.pick, b""
        for _ in range(pick.choice((0, 0, 1, 1, 2, 4, 9))):
            if usual and pick.random() < 0.6:
                found += pick.choice(usual)()
                continue
            value = pick.choice((self.bytes(), self.pack("I", self.number()),
                                 self.pack("II", self.number(), self.number()), bytes([pick.choice(RESOLUTIONS)])))
            found += self.one_option(pick.choice((*CODES, self.number() & 0xFFFF)), value, self.order)
        return found + (bytes(4) if pick.random() < 0.5 else b"")

    def interface_options(self) -> bytes:
        pick = self.pick
        return self.options((
            lambda: self.one_option(pick.choice((1, 2, 3, 12, 15)), self.bytes(), self.order),
            lambda: self.one_option(9, bytes([pick.choice(RESOLUTIONS)]), self.order),
            lambda: self.one_option(14, self.pack("q", pick.choice((0, 1, -1, 1 << 33, -(1 << 63)))), self.order),
            lambda: self.one_option(11, b"\0" + self.bytes(), self.order),
            lambda: self.one_option(11, b"\1" + self.pack("HBBI", 6, 0, 0, self.number()), self.order)))

    def packet_options(self) -> bytes:
        pick = self.pick
        return self.options((
            lambda: self.one_option(1, pick.choice(GROUPS), self.order),
            lambda: self.one_option(2, self.pack("I", pick.choice((1, 2, 3, self.number()))), self.order),
            lambda: self.one_option(8, self.pack("II", pick.choice(PIDS), pick.choice(PIDS)), self.order),
            lambda: self.one_option(pick.choice((0x8001, 0x8003)), self.pack("I", self.mostly(pick.randrange(3))),
                                    self.order),
            lambda: self.one_option(pick.choice((3, 7)), bytes([2]) + self.bytes(), self.order)))

    # ------------------------------------------------------------------ blocks

    def packet(self) -> bytes:
        pick = self.pick
        data = pick.choice((UDP, UDP, b"", pick.randbytes(pick.randrange(80))))
        size = self.mostly(len(data), 0.97)
        length = self.mostly(size, 0.7)
        padded = data + bytes(-len(data) % 4)
        interface = self.mostly(0)
        stamp = (self.number(), self.number())
        match pick.randrange(8):
            case 0:
                return block(3, self.pack("I", length) + padded, self.order)
            case 1:
                head = self.pack("HHIIII", interface, self.number(), *stamp, size, length)
                return block(2, head + padded + self.packet_options(), self.order)
        head = self.pack("IIIII", interface, *stamp, size, length)
        return block(6, head + padded + self.packet_options(), self.order)

    def process(self) -> bytes:
        """As Wireshark 5 writes it: the entry is little-endian whatever the section is."""
        pick, entry = self.pick, b""
        for _ in range(pick.randrange(8)):
            code = pick.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, self.number() & 0xFFFF))
            value = {4: b"sh\0-c\0" + self.bytes(), 5: struct.pack("<I", pick.choice(PIDS)),
                     6: struct.pack("<I", self.number()), 8: bytes(16), 9: struct.pack("<Q", self.number() << 30)}
            right = code in value and pick.random() < 0.9
            entry += self.one_option(code, value[code] if right else self.bytes(), "<")
        entry = struct.pack("<I", pick.choice(PIDS)) + entry + (bytes(4) if pick.random() < 0.8 else b"")
        head = self.pack("I", self.mostly(FOUNDATION)) + struct.pack("<II", self.mostly(3), self.mostly(len(entry)))
        return block(0xBAD, head + entry + bytes(-len(entry) % 4) + self.options(
            (lambda: self.one_option(1, pick.choice(GROUPS), self.order),)), self.order)

    def apple_process(self) -> bytes:
        head = self.pack("I", self.pick.choice(PIDS))
        return block(0x80000001, head + self.one_option(2, self.bytes(), self.order)
                     + self.one_option(4, bytes(16), self.order) + self.options(), self.order)

    def names(self) -> bytes:
        pick, records = self.pick, b""
        for _ in range(pick.randrange(4)):
            kind = pick.choice((1, 1, 2, 2, 3, self.number() & 0xFFFF))
            address = pick.randbytes({1: 4, 2: 16}.get(kind, 6))
            records += self.one_option(kind, address + self.bytes() + b"\0" * pick.randrange(3), self.order)
        return block(4, records + bytes(4 if pick.random() < 0.9 else 0) + self.options(), self.order)

    def statistics(self) -> bytes:
        pick = self.pick
        counter = lambda: self.one_option(pick.choice(range(2, 9)), self.pack("II", self.number(), self.number()),  # noqa: E731
                                          self.order)
        return block(5, self.pack("III", self.mostly(0), self.number(), self.number()) + self.options((counter,)),
                     self.order)

    def section(self) -> bytes:
        self.order = self.pick.choice("<<<>")
        version = self.pick.choice(((1, 0), (1, 0), (1, 0), (1, 2), (1, 0), (2, 0)))
        length = self.pick.choice((-1, -1, 0, self.number()))
        return block(0x0A0D0D0A, struct.pack(self.order + "IHHq", 0x1A2B3C4D, *version, length) + self.options(),
                     self.order)

    def interface(self) -> bytes:
        head = self.pack("HHI", self.pick.choice(LINKTYPES), 0, self.mostly(0, 0.6))
        return block(1, head + self.interface_options(), self.order)

    def secrets(self) -> bytes:
        secrets = self.bytes()
        head = self.pack("II", 0x544C534B, self.mostly(len(secrets)))
        return block(10, head + secrets + bytes(-len(secrets) % 4), self.order)

    def strange(self) -> bytes:
        kind = self.pick.choice((4, 0xBAD, 0x40000BAD, 0x80000001, self.number()))
        return block(kind, self.pick.randbytes(4 * self.pick.randrange(9)), self.order)

    def block(self) -> bytes:
        rare = (self.section, self.interface, self.interface, self.statistics, self.secrets, self.process,
                self.process, self.apple_process, self.names, self.strange)
        return self.packet() if self.pick.random() < 0.5 else self.pick.choice(rare)()

    # ------------------------------------------------------------------ files

    def pcapng(self) -> bytes:
        blocks = [self.section()] if self.pick.random() < 0.2 else [
            block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
        blocks.append(self.interface())
        return b"".join(blocks + [self.block() for _ in range(self.pick.randrange(14))])

    def pcap(self) -> bytes:
        pick, order = self.pick, self.pick.choice("<>")
        magic = pick.choice(MAGICS)
        version, linktype = pick.choice((4, 4, 4, 4, 4, 4, 4, 3, 2, 9)), pick.choice(LINKTYPES)
        whole = struct.pack(order + "IHHiIII", magic, 2, version, 0, 0, self.number(), linktype)
        for _ in range(pick.randrange(6)):
            data = pick.choice((UDP, UDP, b"", pick.randbytes(pick.randrange(80))))
            size = self.mostly(len(data), 0.9)
            length = self.mostly(size, 0.7)
            whole += struct.pack(order + "IIII", self.number(), self.number(), size, length)
            whole += bytes(8 if magic == MAGICS[2] else 0) + data
        return whole


def damaged(content: bytes, pick: Dice) -> bytes:
    """The file with a few bytes changed, words replaced, pieces left out or doubled, or its end gone."""
    out = bytearray(content)
    for _ in range(pick.choice((1, 1, 2, 4))):
        at = pick.randrange(len(out) or 1)
        match pick.randrange(6):
            case 0:
                out[at : at + 1] = bytes([pick.randrange(256)])
            case 1:
                at &= ~3
                out[at : at + 4] = struct.pack(pick.choice("<>") + "I", pick.choice(NUMBERS))
            case 2:
                del out[at : at + pick.randrange(1, 13)]
            case 3:
                out[at:at] = out[at : at + 4 * pick.randrange(1, 9)]
            case 4:
                del out[len(out) - pick.randrange(len(out) // 2 + 1) :]
            case 5:
                out += pick.randbytes(pick.randrange(9))
    return bytes(out)
