"""Flags that change how a packet of a file is printed, from the command line to the text."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from savefiles import UDP, UDP_TEXT, pcap


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """One packet of 2023-11-14 22:13:20 UTC."""
    (tmp_path / "x.pcap").write_bytes(pcap([(1700000000, UDP)]))
    return tmp_path / "x.pcap"


def printed(path: Path, *flags: str) -> str:
    """What a process in Nepal, where clocks are 5 hours and 45 minutes ahead, prints of it."""
    return subprocess.run([sys.executable, "-m", "ptcpdump", "-n", *flags, "-r", path], capture_output=True, text=True,
                          check=True, env=os.environ | {"TZ": "Asia/Kathmandu"}).stdout


def test_utc_time(path: Path) -> None:
    assert printed(path) == f"03:58:20.000000 {UDP_TEXT}\n"
    assert printed(path, "--utc-time") == f"22:13:20.000000 {UDP_TEXT}\n"
    assert printed(path, "--utc-time", "-tttt") == f"2023-11-14 22:13:20.000000 {UDP_TEXT}\n"
    assert printed(path, "-tttt") == f"2023-11-15 03:58:20.000000 {UDP_TEXT}\n"


@pytest.mark.parametrize("flag", ["-g", "--ip-oneline"])
def test_no_line_break_behind_the_ip_header(path: Path, flag: str) -> None:
    broken = printed(path, "-v")
    assert re.search(r"length 30, bad cksum 0 \(->66cc\)!\)\n    10\.0\.0\.1\.1234 > ", broken)
    assert printed(path, "-v", flag) == broken.replace(")\n    10.0.0.1", ") 10.0.0.1")
