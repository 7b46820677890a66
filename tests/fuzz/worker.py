"""One family's fuzz run in a process of its own: `worker.py FAMILY SEED INPUTS TRACE`; the family "all" is all of them.

TRACE is a Recorder's. `worker.py --replay FILE TRACE` renders recorded inputs instead.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import Recorder, replayed
from seeds import Packet, seeds
from wrap import touched, wrap

from ptcpdump.printers.base import calling, core, families, names
from ptcpdump.printers.base.registry import PRINTERS

ALLOWED = frozenset(b"\t\n" + bytes(range(0x20, 0x7F)))
LONGEST = 9000          # bytes of an input; longer seeds are cut
EVERY_LENGTH = 40       # seeds that are cut at every length

DUMPS = tuple({flag: times} for flag in ("hex", "hex_ascii", "ascii") for times in (1, 2))

Options = dict[str, int | bool | str]


class Run:
    """Renders inputs and checks what comes out."""

    def __init__(self, trace: Path) -> None:
        self.recorder = Recorder(trace)
        calling.faults = []
        names.load_services()
        names.install(lambda address: b"host.example" if address[-1] % 2 else None)

    def check(self, packet: Packet, length: int, options: Options) -> None:
        linktype, data = packet
        with self.recorder.input(linktype=linktype, length=length, options=options, hex=data.hex()):
            text = core.render(data, linktype, length, **options)
        assert not calling.faults, f"a printer failed: {calling.faults[0]!r}"
        assert len(text) <= 8192 + 400 * len(data), f"{len(text)} bytes of text for {len(data)} bytes"
        odd = set(text) - ALLOWED
        assert not odd, f"raw bytes {sorted(odd)} in {text!r}"


def mutate(data: bytes, pick: random.Random, others: list[Packet]) -> bytes:
    """A few of: flipped bits, interesting bytes, lengths near what is there, parts moved, parts of another packet."""
    out = bytearray(data[:LONGEST] or b"\0")
    for _ in range(pick.choice((1, 1, 2, 3, 8))):
        at = pick.randrange(len(out))
        match pick.randrange(7):
            case 0:
                out[at] ^= 1 << pick.randrange(8)
            case 1:
                out[at] = pick.choice((0, 1, 0x7F, 0x80, 0xFF, pick.randrange(256)))
            case 2:
                out[at : at + 2] = pick.choice((0, 1, 0xFFFF, len(out), len(out) - at, at)).to_bytes(2)
            case 3:
                out[at : at + 4] = pick.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
            case 4:
                del out[at : at + pick.randrange(1, 9)]
            case 5:
                out[at:at] = out[at : at + pick.randrange(1, 33)]
            case 6:
                other = pick.choice(others)[1]
                start = pick.randrange(len(other) or 1)
                out[at : at + 16] = other[start : start + 16]
        out = out[:LONGEST] or bytearray(1)
    return bytes(out)


def random_options(pick: random.Random, forced: list[str]) -> Options:
    return {
        "verbose": pick.randrange(4), "quiet": pick.random() < 0.1, "numeric": pick.random() < 0.8,
        "link_header": pick.random() < 0.3, "absolute_seq": pick.random() < 0.1, "no_checksums": pick.random() < 0.1,
        "force": pick.choice(forced) if forced else "", **pick.choice(({}, {}, {}, *DUMPS)),
    }


def load(family: str) -> tuple[list[tuple[str, int]], list[str]]:
    """Fill the registry; returns the keys and the -T names that this family serves."""
    families.load()
    rows = [row for row in PRINTERS if family in ("all", row.printer.partition(":")[0])]
    keys = {("udp.port" if row.layer == "udp.dstport" else row.layer, key) for row in rows for key in row.keys}
    return sorted(keys), [row.type for row in rows if row.type]


def inputs(family: str, pick: random.Random) -> Iterator[tuple[Packet, int, Options]]:
    """Endless: first the family's seeds cut at every length, then mutations and random bytes behind its headers."""
    keys, forced = load(family)
    everything = [(linktype, data) for linktype, data in seeds() if data] or [(1, bytes(64))]
    pick.shuffle(everything)
    own = [packet for packet in everything if touched(packet) & set(keys)] or everything
    for linktype, data in own[:EVERY_LENGTH]:
        step = max(1, len(data) // 200)
        for cut in range(0, len(data), step):
            yield (linktype, data[:cut]), len(data), random_options(pick, forced)
    while True:
        linktype, data = pick.choice(own)
        if keys and pick.random() < 0.4:
            layer, key = pick.choice(keys)
            tail = pick.choice(own)[1][pick.choice((0, 14, 34, 42, 54, 62)) :]
            payload = mutate(tail, pick, own) if pick.random() < 0.7 else pick.randbytes(pick.randrange(200))
            linktype, data = wrap(layer, key, payload, six=pick.random() < 0.5)
        else:
            data = mutate(data, pick, everything)
        cut = len(data) if pick.random() < 0.7 else pick.randrange(len(data) + 1)
        yield (linktype, data[:cut]), len(data), random_options(pick, forced)


def fuzz(family: str, seed: int, count: int, trace: Path) -> int:
    run = Run(trace)
    source = inputs(family, random.Random(f"{family} {seed}"))
    for _ in range(count):
        run.check(*next(source))
    return run.recorder.count


def replay(recorded: Path, trace: Path) -> int:
    families.load()
    run = Run(trace)
    for case in replayed(recorded):
        packet = case["linktype"], bytes.fromhex(case["hex"])
        run.check(packet, case["length"], case["options"])
        for verbose in range(4):
            for dump in ({}, *DUMPS):
                run.check(packet, case["length"], case["options"] | {"verbose": verbose} | dump)
    return run.recorder.count


if __name__ == "__main__":
    if sys.argv[1] == "--replay":
        print(replay(Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        print(fuzz(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
