"""What each backend sees and whose it says that is, on the kernel that runs: python -m tests.kernels.matrix.

Prints a line for each setting and backend, "matrix SETTING BACKEND {case: answer}" with answers that table() below
makes a table of. A setting is what the kernel or the system lacks: it is played in a mount namespace of its own, or by
PTCPDUMP_DISABLE. Traffic is that of live tests, of processes that tell their pids.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptcpdump import Packet

# In a machine of its own cgroup v2 is unmounted for the first process, too: captures look there.
V1 = "{ umount /sys/fs/cgroup; true; } && mount -t tmpfs none /sys/fs/cgroup && " \
     "mkdir /sys/fs/cgroup/{systemd,unified,net_cls} && " \
     "mount -t cgroup -o none,name=systemd none /sys/fs/cgroup/systemd && " \
     "{ mount -t cgroup -o net_cls none /sys/fs/cgroup/net_cls || true; }"
FILE = "mount -t tmpfs none /var/lib && mkdir -p /var/lib/ptcpdump/btf && " \
       "{0} -m ptcpdump --save-btf /var/lib/ptcpdump/btf/$(uname -r).btf && mount -t tmpfs none /sys/kernel/btf"
BACKENDS = ("tc", "cgroup-skb", "socket-filter", "tp-btf")
SETTINGS = {        # how each is made: a shell command in a mount namespace; features that are switched off; backends
    "cgroup v2": ("true", "", BACKENDS),
    "v1 and v2": (f"{V1} && mount -t cgroup2 none /sys/fs/cgroup/unified", "", ("tc",)),
    "types from a file": (FILE, "", ("tc",)),
    "perf buffers": ("true", "ringbuf", ("tc",)),
    "cgroup v1": (V1, "", BACKENDS),
    "no function hooks": ("true", "functions", ("tc",)),
}
CASES = {           # the order of columns
    "packets": "packets both ways",
    "listening": "a TCP server that listened before the capture",
    "udp": "a UDP server that was bound before",
    "new": "a client that connects during the capture",
    "ping": "ping",
    "late": "a datagram that a child sends on its parent's socket, to a neighbour whose address is not known yet",
}
# what function hooks tell, and nothing else by tc: such a datagram goes when the address comes
LATE = """import os, socket, subprocess, sys
shared = socket.socket(type=socket.SOCK_DGRAM)
shared.connect((sys.argv[1], int(sys.argv[2])))
shared.send(b"the parent's")
subprocess.run(["ip", "neighbour", "flush", "dev", sys.argv[3]], check=True)
child = os.fork()
if not child:
    shared.send(b"the child's")
    os._exit(0)
os.waitpid(child, 0)
print(child)
"""


def play(backend: str) -> dict[str, str]:
    """Answers by case: yes, no, in how many packets, wrong (somebody else is named), or why there are no packets."""
    from ptcpdump.api import Capture
    from ptcpdump.errors import PtcpdumpError
    from ptcpdump.run.settings import Settings
    from tests.live.harness import actor, run, veth_pair

    with veth_pair(61) as link, actor("tcp_server", link.ip4) as server, actor("udp_server", "0.0.0.0") as udp, \
            actor("tcp_server", link.peer4, prefix=link.inside()) as far, \
            actor("udp_server", link.peer4, prefix=link.inside()) as far_udp:
        port, udp_port, far_port, sink = (each.receive()["port"] for each in (server, udp, far, far_udp))
        try:
            capture = Capture(Settings(interfaces=(link.here,), backend=backend, expression=
                                       f"tcp port {port} or tcp port {far_port} or udp port {udp_port} or "
                                       f"udp dst port {sink} or icmp"))
            with capture:
                with actor("tcp_client", link.ip4, port, prefix=link.inside()) as client:
                    client.converse()
                with actor("udp_client", link.ip4, udp_port, "connected", prefix=link.inside()) as asking:
                    asking.receive()
                    asking.tell()
                    asking.end()
                with actor("tcp_client", link.peer4, far_port) as new:
                    new.converse()
                ping = subprocess.Popen(["ping", "-n", "-c", "1", link.peer4], stdout=subprocess.DEVNULL)
                ping.wait()
                child = int(run(sys.executable, "-c", LATE, link.peer4, str(sink), link.here).stdout)
                capture.stop()
                packets = list(capture)
        except PtcpdumpError as error:
            return {"packets": str(error)}
        udp.tell()
        far_udp.tell()
    truth = {"listening": (f".{port}", server.pid), "udp": (f".{udp_port}", udp.pid),
             "new": (f".{far_port}", new.pid), "ping": ("ICMP echo", ping.pid),
             "late": (f".{sink}: UDP, length 11", child)}
    answers = {"packets": "yes" if {packet.direction for packet in packets} == {1, 2} else "no"}
    for case, (words, pid) in truth.items():
        answers[case] = answer([packet for packet in packets if words in packet.line], pid)
    return answers


def answer(packets: "list[Packet]", pid: int) -> str:
    """How many of them are said to be of a process; that the other end is named as such is no mistake."""
    named = [None if packet.found == "peer" or packet.process is None else packet.process.pid for packet in packets]
    if set(named) - {pid, None}:
        return "wrong"
    right = named.count(pid)
    return "no" if not right else "yes" if right == len(named) else f"{right} of {len(named)}"


def main(settings: Iterable[str]) -> None:
    """Play all settings with all backends, each in a process of its own."""
    for setting in settings or SETTINGS:
        prepare, features, backends = SETTINGS[setting]
        for backend in backends:
            script = f'{{ {prepare.replace("{0}", sys.executable)}; }} >&2 && exec "$@"'
            done = subprocess.run(
                ["unshare", "--mount", "--propagation", "private", "bash", "-c", script, "sh", sys.executable, "-m",
                 "tests.kernels.matrix", "--play", backend], capture_output=True, text=True, check=False,
                env={**os.environ, **({"PTCPDUMP_DISABLE": features} if features else {})})
            try:
                answers = json.loads(done.stdout)
            except json.JSONDecodeError:
                answers = {"packets": (done.stderr.strip() or "it ended").splitlines()[-1]}
            print("matrix", json.dumps([setting, backend, answers]), flush=True)


def rows(text: str) -> list[tuple[str, str, dict[str, str]]]:
    """What main() has printed."""
    return [tuple(json.loads(line)) for line in re.findall(r"^matrix (\[.*\])$", text, re.MULTILINE)]


def table(found: dict[str, str]) -> list[str]:
    """Lines of Markdown, of what main() has printed by kernel: a row for each kernel, setting and backend."""
    lines = ["| Kernel | Setting | Backend | " + " | ".join(CASES) + " |", "|---" * (len(CASES) + 3) + "|"]
    for kernel, text in found.items():
        for setting, backend, answers in rows(text):
            cells = [_cell(answers.get(case, "")) for case in CASES]
            lines.append("| " + " | ".join([kernel, setting, backend, *cells]) + " |")
    return lines


def _cell(answer: str) -> str:
    """An error becomes the version of Linux that it names."""
    if len(answer) < 12:
        return answer
    since = re.search(r"\(Linux ([0-9.]+)\)", answer)
    return f"no ({since[1]})" if since else "no"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--play"]:
        print(json.dumps(play(sys.argv[2])))
    else:
        assert Path("/sys/fs/cgroup").is_dir()
        main(sys.argv[1:])
