"""What text costs whoever sends: packets a second of a UDP flood while a capture prints to /dev/null, as ratios.

The same namespaces as for captures to a file, and the same rounds: ratios are those of tools in the same round.
"""

import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.live import DEVICE, HERE, NOBODY, ROUNDS, THERE, await_ready, inside, pair

SIZE = 64
FLOOD = f"""
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.198.0.1", 9))
data, count, send = bytes({SIZE}), int(sys.argv[1]), s.send
began = time.monotonic()
for _ in range(count):
    try:
        send(data)
    except OSError:
        pass
print(count / (time.monotonic() - began))
"""
TOOLS = {NOBODY: [], "tcpdump": [shutil.which("tcpdump") or "tcpdump", "-Z", "root"],
         "ptcpdump": [str(Path(sys.executable).with_name("ptcpdump"))]}


@contextlib.contextmanager
def printing(command: list[str], log: Path) -> Iterator[None]:
    """Run a capture that prints to /dev/null."""
    if not command:
        yield
        return
    with log.open("w") as file:
        process = subprocess.Popen(inside(HERE, *command, "-n", "-i", DEVICE), stdout=subprocess.DEVNULL, stderr=file)
    await_ready(process, log)
    yield
    process.send_signal(signal.SIGINT)
    process.wait()


def rate(command: list[str], folder: Path, count: str) -> float:
    """Packets a second that a sender manages beside it."""
    script = folder / "flood.py"
    script.write_text(FLOOD)
    with printing(command, folder / "log"):
        words = inside(THERE, "taskset", "-c", "0", sys.executable, "-I", str(script), count)
        return float(subprocess.run(words, check=True, capture_output=True).stdout)


def main() -> None:
    count = os.environ.get("BENCH_FLOOD", "1000000")
    rates: dict[str, list[float]] = {tool: [] for tool in TOOLS}
    with pair(), tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for tool, command in TOOLS.items():
                rates[tool].append(rate(command, Path(folder), count))
    print(f"text to /dev/null: packets/s of a UDP flood of {SIZE} bytes beside it, medians of {ROUNDS}")
    for tool, measured in rates.items():
        print(f"  {tool:10} {statistics.median(measured):9,.0f} ({min(measured):,.0f} to {max(measured):,.0f})")
    share = statistics.median(a / b for a, b in zip(rates["ptcpdump"], rates["tcpdump"], strict=True))
    print(f"  ptcpdump to tcpdump {share:.2f}", flush=True)


if __name__ == "__main__":
    main()
