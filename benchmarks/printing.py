"""Printing a capture: packets per CPU second, ptcpdump against tcpdump, in turns within one run."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.captures import SMALL, all_captures

ROUNDS = 3
CASES = (("varied", ("-n",)), ("mixed", ("-n",)), ("mixed", ("-n", "-v")), ("mixed", ("-n", "-X")), ("dns", ("-n",)))


def cpu_seconds(command: list[str]) -> float:
    """User and system time of a command whose output nobody reads."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def main() -> None:
    count = int(os.environ.get("BENCH_PACKETS", "1000000"))
    folder = Path(os.environ.get("BENCH_FOLDER", "build/bench"))
    captures = all_captures(folder, count)
    ours, theirs = [str(Path(sys.executable).with_name("ptcpdump"))], [shutil.which("tcpdump") or "/usr/bin/tcpdump"]
    print(f"printing {count:,} packets to /dev/null, best of {ROUNDS}, packets per CPU second")
    for name, flags in CASES:
        words = [*flags, "-r", str(captures[name])]
        best = {"tcpdump": 1e9, "ptcpdump": 1e9}
        for _ in range(ROUNDS):
            best["tcpdump"] = min(best["tcpdump"], cpu_seconds(theirs + words))
            best["ptcpdump"] = min(best["ptcpdump"], cpu_seconds(ours + words))
        print(f"  {name:6} {' '.join(flags):6}  tcpdump {count / best['tcpdump'] / 1e6:5.2f} M  "
              f"ptcpdump {count / best['ptcpdump'] / 1e6:5.2f} M  ratio {best['tcpdump'] / best['ptcpdump']:5.1f}",
              flush=True)
    best = dict.fromkeys(("tcpdump", "ptcpdump", "python -c pass"), 1e9)
    for _ in range(10 * ROUNDS):
        for name, command in (("tcpdump", [*theirs, "-n", "-r", str(captures["small"])]),
                              ("ptcpdump", [*ours, "-n", "-r", str(captures["small"])]),
                              ("python -c pass", [sys.executable, "-c", "pass"])):
            began = time.monotonic()
            cpu_seconds(command)
            best[name] = min(best[name], time.monotonic() - began)
    print(f"printing {SMALL} packets, start to end, best of {10 * ROUNDS}: "
          + ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in best.items()), flush=True)


if __name__ == "__main__":
    main()
