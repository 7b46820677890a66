"""What probes cost a program, and how fast TLS is decrypted.

Run as root: python -m benchmarks.tls [HANDSHAKES]. It builds a Go program with the toolchain of the tests, lets it make
so many connections with and without us, in turn, and compares times and key logs; then it reads 100 MB of records of
16 KiB from a file, and compares the CPU time with tshark's.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests/support")]
from tlsmemory import CLIENT, SERVER, converse, make_certificate  # noqa: E402
from tlssavefiles import GET, savefile, segments  # noqa: E402
from toolchains import VERSIONS, program  # noqa: E402

OURS = [sys.executable, "-m", "ptcpdump"]
ROUNDS, MEGABYTES = 3, 100


def talk(folder: Path, count: int, ready: list[str]) -> tuple[float, list[str]]:
    """Seconds for so many connections, and what the program itself has logged. ready: a capture of it, or nothing."""
    log = folder / "own"
    log.unlink(missing_ok=True)
    process = subprocess.Popen([program(VERSIONS[0], "stripped"), log, "1.3", str(count)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    capture = None
    if ready:
        fifo = folder / "ready"
        os.mkfifo(fifo)
        capture = subprocess.Popen([*OURS, "-i", "lo", "-w", "/dev/null", "--pid", str(process.pid), "--ready-file",
                                    fifo, *ready, "port 1"], stderr=subprocess.PIPE, text=True)
        fifo.read_bytes()
        fifo.unlink()
    begin = time.monotonic()
    process.stdin.write("go\n")
    process.stdin.flush()
    process.stdout.readline()
    took = time.monotonic() - begin
    process.communicate()
    if capture is not None:
        capture.terminate()
        capture.communicate()
    return took, sorted(line for line in log.read_text().splitlines() if not line.startswith("#"))


def handshakes(folder: Path, count: int) -> None:
    """Print the times with and without probes, the least of each."""
    keys = folder / "keys"
    times: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for probed in (False, True):
            keys.unlink(missing_ok=True)
            took, own = talk(folder, count, ["--write-keylog-file", str(keys)] if probed else [])
            times[probed].append(took)
            if probed and sorted(keys.read_text().splitlines()) != own:
                sys.exit("the key logs differ")
    without, with_us = min(times[False]), min(times[True])
    print(f"{count} handshakes: {without:.2f} s without probes, {with_us:.2f} s with them ({with_us / without:.2f} x); "
          f"{4 * count} secrets equal")


def cpu(*words: str | Path) -> float:
    """CPU seconds that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def decryption(folder: Path) -> None:
    """Print how many MB of plaintext are found in a second of CPU time."""
    make_certificate(folder / "both.pem")
    size = MEGABYTES * 1_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    body = [(SERVER, os.urandom(1_000_000)) for _ in range(MEGABYTES)]
    sent = converse(folder / "both.pem", folder / "log", "1.3", [(CLIENT, GET), (SERVER, head), *body])
    file = savefile(folder / "x.pcapng", segments(sent), (folder / "log").read_bytes())
    ours = min(cpu(*OURS, "-n", "-r", file, "--decrypt", "--http-path", "/*") for _ in range(ROUNDS))
    start = min(cpu(*OURS, "-n", "-r", file, "--decrypt", "-c", "1") for _ in range(ROUNDS))
    theirs = cpu("tshark", "-n", "-r", file, "-q", "-z", "follow,tls,raw,99")
    print(f"{MEGABYTES} MB in segments of 1400 bytes: {ours:.2f} s of CPU time, {start:.2f} s of which to start "
          f"({MEGABYTES / (ours - start):.0f} MB/s); tshark {theirs:.2f} s ({theirs / ours:.1f} x)")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        handshakes(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
        decryption(Path(name))
