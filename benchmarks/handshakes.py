"""What our probes cost programs that make TLS connections, with each library, and whether their keys are whole.

Each program makes connections with itself, with and without us in turn. Run by benchmarks.tls.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests/support")]
from tlsmemory import make_certificate  # noqa: E402
from toolchains import VERSIONS, program  # noqa: E402

OURS = [sys.executable, "-m", "ptcpdump"]
ROUNDS, COUNT = 5, 2000     # the libraries' programs; with 10,000 connections it takes a quarter of an hour
TALK = ROOT / "tests/support/tlstalk"
# by kind of --tls-keys: what is run, and which part of COUNT, for some have more to do beside their handshakes
PROGRAMS = {
    "Go": ("go", 1), "OpenSSL (Python's ssl)": ("openssl", 1), "OpenSSL (pyOpenSSL)": ("pyopenssl", 1),
    "OpenSSL (Node.js)": ("node", 4), "GnuTLS": ("gnutls", 2), "BoringSSL (curl_cffi)": ("boringssl", 10),
}


@dataclass
class Cost:
    """Seconds: of the whole, of the program's CPU time, and of that of the capture beside it."""

    whole: float
    cpu: float
    ours: float = 0


def command(name: str, folder: Path, count: int) -> list[str | Path]:
    """A program that makes connections and logs its own keys."""
    if name == "go":
        return [program(VERSIONS[0], "stripped"), folder / "own.log", "1.3", str(count)]
    if name == "node":
        return ["node", TALK.with_suffix(".js"), folder, str(count)]
    return [sys.executable, TALK.with_suffix(".py"), name, folder, str(count)]


def cpu(pid: int) -> float:
    """Seconds of CPU time of a process so far (proc_pid_stat(5): utime, stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def keys(log: Path) -> set[str]:
    """The lines of a key log, each once."""
    return {line for line in log.read_text().splitlines() if not line.startswith("#")}


def capture_of(pid: int, folder: Path, kinds: str) -> subprocess.Popen[bytes]:
    """A capture that writes a process's keys and no packets, once it is ready."""
    fifo = folder / "ready"
    os.mkfifo(fifo)
    process = subprocess.Popen([*OURS, "-i", "lo", "-w", "/dev/null", "--pid", str(pid), "--ready-file", fifo,
                                "--write-keylog-file", folder / "ours.log", "--tls-keys", kinds, "port 1"],
                               stderr=subprocess.DEVNULL)
    fifo.read_bytes()
    fifo.unlink()
    return process


def talk(name: str, folder: Path, count: int, *, probed: bool) -> Cost:
    """Have a program make its connections; with us the key logs have to be equal."""
    own, ours = folder / "own.log", folder / "ours.log"
    for log in (own, ours):
        log.unlink(missing_ok=True)
    with subprocess.Popen(command(name, folder, count), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        process.stdout.readline()
        capture = capture_of(process.pid, folder, "boringssl" if name == "boringssl" else "auto") if probed else None
        before, start, begin = cpu(process.pid), cpu(capture.pid) if capture else 0, time.monotonic()
        process.stdin.write("go\n")
        process.stdin.flush()
        if process.stdout.readline() != "done\n":
            sys.exit(f"{name}: not all connections were made")
        cost = Cost(time.monotonic() - begin, cpu(process.pid) - before)
        if capture is not None:
            capture.terminate()
            used = os.wait4(capture.pid, 0)[2]
            cost.ours = used.ru_utime + used.ru_stime - start
    if probed and (not keys(own) or keys(ours) != keys(own)):
        sys.exit(f"{name}: the key logs differ")
    return cost


def main(most: int = COUNT) -> None:
    """Print medians of each program's rounds, and the ratios of times in the same round."""
    print(f"TLS connections with and without probes, median of {ROUNDS} rounds: us of the program's CPU time each, "
          "and how many times as long it takes")
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        make_certificate(folder / "key.pem")
        (folder / "key.crt").rename(folder / "certificate.pem")
        for title, (name, part) in PROGRAMS.items():
            count = most // part
            rounds = [[talk(name, folder, count, probed=probed) for probed in (False, True)] for _ in range(ROUNDS)]
            without, with_us, ours = (statistics.median(each) / count * 1e6 for each in zip(
                *((one.cpu, other.cpu, other.ours) for one, other in rounds), strict=True))
            ratio = statistics.median(other.whole / one.whole for one, other in rounds)
            print(f"    {title:22} {count:6}: {without:5.0f} -> {with_us:5.0f} us of CPU time "
                  f"({with_us / without:.2f} x), {ratio:.2f} x as long; beside it {ours:4.0f} us of ours", flush=True)
