"""Live capture to a file over a veth pair: CPU per captured packet and share kept, ptcpdump against tcpdump, in turns.

The sender lives in a namespace of its own and is bounded in packets and time. CPU is that of the capturing process and
that of the sender (where the kernel part of capturing is paid).
"""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

NAMESPACE, HERE, THERE = "ptbench", "ptbench0", "ptbench1"
ROUNDS = 5
OURS = ("pcapng", "pcap")   # ptcpdump's formats: with what it knows in packet comments, and as tcpdump's
WARM = 2 << 30      # bytes; more than any savefile here gets
FILTER = "udp and dst host 10.198.0.1 and port 9 and not port 53"
FLOOD = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.198.0.1", 9))
data, count = bytes(100), int(sys.argv[1])
for _ in range(count):
    try:
        s.send(data)
    except OSError:
        pass
"""
STREAM = """
import socket, sys, time
s = socket.create_connection(("10.198.0.1", 5002))
data, end = bytes(1 << 18), time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    s.sendall(data)
"""
SINK = """
import socket
s = socket.create_server(("10.198.0.1", 5002))
print("ready", flush=True)
while True:
    c, _ = s.accept()
    while c.recv(1 << 20):
        pass
"""


def sh(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def pair() -> Iterator[None]:
    sh("ip", "netns", "add", NAMESPACE)
    try:
        sh("ip", "link", "add", HERE, "type", "veth", "peer", "name", THERE, "netns", NAMESPACE)
        sh("ip", "address", "add", "10.198.0.1/24", "dev", HERE)
        sh("ip", "-n", NAMESPACE, "address", "add", "10.198.0.2/24", "dev", THERE)
        sh("ip", "link", "set", HERE, "up")
        sh("ip", "-n", NAMESPACE, "link", "set", THERE, "up")
        for where in (["ethtool"], ["nsenter", f"--net=/run/netns/{NAMESPACE}", "ethtool"]):
            device = HERE if where == ["ethtool"] else THERE
            sh(*where, "-K", device, "tso", "off", "gso", "off", "gro", "off")
        yield
    finally:
        sh("ip", "netns", "delete", NAMESPACE)
        subprocess.run(["ip", "link", "delete", HERE], stderr=subprocess.DEVNULL, check=False)


def cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def capturing(tool: str, folder: Path, expression: str) -> Iterator[dict[str, float]]:
    """Run a capture with `-w`, by tcpdump or by ptcpdump with a format; afterwards the result holds its numbers."""
    path = folder / f"savefile.{'pcapng' if tool == 'pcapng' else 'pcap'}"
    log = folder / f"{tool}.log"
    if tool in OURS:
        command = [str(Path(sys.executable).with_name("ptcpdump")), "-i", HERE, "-w", str(path)]
    else:
        command = [shutil.which("tcpdump") or "tcpdump", "-Z", "root", "-n", "-i", HERE, "-w", str(path)]
    command += [expression] if expression else []
    started = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(command, stderr=file)
    result: dict[str, float] = {}
    while "listening on" not in log.read_text() and process.poll() is None:
        time.sleep(0.002)       # tcpdump has no better sign of being ready
    result["ready"] = time.monotonic() - started
    before = cpu(process.pid)
    yield result
    status = Path(f"/proc/{process.pid}/status").read_text()
    result["rss"] = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
    process.send_signal(signal.SIGINT)
    _, _, usage = os.wait4(process.pid, 0)
    result["cpu"] = usage.ru_utime + usage.ru_stime - before
    text = log.read_text()
    result["captured"] = int(re.search(r"(\d+) packets? captured", text)[1])
    result["received"] = int(re.search(r"(\d+) packets? received by filter", text)[1])
    result["dropped"] = int(re.search(r"(\d+) packets? dropped by kernel", text)[1])
    path.unlink()


def send(script: Path, argument: str) -> float:
    """Run a sender in the namespace; CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["nsenter", f"--net=/run/netns/{NAMESPACE}", "taskset", "-c", "0",
                    sys.executable, "-I", str(script), argument], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def warm(folder: Path) -> None:
    """Touch the memory that the savefile will lie in: a virtual machine's host takes back what is free for a while, and
    whoever writes there first would pay for it."""
    path, piece = folder / "memory", bytes(1 << 20)
    with path.open("wb", buffering=0) as file:
        for _ in range(WARM >> 20):
            file.write(piece)
    path.unlink()


def measure(tool: str, script: Path, argument: str, folder: Path, expression: str) -> dict[str, float]:
    warm(folder)
    with capturing(tool, folder, expression) as result:
        sender = send(script, argument)
    result["sender"] = sender
    return result


def show(title: str, results: dict[str, list[dict[str, float]]]) -> None:
    print(f"  {title}")
    best = {}
    for tool, runs in results.items():
        each = [1e6 * (r["cpu"] + r["sender"]) / max(r["captured"], 1) for r in runs]
        own = [1e6 * r["cpu"] / max(r["captured"], 1) for r in runs]
        kept = [r["captured"] / max(r["captured"] + r["dropped"], 1) for r in runs]
        best[tool] = min(each)
        name = f"ptcpdump, {tool}" if tool in OURS else tool
        print(f"    {name:16} capture {min(own):5.2f} us/packet, with sender {min(each):5.2f} us/packet, "
              f"kept {min(kept):7.2%} to {max(kept):7.2%}, memory {max(r['rss'] for r in runs):5.1f} MiB, "
              f"ready in {min(r['ready'] for r in runs):5.3f} s", flush=True)
    ratios = ", ".join(f"{best[tool] / best['tcpdump']:4.2f} as {tool}" for tool in OURS)
    print(f"    CPU per captured packet, ptcpdump to tcpdump: {ratios}", flush=True)


def compare(folder: Path) -> None:
    count = os.environ.get("BENCH_FLOOD", "1000000")
    for name, code, argument, expression in (
        ("UDP flood, 100 bytes", FLOOD, count, ""),
        (f"the same behind the filter '{FILTER}'", FLOOD, count, FILTER),
        ("TCP stream, 3 s", STREAM, "3", ""),
    ):
        script = folder / "sender.py"
        script.write_text(code)
        results: dict[str, list[dict[str, float]]] = {tool: [] for tool in ("tcpdump", *OURS)}
        for _ in range(ROUNDS):
            for tool, runs in results.items():
                runs.append(measure(tool, script, argument, folder, expression))
        show(name, results)


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    print("live capture to a file over a veth pair, offloads off")
    try:
        with pair(), subprocess.Popen([sys.executable, "-I", "-c", SINK], stdout=subprocess.PIPE) as sink:
            assert sink.stdout is not None
            sink.stdout.readline()
            try:
                compare(folder)
            finally:
                sink.kill()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
