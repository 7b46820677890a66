"""What the workers of fuzz runs share: the input that is in use, on record, and bounds of what one may cost."""

import contextlib
import gc
import json
import mmap
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TRACE_SIZE = 1 << 20
SLOW = 2.0                  # seconds that no input may take
GROWTH = 64 << 10           # KiB by which the process may grow over one input
SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")   # all is slower then, and freed memory is kept for a while


class Recorder:
    """Writes each input to a memory-mapped file before it is used, so that whoever started this process can tell which
    one crashed or hung it."""

    def __init__(self, trace: Path) -> None:
        trace.write_bytes(bytes(TRACE_SIZE))
        with trace.open("r+b") as file:
            self.trace = mmap.mmap(file.fileno(), TRACE_SIZE)
        self.count = 0

    @contextlib.contextmanager
    def input(self, **record: object) -> Iterator[None]:
        """Use an input, which has to end within time and memory. Raises AssertionError."""
        text = json.dumps(record).encode()[:TRACE_SIZE - 1]
        self.trace[: len(text) + 1] = text + b"\0"
        before, began = resident(), time.perf_counter()
        yield
        took, grown = time.perf_counter() - began, resident() - before
        self.count += 1
        assert took < SLOW * (10 if SANITIZED else 1), f"took {took:.1f} s"
        assert SANITIZED or grown < GROWTH, f"the process grew by {grown >> 10} MiB"


def resident() -> int:
    """The most memory, KiB, that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def replayed(path: Path) -> Iterator[dict]:
    """Inputs that were recorded, one a line."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield json.loads(line)


def main(worker) -> None:
    """WORKER SEED INPUTS TRACE, or WORKER --replay FILE TRACE; prints the number of inputs.

    worker(recorder, source): uses the inputs of an iterable. Its module's inputs(seed) makes them.
    """
    gc.freeze()
    recorder = Recorder(Path(sys.argv[3]))
    if sys.argv[1] == "--replay":
        worker(recorder, replayed(Path(sys.argv[2])))
    else:
        source = sys.modules["__main__"].inputs(f"{Path(sys.argv[0]).stem} {sys.argv[1]}")
        worker(recorder, (record for _, record in zip(range(int(sys.argv[2])), source, strict=False)))
    print(recorder.count)
