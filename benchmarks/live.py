"""Live capture to a file over a veth pair: CPU per captured packet and share kept, ptcpdump against tcpdump, in turns.

Sender and capture have a namespace each, where nothing else is; traffic is bounded in packets and time. The kernel's
part of capturing is paid by whoever runs when a packet comes: the sender, the receiver, a thread of the kernel. So what
is compared is the CPU time of the whole machine, which should do nothing else meanwhile; that of the same traffic
without a capture is shown, too. Machines drift: ratios are those of tools in the same round, and of these the median.

Savefiles lie where temporary files do; BENCH_FOLDER is another folder. They are deleted before they get to a disk.
"""

import contextlib
import json
import operator
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

THERE, HERE = "ptbench-there", "ptbench-here"      # namespaces
DEVICE = "ptbench0"     # in both
ROUNDS = 5
# ptcpdump's formats: with what it knows in packet comments, in process blocks alone, and as tcpdump's
OURS = ("pcapng", "bare pcapng", "pcap")
NOBODY = "no capture"
WARM = 2 << 30      # bytes; more than any savefile here gets
Result = dict[str, float]
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


def inside(namespace: str, *words: str) -> list[str]:
    """A command line that runs in a namespace (ip-netns would hide /sys)."""
    return ["nsenter", f"--net=/run/netns/{namespace}", *words]


@contextlib.contextmanager
def pair() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for namespace in (HERE, THERE):
            sh("ip", "netns", "add", namespace)
            stack.callback(sh, "ip", "netns", "delete", namespace)
        sh("ip", "-n", HERE, "link", "add", DEVICE, "type", "veth", "peer", "name", DEVICE, "netns", THERE)
        for namespace, address in ((HERE, "10.198.0.1/24"), (THERE, "10.198.0.2/24")):
            sh("ip", "-n", namespace, "address", "add", address, "dev", DEVICE)
            sh("ip", "-n", namespace, "link", "set", DEVICE, "up")
            sh(*inside(namespace, "ethtool", "-K", DEVICE, "tso", "off", "gso", "off", "gro", "off"))
        yield


def cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy() -> float:
    """CPU seconds that all processors were busy (proc_stat(5): user, nice, system, irq, softirq)."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(int(fields[i]) for i in (1, 2, 3, 6, 7)) / os.sysconf("SC_CLK_TCK")


def await_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a capture listens, or has ended: tcpdump has no better sign of being ready than what it says."""
    while "listening on" not in log.read_text() and process.poll() is None:
        time.sleep(0.002)


def passed() -> int:
    """Packets that went over the pair, in both directions."""
    words = ["ip", "-n", HERE, "-s", "-j", "link", "show", DEVICE]
    link, = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return int(link["stats64"]["rx"]["packets"] + link["stats64"]["tx"]["packets"])


@contextlib.contextmanager
def capturing(tool: str, folder: Path, expression: str) -> Iterator[Result]:
    """Run a capture with `-w`, by tcpdump or by ptcpdump with a format; afterwards the result holds its numbers."""
    path = folder / f"savefile.{'pcapng' if tool.endswith('pcapng') else 'pcap'}"
    log = folder / f"{tool}.log"
    if tool in OURS:
        command = [str(Path(sys.executable).with_name("ptcpdump")), "-i", DEVICE, "-w", str(path)]
        command += ["--comments", "none"] if tool == "bare pcapng" else []
    else:
        command = [shutil.which("tcpdump") or "tcpdump", "-Z", "root", "-n", "-i", DEVICE, "-w", str(path)]
    command += [expression] if expression else []
    started = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(inside(HERE, *command), stderr=file)
    result: Result = {}
    await_ready(process, log)
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
    result["bytes"] = path.stat().st_size
    path.unlink()


def send(script: Path, argument: str) -> None:
    """Run a sender in the namespace."""
    sh(*inside(THERE, "taskset", "-c", "0", sys.executable, "-I", str(script), argument))


