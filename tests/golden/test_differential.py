"""Generated traffic: the command prints what the installed tcpdump prints, save for what versions do differently.

The reference for all text is tcpdump's master; `older()` says what its releases write otherwise.
"""

import difflib
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from run import printed
from traffic import traffic
from wire import LINKTYPE_ETHERNET, write_pcap

TCPDUMP = shutil.which("tcpdump")
PACKETS = 2000
FLAGS = ("", "-v", "-vv", "-vvv", "-X", "-XX", "-x", "-A", "-e", "-ev", "-S", "-q", "-qv", "-K -v")

pytestmark = pytest.mark.skipif(TCPDUMP is None, reason="needs tcpdump to compare with")


def older(text: str) -> str:
    """The text of a release as master has it."""
    text = re.sub(r"(next-header [^)]+\)) payload length: (\d+)\)", r"\1, payload length \2)", text)   # below 4.99.6
    return text.replace("[|tcp]>", "[|tcp]").replace("Type65", "HTTPS")


def theirs(savefile: Path, flags: str) -> str:
    command = [str(TCPDUMP), "-#", "-n", "-r", str(savefile), "-tttt", *flags.split()]
    done = subprocess.run(command, capture_output=True, check=True, env={"TZ": "GMT0"}, timeout=60)
    return older(done.stdout.decode(errors="backslashreplace"))


def compare(savefile: Path, flags: str) -> None:
    ours = printed(savefile, flags).decode(errors="backslashreplace")
    expected = theirs(savefile, flags)
    if ours != expected:
        lines = difflib.unified_diff(expected.splitlines(), ours.splitlines(), "tcpdump", "ptcpdump", lineterm="", n=0)
        pytest.fail("\n".join(list(lines)[:40]), pytrace=False)


@pytest.mark.parametrize("flags", FLAGS)
def test_traffic(flags: str, tmp_path: Path) -> None:
    write_pcap(tmp_path / "traffic.pcap", LINKTYPE_ETHERNET, traffic(1, PACKETS))
    compare(tmp_path / "traffic.pcap", flags)


def shortest(frame: bytes) -> int:
    """Releases don't look into IPv6 headers that are cut off, master does."""
    return 58 if b"\x86\xdd" in frame[12:18] else 1


@pytest.mark.parametrize("flags", ["", "-v", "-e"])
def test_snapshots_of_every_length(flags: str, tmp_path: Path) -> None:
    """Each of some packets as if the snapshot length had been 1, 2, 3 and so on."""
    frames = [frame for frame in traffic(2, 120) if len(frame) < 150]
    records = [struct.pack("<IIII", 0, 0, length, len(frame)) + frame[:length]
               for frame in frames for length in range(shortest(frame), len(frame) + 1)]
    write_pcap(tmp_path / "cut.pcap", LINKTYPE_ETHERNET, [])
    with (tmp_path / "cut.pcap").open("ab") as file:
        file.write(b"".join(records))
    compare(tmp_path / "cut.pcap", flags)
