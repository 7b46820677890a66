"""Files that Wireshark's tools make of one another: read as tcpdump reads them, and copied as tshark wants them."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from json_lines import COMMAND
from savefiles import UDP, pcap

pytestmark = pytest.mark.skipif(not shutil.which("editcap"), reason="needs editcap, mergecap and text2pcap")
PACKETS = [((1_700_000_000 + n, 123_456), UDP[:-2] + struct.pack(">H", n)) for n in range(4)]
HEX = "0000 " + UDP.hex(" ") + "\n"


def tool(*words: object, **more) -> str:
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **more).stdout


def shown(reader: list[str], path: Path) -> list[str]:
    """Lines of tcpdump or of ours, which also has the interface's name."""
    return [line.replace(" lo IP", " IP") for line in tool(*reader, "-n", "-tt", "--nano", "-r", path).splitlines()]


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "original.pcap"
    path.write_bytes(pcap(PACKETS))
    return path


@pytest.mark.parametrize("kind", ["pcap", "nsecpcap", "modpcap", "pcapng"])
def test_formats_of_editcap(original, tmp_path, kind):
    path = tmp_path / kind
    tool("editcap", "-F", kind, original, path)
    lines = shown(COMMAND, path)
    assert lines == shown(["tcpdump"], path) and len(lines) == 4


def test_what_editcap_adds_is_kept(original, tmp_path):
    keys, edited, copy = (tmp_path / name for name in ("keys", "edited.pcapng", "copy.pcapng"))
    keys.write_text("CLIENT_RANDOM 00 11\n")
    tool("editcap", "-F", "pcapng", "--inject-secrets", f"tls,{keys}", "-a", "2:look here", original, edited)
    tool(*COMMAND, "-r", edited, "-w", copy)
    assert tool("tshark", "-r", copy, "-T", "fields", "-e", "frame.comment").splitlines() == ["", "look here", "", ""]
    assert b"CLIENT_RANDOM 00 11\n" in copy.read_bytes()
    assert "Number of decryption secrets in file: 1" in tool("capinfos", copy)


@pytest.mark.parametrize("flags", [[], ["-I", "none"], ["-a"]])
def test_merged(original, tmp_path, flags):
    """Of the same link type, with an interface for each file or one for both; of two sections by cat(1)."""
    other, merged, joined = (tmp_path / name for name in ("other.pcapng", "merged.pcapng", "joined.pcapng"))
    tool("editcap", "-F", "pcapng", "-t", "0.5", original, other)
    tool("mergecap", *flags, "-w", merged, original, other)
    lines = shown(COMMAND, merged)
    assert lines == shown(["tcpdump"], merged) and len(lines) == 8
    joined.write_bytes(merged.read_bytes() + other.read_bytes())
    assert len(shown(COMMAND, joined)) == 12


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_text2pcap(tmp_path, kind):
    path = tmp_path / kind
    tool("text2pcap", "-F", kind, "-", path, input=HEX)
    (line,) = tool(*COMMAND, "-n", "-t", "-r", path).splitlines()
    assert line.endswith("IP 10.0.0.1.1234 > 10.0.0.2.5678: UDP, length 2")