def warm() -> None:
    """Touch the memory that the savefile will lie in: a virtual machine's host takes back what is free for a while, and
    whoever writes there first would pay for it."""
    with tempfile.TemporaryFile(dir="/dev/shm", buffering=0) as file:
        piece = bytes(1 << 20)
        for _ in range(WARM >> 20):
            file.write(piece)


def measure(tool: str, script: Path, argument: str, folder: Path, expression: str) -> Result:
    warm()
    capture = contextlib.nullcontext(Result()) if tool == NOBODY else capturing(tool, folder, expression)
    with capture as result:
        packets, before = passed(), busy()
        send(script, argument)
        result["packets"] = passed() - packets
    result["machine"] = busy() - before
    result.setdefault("captured", result["packets"])
    return result


def per_packet(what: str) -> Callable[[Result], float]:
    """Microseconds of CPU for each captured packet."""
    return lambda run: 1e6 * run[what] / max(run["captured"], 1)


def kept(run: Result) -> float:
    return run["captured"] / max(run["captured"] + run["dropped"], 1)


def median(of: Callable[[Result], float], runs: list[Result]) -> float:
    return statistics.median(map(of, runs))


def ratio(cost: Callable[[Result], float], ours: list[Result], theirs: list[Result]) -> float:
    """The median of what each round says."""
    return statistics.median(cost(a) / cost(b) for a, b in zip(ours, theirs, strict=True))


def show(title: str, results: dict[str, list[Result]]) -> None:
    machine, own = per_packet("machine"), per_packet("cpu")
    print(f"  {title}; medians of {ROUNDS}, us of CPU a captured packet")
    for tool, runs in results.items():
        name = f"ptcpdump, {tool}" if tool in OURS else tool
        line = f"    {name:16} whole machine {median(machine, runs):5.2f}"
        if tool != NOBODY:
            memory = max(run["rss"] for run in runs)
            line += (f", capturing process {median(own, runs):5.2f}, kept {median(kept, runs):7.2%} "
                     f"({min(map(kept, runs)):.1%} to {max(map(kept, runs)):.1%}), memory {memory:4.1f} MiB, "
                     f"ready in {median(operator.itemgetter('ready'), runs):5.3f} s")
        print(line, flush=True)
    for whose, cost in (("the whole machine's CPU", machine), ("the capturing process's", own)):
        ratios = ", ".join(f"{ratio(cost, results[tool], results['tcpdump']):4.2f} as {tool}" for tool in OURS)
        print(f"    {whose} per captured packet, ptcpdump to tcpdump: {ratios}", flush=True)
    bare, plain = results["bare pcapng"], results["pcap"]
    print(f"    bare pcapng to our pcap: {ratio(machine, bare, plain):4.2f} of the machine's CPU, "
          f"{ratio(per_packet('bytes'), bare, plain):4.2f} of the bytes", flush=True)


def compare(folder: Path) -> None:
    count = os.environ.get("BENCH_FLOOD", "1000000")
    for name, code, argument, expression in (
        ("UDP flood, 100 bytes", FLOOD, count, ""),
        (f"the same behind the filter '{FILTER}'", FLOOD, count, FILTER),
        ("TCP stream, 2 s", STREAM, "2", ""),
    ):
        script = folder / "sender.py"
        script.write_text(code)
        results: dict[str, list[Result]] = {tool: [] for tool in (NOBODY, "tcpdump", *OURS)}
        for _ in range(ROUNDS):
            for tool, runs in results.items():
                runs.append(measure(tool, script, argument, folder, expression))
        show(name, results)


def file_system(folder: Path) -> str:
    words = ["df", "--output=fstype", str(folder)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[-1]


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("BENCH_FOLDER")))
    print(f"live capture to a file ({file_system(folder)}) over a veth pair, offloads off")
    program = folder / "sink.py"
    program.write_text(SINK)
    try:
        with pair(), subprocess.Popen(inside(HERE, sys.executable, "-I", str(program)), stdout=subprocess.PIPE) as sink:
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
