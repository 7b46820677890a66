"""From exec to attached hooks: with container runtimes running and without, in turns."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.live.containers import daemons

ROUNDS = 9
NOWHERE = "/nonexistent.sock"


def ready(folder: Path, place: daemons.Place, addresses: dict[str, object]) -> float:
    """Seconds from exec until the ready-file is written."""
    fifo = folder / "ready"
    os.mkfifo(fifo)
    flags = [word for kind, address in addresses.items() for word in (f"--{kind}-address", str(address))]
    words = [*place.enter, sys.executable, "-m", "ptcpdump", "-i", "any", "-w", "/dev/null", "--ready-file", str(fifo)]
    start = time.monotonic()
    with subprocess.Popen([*words, *flags], stderr=subprocess.DEVNULL) as process:
        fifo.read_text()        # waits for who writes it
        took = time.monotonic() - start
        process.terminate()
    fifo.unlink()
    return took


def main() -> None:
    """Print medians; needs root and dockerd, which starts a containerd of its own."""
    absent = dict.fromkeys(("docker", "containerd", "cri-runtime", "podman"), NOWHERE)
    with (tempfile.TemporaryDirectory() as name, daemons.place(Path(name), 9) as place,
          daemons.docker(place) as docker):
        containerd = Path(name) / "exec/containerd/containerd.sock"
        docker("run", "-d", "--network", "host", daemons.BUSYBOX, "sleep", "1000")
        running = {**absent, "docker": docker.socket, "containerd": containerd, "cri-runtime": containerd}
        results: dict[str, list[float]] = {"without runtimes": [], "with Docker and containerd": []}
        for _ in range(ROUNDS):
            results["without runtimes"].append(ready(Path(name), place, absent))
            results["with Docker and containerd"].append(ready(Path(name), place, running))
    print(f"start-up, median of {ROUNDS}")
    for text, times in results.items():
        print(f"    {text:30} {statistics.median(times):5.2f} s")
    without, with_runtimes = (statistics.median(times) for times in results.values())
    print(f"    difference: {with_runtimes - without:5.2f} s", flush=True)


if __name__ == "__main__":
    main()
