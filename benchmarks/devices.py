"""A capture on many devices: seconds until it is ready and until it is gone, ptcpdump and tcpdump with -i any."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.live import await_ready, inside, sh

NAMESPACE = "ptbench-many"
NUMBERS = (100, 300, 1000)
TOOLS = {"tcpdump": [shutil.which("tcpdump") or "tcpdump", "-Z", "root"],
         "ptcpdump": [str(Path(sys.executable).with_name("ptcpdump"))]}


@contextlib.contextmanager
def devices(number: int) -> Iterator[None]:
    """A namespace with so many devices that are up."""
    sh("ip", "netns", "add", NAMESPACE)
    try:
        pairs = "".join(f"link add a{i} type veth peer name b{i}\nlink set a{i} up\nlink set b{i} up\n"
                        for i in range(number // 2))
        subprocess.run(["ip", "-n", NAMESPACE, "-batch", "-"], input=pairs, text=True, check=True)
        yield
    finally:
        sh("ip", "netns", "delete", NAMESPACE)


def times(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds from the start until it listens, and from SIGTERM until it has ended."""
    log = folder / "log"
    with log.open("w") as file:
        began = time.monotonic()
        process = subprocess.Popen(inside(NAMESPACE, *command, "-n", "-i", "any"), stdout=subprocess.DEVNULL,
                                   stderr=file)
    await_ready(process, log)
    ready = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait()
    return ready - began, time.monotonic() - ready


def main() -> None:
    numbers = map(int, os.environ["BENCH_DEVICES"].split(",")) if "BENCH_DEVICES" in os.environ else NUMBERS
    print("many devices: seconds until ready, until gone; best of 3")
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            with devices(number):
                for tool, command in TOOLS.items():
                    measured = [times(command, Path(folder)) for _ in range(3)]
                    ready, gone = (min(column) for column in zip(*measured, strict=True))
                    print(f"  {number:5} devices, {tool:8} {ready:6.3f} {gone:6.3f}", flush=True)


if __name__ == "__main__":
    main()
