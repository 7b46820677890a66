"""Sinks and sources of other packages that do wrong: the command says whose fault it is, and for which file."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = '''
import errno, sys
import ptcpdump
from ptcpdump.sinks import PacketSink

def sink(path):
    return 5

def failing_sink(path):
    raise KeyError("colour")

class Handling(PacketSink):
    def __init__(self, path):
        super().__init__()
        self.file = open(path, "w")

    def handle(self, packet):
        print(packet.length, file=self.file)
        raise KeyError("colour")

    def close(self):
        self.file.write("closed")
        self.file.close()
        raise ValueError("a second mistake")

class Closing(PacketSink):
    def __init__(self, path):
        super().__init__()

    def handle(self, packet):
        pass

    def close(self):
        raise KeyError("colour")

class Told(Closing):
    def add_interface(self, row, interface):
        raise KeyError("colour")

class Exiting(Closing):
    def handle(self, packet):
        sys.exit(0)

class Full(Closing):
    def handle(self, packet):
        raise OSError(errno.ENOSPC, "No space left on device")

class Silent(Closing):
    def add_interface(self, row, interface):
        super().add_interface(row, interface)

    def close(self):
        print("closed")

def source(path):
    yield 5

def no_source(path):
    return 5

LINK = ptcpdump.Interface(linktype=101)

def failing_source(path):
    yield ptcpdump.Packet(time_ns=0, interface=LINK, data=b"", length=0, linktype=101)
    raise KeyError("colour")

def exiting_source(path):
    yield from ()
    sys.exit(0)

def broken_source(path):
    yield from ()
    raise BrokenPipeError(errno.EPIPE, "Broken pipe")

def absent_file(path):
    yield from open(path)

def late(path):
    yield ptcpdump.Packet(time_ns=1 << 64, interface=LINK, data=b"", length=0, linktype=101)

def odd(path):
    yield ptcpdump.Packet(time_ns=0, interface=LINK, data=7.5, length=0, linktype=101)
'''
ENTRIES = """
[ptcpdump.sinks]
five = others:sink
failing = others:failing_sink
handling = others:Handling
closing = others:Closing
told = others:Told
exiting = others:Exiting
full = others:Full
silent = others:Silent
absent = others:nothing
[ptcpdump.sources]
five = others:source
failing = others:failing_source
none = others:no_source
exiting = others:exiting_source
broken = others:broken_source
file = others:absent_file
late = others:late
odd = others:odd
absent = no_such_module:source
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "others.py").write_text(MODULE)
    (tmp_path / "others-1.dist-info").mkdir()
    (tmp_path / "others-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1\n")
    (tmp_path / "others-1.dist-info" / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "a.pcap").write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    (tmp_path / "two.pcap").write_bytes((tmp_path / "a.pcap").read_bytes() + struct.pack("<IIIII", 1, 0, 4, 9, 0) * 2)
    return tmp_path


def run(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ptcpdump", "-n", *flags], cwd=folder, capture_output=True, text=True,
                          check=False, env=os.environ | {"PYTHONPATH": str(folder)})


def said(folder: Path, *flags: str) -> str:
    done = run(folder, *flags)
    assert done.returncode == 1
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("five", ["x.five", "int"]),
        ("failing", ["x.failing", "others:failing_sink", "KeyError: 'colour'"]),
        ("absent", ["x.absent", "others:nothing", "can't be loaded"]),
    ],
)
def test_sinks(folder: Path, ending: str, words: list[str]) -> None:
    text = said(folder, "-r", "a.pcap", "-w", f"x.{ending}")
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("handling", ["others:Handling", "KeyError: 'colour'", "tell its authors"]),
        ("closing", ["others:Closing", "KeyError: 'colour'", "tell its authors"]),
        ("told", ["others:Told", "KeyError: 'colour'", "tell its authors"]),
        ("exiting", ["others:Exiting", "SystemExit: 0", "tell its authors"]),
        ("full", ["others:Full", "No space left on device"]),
    ],
)
def test_sinks_that_fail_later(folder: Path, ending: str, words: list[str]) -> None:
    text = said(folder, "-r", "two.pcap", "-w", f"x.{ending}")
    assert all(word in text for word in [f"x.{ending}", "package others 1", *words]), text


def test_a_sink_that_has_failed_gets_no_more_and_is_closed(folder: Path) -> None:
    text = said(folder, "-r", "two.pcap", "-w", "x.handling")
    assert (folder / "x.handling").read_text() == "9\nclosed"
    assert "second" not in text


def test_what_was_printed_before_a_sink_failed_is_there(folder: Path) -> None:
    assert run(folder, "-r", "two.pcap", "-w", "x.handling", "--print").stdout == ""    # the savefile comes first
    assert run(folder, "-r", "two.pcap", "-w", "x.closing", "--print").stdout.count("IP0 (invalid)") == 2


def test_a_sink_whose_methods_return_nothing_is_well(folder: Path) -> None:
    done = run(folder, "-r", "two.pcap", "-w", "x.silent")
    assert (done.returncode, done.stdout) == (0, "closed\n")


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("none", ["int", "not iterable", "tell its authors"]),
        ("exiting", ["SystemExit: 0", "tell its authors"]),
        ("broken", ["Broken pipe"]),
        ("late", ["OverflowError", "tell its authors"]),
        ("odd", ["TypeError", "tell its authors"]),
    ],
)
def test_sources_that_fail_later(folder: Path, ending: str, words: list[str]) -> None:
    text = said(folder, "-r", f"x.{ending}")
    assert all(word in text for word in [f"x.{ending}", "package others 1", *words]), text


def test_a_file_that_a_source_can_not_open(folder: Path) -> None:
    assert "x.file: No such file or directory" in said(folder, "-r", "x.file")


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("five", ["x.five", "int", "ptcpdump.Packet"]),
        ("failing", ["x.failing", "KeyError: 'colour'"]),
        ("absent", ["x.absent", "no_such_module", "can't be loaded"]),
    ],
)
def test_sources(folder: Path, ending: str, words: list[str]) -> None:
    text = said(folder, "-r", f"x.{ending}")
    assert all(word in text for word in words), text


def test_rotation_of_a_foreign_kind_is_refused(folder: Path) -> None:
    assert "x.five: files of this kind are not rotated" in said(folder, "-r", "a.pcap", "-w", "x.five", "-C", "1")
