"""The flight recorder live: what was before and after, with owners, in a folder that -Z's user may not open."""

import os
import signal
import struct
from pathlib import Path

from pcapng_blocks import blocks, counted

import ptcpdump
from tests.live.harness import COMMAND, PYTHON, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
COUNT, SIZE = 3000, 100
SEND = "import socket; s = socket.socket(2, 2); s.sendto(b'last words', ('127.0.0.1', {})); raise SystemExit(3)"


def test_numbered_packets_in_numbered_files(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with veth_pair(38) as link:
        run("ping", "-n", "-c", "1", link.peer4)
        words = ["-i", link.here, "-Q", "out", "-w", target, "-Z", "nobody", "--keep", "64KiB", "--dump-on", "signal",
                 "--dump-on", "udp[8:4] = 300 or udp[8:4] = 1500", "udp"]
        with capturing(tmp_path, *words) as capture, actor("flood", link.peer4, 7300, COUNT, SIZE, 0) as sender:
            pid = sender.receive()["pid"]
            sender.tell()
            sender.end()
            os.kill(capture.process.pid, signal.SIGUSR2)
    seen: list[int] = []
    for name, wanted, reason in (("out", 300, "a packet matches"), ("out1", 1500, "a packet matches"),
                                 ("out2", COUNT - 1, "signal")):
        file = tmp_path / name
        assert file.stat().st_mode & 0o777 == 0o600
        numbers = []
        for each in ptcpdump.open(file, text=None):
            assert each.process.pid == pid and each.interface.name == link.here
            numbers.append(struct.unpack_from("!I", each.data, 42)[0])
        assert wanted in numbers and numbers == sorted(set(numbers))
        assert reason in blocks(file)[0].comments[-1]
        assert not seen or numbers[0] > seen[-1]
        seen += numbers
    assert len(list(tmp_path.glob("out*"))) == 3


def test_last_file_where_only_root_may_create_it(tmp_path: Path) -> None:
    with veth_pair(39) as link:
        words = ["-i", link.here, "-Q", "out", "-w", tmp_path / "out", "-Z", "nobody", "--keep", "64KiB",
                 "--dump-on", "udp[8:4] = 300", "--dump-on", "exit", "udp"]
        with capturing(tmp_path, *words), actor("flood", link.peer4, 7300, COUNT, SIZE, 0) as sender:
            sender.tell()
            sender.end()
    first, last = (blocks(tmp_path / name)[0].comments[-1] for name in ("out", "out1"))
    assert "a packet matches" in first and "the run ends" in last
    assert struct.unpack_from("!I", list(ptcpdump.open(tmp_path / "out1", text=None))[-1].data, 42) == (COUNT - 1,)


def test_the_end_of_a_command(tmp_path: Path) -> None:
    target, port = tmp_path / "out.pcapng", 20000 + os.getpid() % 10000
    done = run(*COMMAND, "-i", "lo", "-w", target, "--keep", "1m", "--dump-on", "exit", f"udp port {port}", "--",
               PYTHON, "-c", SEND.format(port), check=False)
    assert done.returncode == 3, done.stderr
    kept = [each.data for each in ptcpdump.open(target, text=None)]
    assert kept
    assert all(data.endswith(b"last words") for data in kept)
    assert counted(target) == (len(kept), 0)
    assert "the run ends" in blocks(target)[0].comments[-1]
