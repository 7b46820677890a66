"""Printers of other packages: whatever they install under the entry point group is found by the command."""

import os
import struct
import subprocess
import sys
from pathlib import Path

MODULE = '''
from ptcpdump.printers import register

def print_greeting(view):
    view.protocol = "greeting"
    view.say("greeting ")
    view.safe(0, view.u8(0))

def add():
    register("udp.port", 7777, print_greeting)
    register("forced", "greeting", "greetings:print_greeting")
'''


def udp(port: int, payload: bytes) -> bytes:
    datagram = struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0, b"\n\0\0\1", b"\n\0\0\2")
    return header + datagram


def test_package_adds_a_printer(tmp_path: Path) -> None:
    (tmp_path / "greetings.py").write_text(MODULE)
    (tmp_path / "greetings-1.dist-info").mkdir()
    (tmp_path / "greetings-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: greetings\nVersion: 1\n")
    (tmp_path / "greetings-1.dist-info" / "entry_points.txt").write_text(
        "[ptcpdump.printers]\ngreetings = greetings:add\n")
    packets = [udp(7777, b"\5hey\x1b"), udp(7777, b"\x20hey"), udp(9, b"\2z")]
    savefile = tmp_path / "greetings.pcap"
    savefile.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(
        struct.pack("<IIII", 0, 0, len(data), len(data)) + data for data in packets))

    def printed(*flags: str) -> list[str]:
        command = [sys.executable, "-m", "ptcpdump", "-ntr", str(savefile), *flags]
        done = subprocess.run(command, capture_output=True, check=True, text=True,
                              env=os.environ | {"PYTHONPATH": str(tmp_path)})
        return [line.partition(": ")[2] for line in done.stdout.splitlines()]

    first, second, third = printed()
    assert first == "greeting ^Ehey^["
    assert second.startswith("greeting ")
    assert second.endswith(" [|greeting]")
    assert third == "UDP, length 2"
    assert printed("-T", "greeting")[2] == "greeting ^Bz"
