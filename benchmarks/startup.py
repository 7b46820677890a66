"""From exec to attached hooks: with container runtimes running and without, in turns."""

import statistics
import tempfile
import time
from pathlib import Path

from tests.live.containers import daemons
from tests.live.harness import capturing

ROUNDS = 9
NOWHERE = "/nonexistent.sock"


def ready(folder: Path, place: daemons.Place, addresses: dict[str, object]) -> float:
    """Seconds from exec until the ready-file is written."""
    flags = [word for kind, address in addresses.items() for word in (f"--{kind}-address", str(address))]
    start = time.monotonic()
    with capturing(folder, "-i", "any", "-w", "/dev/null", *flags, prefix=place.enter):
        return time.monotonic() - start


def main() -> None:
    """Print medians; needs root and dockerd, which starts a containerd of its own."""
    absent = dict.fromkeys(("docker", "containerd", "cri-runtime", "podman"), NOWHERE)
    with (tempfile.TemporaryDirectory() as name, daemons.place(Path(name), 9) as place,
          daemons.docker(place) as docker):
        containerd = Path(name) / "exec/containerd/containerd.sock"
        docker("run", "-d", "--network", "host", daemons.BUSYBOX, "sleep", "1000")
        running = {**absent, "docker": docker.socket, "containerd": containerd, "cri-runtime": containerd}
        runs = Path(name) / "runs"
        runs.mkdir()
        results: dict[str, list[float]] = {"without runtimes": [], "with Docker and containerd": []}
        for _ in range(ROUNDS):
            results["without runtimes"].append(ready(runs, place, absent))
            results["with Docker and containerd"].append(ready(runs, place, running))
    print(f"start-up, median of {ROUNDS}")
    for text, times in results.items():
        print(f"    {text:30} {statistics.median(times):5.2f} s")
    without, with_runtimes = (statistics.median(times) for times in results.values())
    print(f"    difference: {with_runtimes - without:5.2f} s", flush=True)


if __name__ == "__main__":
    main()
