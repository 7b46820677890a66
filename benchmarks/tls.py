"""What probes cost a program, and how fast TLS is decrypted.

python -m benchmarks.tls [CONNECTIONS]. As root it has programs make so many connections with and without us (see
handshakes.py); then it reads 100 MB of records of 16 KiB from a file, and compares the CPU time with tshark's.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import handshakes

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests/support")]
from tlsmemory import CLIENT, SERVER, converse, make_certificate  # noqa: E402
from tlssavefiles import GET, savefile, segments  # noqa: E402

OURS = [sys.executable, "-m", "ptcpdump"]
ROUNDS, MEGABYTES = 3, 100


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


def main(connections: int = handshakes.COUNT) -> None:
    """All of it."""
    if os.geteuid() == 0:
        handshakes.main(connections)
    with tempfile.TemporaryDirectory() as name:
        decryption(Path(name))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
