"""Savefiles read and written again, ptcpdump against `tcpdump -r -w`: packets and MB per CPU second, in turns."""

import os
import shutil
import sys
from pathlib import Path

from benchmarks.captures import all_captures
from benchmarks.printing import cpu_seconds

ROUNDS = 3


def main() -> None:
    count = int(os.environ.get("BENCH_PACKETS", "1000000"))
    folder = Path(os.environ.get("BENCH_FOLDER", "build/bench"))
    capture = all_captures(folder, count)["mixed"]
    ours, theirs = str(Path(sys.executable).with_name("ptcpdump")), shutil.which("tcpdump") or "/usr/bin/tcpdump"
    size = capture.stat().st_size
    pcap, pcapng = (str(folder / f"copy.{ending}") for ending in ("pcap", "pcapng"))
    rows = {
        "tcpdump -r -w": [theirs, "-r", str(capture), "-w", pcap],
        "ptcpdump -r -w, pcap": [ours, "-r", str(capture), "-w", pcap],
        "ptcpdump -r -w, pcapng": [ours, "-r", str(capture), "-w", pcapng],
        "tcpdump -r --count": [theirs, "-r", str(capture), "--count"],
        "ptcpdump -r --count": [ours, "-r", str(capture), "--count"],
    }
    best = dict.fromkeys(rows, 1e9)
    for _ in range(ROUNDS):
        for name, command in rows.items():
            best[name] = min(best[name], cpu_seconds(command))
    print(f"savefiles of {count:,} packets, {size / 1e6:.0f} MB, best of {ROUNDS}, per CPU second")
    for name, seconds in best.items():
        print(f"  {name:24} {count / seconds / 1e6:5.2f} M packets  {size / seconds / 1e6:6.0f} MB", flush=True)
    for copy in folder.glob("copy.pcap*"):
        copy.unlink()
