"""Packets as data: packets per CPU second, --json against tshark -T ek over the same capture, and --parquet."""

import os
import sys
from pathlib import Path

from benchmarks.captures import all_captures
from benchmarks.printing import cpu_seconds

SHARE = 20      # tshark gets the first of so many packets: it would take minutes for all


def main() -> None:
    count = int(os.environ.get("BENCH_PACKETS", "1000000"))
    folder = Path(os.environ.get("BENCH_FOLDER", "build/bench"))
    capture = str(all_captures(folder, count)["mixed"])
    part = folder / "part.pcap"
    ours = str(Path(sys.executable).with_name("ptcpdump"))
    cpu_seconds([ours, "-r", capture, "-c", str(count // SHARE), "-w", str(part)])
    print(f"{count:,} packets as JSON to /dev/null, packets per CPU second")
    theirs = count / SHARE / cpu_seconds(["tshark", "-n", "-r", str(part), "-T", "ek"])
    mine = count / min(cpu_seconds([ours, "--json", "-n", "-r", capture]) for _ in range(3))
    print(f"  tshark -T ek {theirs / 1e3:6.1f} k  ptcpdump --json {mine / 1e3:6.1f} k  "
          f"ratio {mine / theirs:5.1f}", flush=True)
    table = str(folder / "packets.parquet")
    mine = count / min(cpu_seconds([ours, "--parquet", table, "-n", "-r", capture]) for _ in range(3))
    print(f"  ptcpdump --parquet {mine / 1e3:6.1f} k  ratio {mine / theirs:5.1f}", flush=True)


if __name__ == "__main__":
    main()
