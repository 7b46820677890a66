"""Sinks and sources of other packages that do wrong: the command says whose fault it is, and for which file."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = '''
import ptcpdump

def sink(path):
    return 5

def failing_sink(path):
    raise KeyError("colour")

def source(path):
    yield 5

def failing_source(path):
    yield ptcpdump.Packet(time_ns=0, interface=ptcpdump.Interface(linktype=101), data=b"", length=0, linktype=101)
    raise KeyError("colour")
'''
ENTRIES = """
[ptcpdump.sinks]
five = others:sink
failing = others:failing_sink
absent = others:nothing
[ptcpdump.sources]
five = others:source
failing = others:failing_source
absent = no_such_module:source
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "others.py").write_text(MODULE)
    (tmp_path / "others-1.dist-info").mkdir()
    (tmp_path / "others-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1\n")
    (tmp_path / "others-1.dist-info" / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "a.pcap").write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    return tmp_path


def said(folder: Path, *flags: str) -> str:
    done = subprocess.run([sys.executable, "-m", "ptcpdump", "-n", *flags], cwd=folder, capture_output=True, text=True,
                          check=False, env=os.environ | {"PYTHONPATH": str(folder)})
    assert done.returncode == 1
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
