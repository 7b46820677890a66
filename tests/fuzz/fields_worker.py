"""A fuzz run of the dissection into fields: `fields_worker.py SEED INPUTS TRACE`.

TRACE is a Recorder's. `fields_worker.py --replay FILE TRACE` uses recorded inputs instead.
"""

import ctypes
import mmap
import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import Recorder, replayed
from seeds import Packet, seeds
from worker import mutate

from ptcpdump.dissect.core import tally
from ptcpdump.dissect.decode import read_hello, read_http
from ptcpdump.dissect.dns_message import read_message
from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.quic import read_quic

LINKTYPES = (0, 1, 9, 12, 50, 51, 101, 104, 108, 113, 149, 166, 228, 229, 258, 276)
PROPERTIES = tuple(name for name, kind in vars(Fields).items() if not name.startswith("_") and hasattr(kind, "__get__"))
PAGE = mmap.PAGESIZE
ROOM = 128 * PAGE  # bytes before the page that may not be read
HEADER = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 0)


class Fence:
    """Memory whose end nobody may read beyond: the next page is not there, so that a read there is a crash."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, ROOM + PAGE)
        self.view = (ctypes.c_char * ROOM).from_buffer(self.memory)
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
        if protect(ctypes.addressof(self.view) + ROOM, PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")

    def put(self, data: bytes) -> memoryview:
        """The bytes, so that they end where the memory does."""
        self.memory[ROOM - len(data) : ROOM] = data
        return memoryview(self.view).cast("B")[ROOM - len(data) :]


class Run:
    """Dissects inputs and checks what comes out."""

    def __init__(self, trace: Path) -> None:
        self.recorder = Recorder(trace)
        self.fence = Fence()

    def check(self, packet: Packet, length: int) -> None:
        linktype, data = packet
        file = HEADER[:20] + struct.pack("=I", linktype) + struct.pack("=IIII", 0, 0, len(data), length) + data
        with self.recorder.input(linktype=linktype, length=length, hex=data.hex()):
            found = tally(self.fence.put(file))
            fields = Fields(data, linktype, length)
            values = {name: getattr(fields, name) for name in PROPERTIES}
            read_hello(data), read_http(data), read_message(data), read_quic(data)
        assert found["packets"] == 1
        assert found["ip"] == (values["source"] is not None), "one pass says IP, the other doesn't"
        assert fields.payload_offset + len(fields.payload) <= len(data)
        assert len(fields.payload) <= fields.payload_length <= max(length, len(data))
        assert (fields.source is None) == (fields.destination is None) == (fields.protocol is None)
        assert not (fields.tcp and fields.udp)
        for text in names(fields):
            assert text.isascii(), f"{text!r} is no ASCII"
            assert len(text) <= 4 * len(data), "a name that is longer than the packet"


def names(fields: Fields) -> list[str]:
    """All text that comes from the packet."""
    found: list[str | None] = []
    if fields.dns:
        found += [question.name for question in fields.dns.questions]
        found += [text for answer in fields.dns.answers for text in (answer.name[:200], (answer.target or "")[:200])]
    for tls in (fields.tls, fields.quic.tls if fields.quic else None):
        found += [tls.server_name, *tls.protocols] if tls else []
    if fields.http:
        found += [fields.http.method, fields.http.path, fields.http.host]
    return [text for text in found if text is not None]


def inputs(pick: random.Random) -> Iterator[tuple[Packet, int]]:
    """Endless: seeds cut at every length, then mutations, other link types, and random bytes."""
    everything = [packet for packet in seeds() if packet[1] and packet[0] in LINKTYPES]
    pick.shuffle(everything)
    for linktype, data in everything[:200]:
        for cut in range(0, len(data), max(1, len(data) // 50)):
            yield (linktype, data[:cut]), len(data)
    while True:
        linktype, data = pick.choice(everything)
        if pick.random() < 0.05:
            data = pick.randbytes(pick.randrange(200))
        elif pick.random() < 0.9:
            data = mutate(data, pick, everything)
        if pick.random() < 0.05:
            linktype = pick.choice(LINKTYPES)
        cut = len(data) if pick.random() < 0.7 else pick.randrange(len(data) + 1)
        yield (linktype, data[:cut]), pick.choice((len(data), len(data), len(data), cut, 0, 2**32 - 1))


def fuzz(seed: int, count: int, trace: Path) -> int:
    run = Run(trace)
    source = inputs(random.Random(f"fields {seed}"))
    for _ in range(count):
        run.check(*next(source))
    return run.recorder.count


def replay(recorded: Path, trace: Path) -> int:
    run = Run(trace)
    for case in replayed(recorded):
        data = bytes.fromhex(case["hex"])
        for cut in range(len(data) + 1):
            run.check((case["linktype"], data[:cut]), case["length"])
    return run.recorder.count


if __name__ == "__main__":
    if sys.argv[1] == "--replay":
        print(replay(Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        print(fuzz(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
