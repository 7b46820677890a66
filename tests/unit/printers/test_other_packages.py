"""Printers of other packages, as the command and the library load them: their mistakes, and ^C inside of one."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import ptcpdump
from tests.unit.printers.packets import udp

RAW = 101

PACKAGE = """
import os, signal, time
from ptcpdump.printers.base import calling

def print_broken(window):
    raise ValueError("a mistake")

interrupts = iter([signal.SIGINT])

class Leaving(Exception):
    def __str__(self):
        raise SystemExit(9)

def print_unspeakable(window):
    raise Leaving

class Unlike:       # a printer that can't be compared, or asked for its name
    def __call__(self, window):
        raise ValueError("m" * 100_000)
    def __eq__(self, other):
        raise SystemExit(9)
    def __getattr__(self, name):
        raise SystemExit(9)

def print_later(window):
    window.say("later")
    yield

def print_interrupted(window):
    for number in interrupts:
        os.kill(os.getpid(), number)
    window.say("interrupted")

def print_for_ever(window):
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        time.sleep(60)

def register():
    calling.register("udp.port", 7779, print_for_ever)
    calling.register("udp.port", 7780, Unlike())
    calling.register("udp.port", 7781, print_unspeakable)
    calling.register("udp.port", 7782, print_later)
    calling.register("udp.port", 7777, print_broken)
    calling.register("udp.port", 7778, print_interrupted)

def fail():
    raise RuntimeError("not today")

def leave():
    raise SystemExit(9)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with a package that adds printers."""
    (tmp_path / "clumsy.py").write_text(PACKAGE)
    (tmp_path / "clumsy-1.dist-info").mkdir()
    (tmp_path / "clumsy-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: clumsy\nVersion: 1\n")
    (tmp_path / "clumsy-1.dist-info" / "entry_points.txt").write_text(
        "[ptcpdump.printers]\nclumsy = clumsy:register\nunable = clumsy:fail\nleaving = clumsy:leave\n")
    return tmp_path


def savefile(folder: Path, *packets: bytes) -> Path:
    path = folder / "packets.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW) + b"".join(
        struct.pack("<IIII", 0, 0, len(data), len(data)) + data for data in packets))
    return path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": str(folder)})


def test_the_command_goes_on_after_a_mistake(installed: Path) -> None:
    path = savefile(installed, *[udp(7777, b"x" * n) for n in (1, 2)], udp(514, b"<34>su: x"))
    done = run(installed, "-m", "ptcpdump", "-ntr", str(path))
    assert done.returncode == 0
    assert [line.partition(": ")[2] for line in done.stdout.splitlines()] == [
        "UDP, length 1", "UDP, length 2", "SYSLOG auth.critical, length: 9"]
    assert done.stderr.count("printer clumsy:print_broken failed (ValueError: a mistake)") == 1
    assert done.stderr.count("entry point unable (clumsy:fail) of ptcpdump.printers failed (RuntimeError: ") == 1


def test_mistakes_that_can_not_be_told(installed: Path) -> None:
    """Nor do they end a run, or fill the terminal."""
    path = savefile(installed, *[udp(port, b"x") for port in (7780, 7781, 7782) * 2])
    done = run(installed, "-m", "ptcpdump", "-ntr", str(path))
    assert done.returncode == 0
    assert done.stdout.count("UDP, length 1\n") == 6
    assert done.stderr.count("printer clumsy:print_later failed (TypeError: it is a generator") == 1
    assert done.stderr.count("printer clumsy:print_unspeakable failed (Leaving)") == 1
    assert done.stderr.count("printer clumsy:Unlike failed (ValueError: mmm") == 1
    assert len(done.stderr) < 2000


def test_ctrl_c_inside_a_printer_ends_the_run(installed: Path) -> None:
    path = savefile(installed, *[udp(7778, b"x" * 1400)] * 20000)
    loop = "import ptcpdump, sys\nfor packet in ptcpdump.open(sys.argv[1]): print(packet.line, flush=True)"
    done = run(installed, "-c", loop, str(path))
    assert done.returncode == -signal.SIGINT, done
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
    assert done.stdout == ""
    done = run(installed, "-m", "ptcpdump", "-ntr", str(path))
    assert done.returncode == 0
    assert done.stdout.count("interrupted") == 1, "ended behind that packet"


def test_ctrl_c_ends_a_printer_that_does_not_return(installed: Path, tmp_path: Path) -> None:
    """What came before is shown, and the savefile beside is whole, up to that packet."""
    path, copy = savefile(installed, udp(514, b"<34>su: x"), udp(7779, b"x"), udp(7777, b"x")), tmp_path / "copy.pcap"
    done = run(installed, "-m", "ptcpdump", "-ntr", str(path), "-w", str(copy), "--print")
    assert done.returncode == 128 + signal.SIGINT, done
    assert done.stdout.count("SYSLOG") == 1
    assert "Traceback" not in done.stderr
    assert len(list(ptcpdump.open(copy))) == 2
