"""A fuzz run of the readers of savefiles: `savefile_worker.py SEED INPUTS TRACE`, or `--replay FILE TRACE`.

Files are made of blocks and options, well-formed or wrong in one place, and then damaged. Each is read to text and
copied to pcapng: packets come out, or a SavefileError.
"""

import gzip
import os
import random
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1] / "support")]

from harness import Recorder, main
from savefiles import UDP, block, option, print_to_pipe, pump

from ptcpdump.errors import SavefileError
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.writer import open_writer

MAGICS = (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34)
LINKTYPES = (0, 1, 1, 1, 12, 101, 113, 276, 147, 65535)
NUMBERS = (0, 1, 2, 3, 4, 20, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
TEXTS = (b"eth0", b"", b"\x1b[2J", b"a\nPID: 7", "\u202eb".encode(), b"\xff\xfe", b"udp", b"\0udp port 53", b"x" * 300)
GROUPS = (b"PID: 7\nCmd: /bin/sh\nArgs: sh -c a", b"ThreadId: 8\nThreadName: x", b"UserId: 0",
          b"ParentPID: 1\nParentCmd: init", b"ContainerName: web\nContainerId: abc\nContainerLabels: {\"a\":1}",
          b"PodName: p\nPodNamespace: n\nPodLabels: {",
          b"PID: -1", b"PID: 99999999999", b"UserId: x", b"ContainerLabels: [[[[[[")


class Maker:
    """Makes one file; `order` is the byte order at the moment."""

    def __init__(self, pick: random.Random) -> None:
        self.pick = pick
        self.order = "<"

    def number(self) -> int:
        pick = self.pick
        return pick.choice(NUMBERS) if pick.random() < 0.5 else pick.randrange(1 << pick.choice((4, 8, 16, 32)))

    def bytes(self) -> bytes:
        pick = self.pick
        return pick.choice((*TEXTS, *GROUPS)) if pick.random() < 0.7 else pick.randbytes(pick.randrange(24))

    def options(self) -> bytes:
        """Some, of known codes for the most part, perhaps with a length that lies."""
        pick, found = self.pick, b""
        for _ in range(pick.choice((0, 0, 1, 1, 2, 4, 9))):
            value = pick.choice((self.bytes(), struct.pack(self.order + "I", self.number()),
                                 struct.pack(self.order + "II", self.number(), self.number()),
                                 bytes([pick.choice((0, 6, 9, 19, 20, 0x80, 0x89, 0xBF, 0xFF))])))
            whole = option(pick.choice((*range(1, 20), 2988, 19372, self.number() & 0xFFFF)), value, self.order)
            if pick.random() < 0.05:
                whole = whole[:2] + struct.pack(self.order + "H", self.number() & 0xFFFF) + whole[4:]
            found += whole
        return found + (bytes(4) if pick.random() < 0.5 else b"")

    def packet(self) -> bytes:
        pick = self.pick
        data = pick.choice((UDP, UDP, b"", pick.randbytes(pick.randrange(80))))
        size = len(data) if pick.random() < 0.97 else self.number()
        length = size if pick.random() < 0.7 else self.number()
        padded = data + bytes(-len(data) % 4)
        interface = 0 if pick.random() < 0.95 else self.number()
        order, stamp = self.order, (self.number(), self.number())
        match pick.randrange(8):
            case 0:
                return block(3, struct.pack(order + "I", length) + padded, order)
            case 1:
                head = struct.pack(order + "HHIIII", interface & 0xFFFF, self.number() & 0xFFFF, *stamp, size, length)
                return block(2, head + padded + self.options(), order)
        head = struct.pack(order + "IIIII", interface, *stamp, size, length)
        return block(6, head + padded + self.options(), order)

    def block(self) -> bytes:
        pick, order = self.pick, self.order
        match pick.randrange(14):
            case 0:
                self.order = order = pick.choice("<<<>")
                version = pick.choice(((1, 0), (1, 0), (1, 0), (1, 2), (1, 0), (2, 0)))
                head = struct.pack(order + "IHHq", 0x1A2B3C4D, *version, pick.choice((-1, -1, 0, self.number())))
                return block(0x0A0D0D0A, head + self.options(), order)
            case 1 | 2:
                head = struct.pack(order + "HHI", pick.choice(LINKTYPES), 0, self.number())
                return block(1, head + self.options(), order)
            case 3:
                head = struct.pack(order + "III", pick.choice((0, 0, self.number())), self.number(), self.number())
                return block(5, head + self.options(), order)
            case 4:
                secrets = self.bytes()
                size = len(secrets) if pick.random() < 0.95 else self.number()
                head = struct.pack(order + "II", 0x544C534B, size)
                return block(10, head + secrets + bytes(-len(secrets) % 4), order)
            case 5:
                kind = pick.choice((4, 0xBAD, 0x40000BAD, 0x80000001, self.number()))
                return block(kind, pick.randbytes(4 * pick.randrange(9)), order)
        return self.packet()

    def pcapng(self) -> bytes:
        first = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        blocks = [first, block(1, struct.pack("<HHI", self.pick.choice(LINKTYPES), 0, 0) + self.options())]
        return b"".join(blocks + [self.block() for _ in range(self.pick.randrange(12))])

    def pcap(self) -> bytes:
        pick, order = self.pick, self.pick.choice("<>")
        magic = pick.choice(MAGICS)
        version, linktype = pick.choice((4, 4, 4, 4, 4, 4, 4, 2, 9)), pick.choice(LINKTYPES)
        whole = struct.pack(order + "IHHiIII", magic, 2, version, 0, 0, self.number(), linktype)
        for _ in range(pick.randrange(6)):
            data = pick.choice((UDP, UDP, b"", pick.randbytes(pick.randrange(80))))
            size = len(data) if pick.random() < 0.9 else self.number()
            length = size if pick.random() < 0.7 else self.number()
            whole += struct.pack(order + "IIII", self.number(), self.number(), size, length)
            whole += bytes(8 if magic == MAGICS[2] else 0) + data
        return whole


def damaged(content: bytes, pick: random.Random) -> bytes:
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


def inputs(seed: str) -> Iterator[dict]:
    """Endless."""
    pick = random.Random(seed)
    while True:
        maker = Maker(pick)
        content = maker.pcapng() if pick.random() < 0.8 else maker.pcap()
        if pick.random() < 0.5:
            content = damaged(content, pick)
        if pick.random() < 0.05:
            content = gzip.compress(content, 1)
            content = damaged(content, pick) if pick.random() < 0.5 else content
        yield {"hex": content.hex(), "verbose": pick.randrange(3), "times": pick.randrange(6),
               "copy": pick.random() < 0.1}


def survive(recorder: Recorder, source: Iterable[dict]) -> None:
    file, copy = os.memfd_create("savefile"), os.memfd_create("copy")
    for record in source:
        content = bytes.fromhex(record["hex"])
        os.ftruncate(file, 0)
        os.pwrite(file, content, 0)
        with recorder.input(**record):
            try:
                text, counts = print_to_pipe(f"/proc/self/fd/{file}", TextOptions(
                    numeric=True, verbose=record["verbose"], times=TimeStyle(record["times"])))
            except SavefileError as error:
                assert str(error).isprintable(), f"{error!s:.200}"
                continue
            assert counts.read <= len(content), "more packets than bytes"     # gzip'ed ones shrink less than that here
            odd = {letter for letter in text if not letter.isprintable()} - set("\n\t")
            assert not odd, f"raw {odd} in the text"
            if record["copy"]:
                os.ftruncate(copy, 0)
                sink = open_writer(f"/proc/self/fd/{copy}")
                try:
                    pump(f"/proc/self/fd/{file}", sink)
                finally:
                    sink.close()
                again, _ = print_to_pipe(f"/proc/self/fd/{copy}", TextOptions(
                    numeric=True, verbose=record["verbose"], times=TimeStyle(record["times"])))
                assert again.count("\n") == text.count("\n"), "the copy reads otherwise"


if __name__ == "__main__":
    main(survive)
