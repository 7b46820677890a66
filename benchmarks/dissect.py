"""Dissecting a capture into fields: packets per CPU second of one thread, the file being in memory already."""

import os
import time
from pathlib import Path

from benchmarks.captures import all_captures
from ptcpdump.dissect.core import tally
from ptcpdump.dissect.fields import Fields

ROUNDS = 5
OBJECTS = 20_000        # packets that are made Python objects of


def per_second(path: Path) -> tuple[float, dict[str, int]]:
    """Packets per CPU second of the pass alone, without a Python object, and what it found."""
    capture = path.read_bytes()
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        found = tally(capture)
        best = min(best, time.thread_time() - began)
    return found["packets"] / best, found


def objects_per_second(path: Path) -> float:
    """Packets per CPU second when Python asks each for its ends and its names."""
    capture = path.read_bytes()
    packets, at = [], 24
    while at < len(capture) and len(packets) < OBJECTS:
        captured = int.from_bytes(capture[at + 8 : at + 12], "little")
        packets.append(capture[at + 16 : at + 16 + captured])
        at += 16 + captured
    began = time.thread_time()
    for packet in packets:
        fields = Fields(packet)
        _ = fields.source, fields.destination, fields.protocol, fields.tcp, fields.dns, fields.tls, fields.http
    return len(packets) / (time.thread_time() - began)


def main() -> None:
    count = int(os.environ.get("BENCH_PACKETS", "1000000"))
    captures = all_captures(Path(os.environ.get("BENCH_FOLDER", "build/bench")), count)
    print(f"dissecting {count:,} packets in memory into fields, best of {ROUNDS}, packets per CPU second")
    for name, path in captures.items():
        speed, found = per_second(path)
        kinds = ", ".join(f"{number * 100 // found['packets']} % {kind}" for kind, number in found.items()
                          if kind in ("tcp", "udp", "dns", "http", "hellos") and number)
        objects = objects_per_second(path)
        print(f"  {name:6} {speed / 1e6:5.1f} M in C, {objects / 1e6:5.2f} M as Python objects ({kinds})", flush=True)


if __name__ == "__main__":
    main()
