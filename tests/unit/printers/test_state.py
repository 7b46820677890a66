"""What printers remember belongs to a run: readers of one file that take turns print the same lines."""

import itertools
import struct
from pathlib import Path

import ptcpdump
from ptcpdump.printers.base import core, families
from ptcpdump.printers.base.state import PrinterState
from tests.unit.printers.packets import ipv4, udp

families.load()
RAW = 101
CONNECTION_ID = bytes.fromhex("84acac06b42ed863")
LONG = b"\xe0" + (1).to_bytes(4) + b"\x08" + CONNECTION_ID + b"\0\1a"      # a handshake packet that names it
SHORT = b"\x40" + CONNECTION_ID + b"x" * 20


def segment(seq: int, ack: int, port: int = 40000) -> bytes:
    """One byte of a connection."""
    return ipv4(6, struct.pack(">HHIIHHHH", port, 9999, seq, ack, 5 << 12 | 0x10, 500, 0, 0) + b"x")


def line(packet: bytes, state: PrinterState | None = None) -> str:
    text: bytes = core.render(packet, RAW, no_checksums=True, state=state)
    return text.decode().split(": ", 1)[1]


def test_a_rendering_alone_remembers_nothing() -> None:
    first = line(segment(1000, 2000))
    assert first == "Flags [.], seq 1000:1001, ack 2000, win 500, length 1"
    assert line(segment(1000, 2000)) == first


def test_sequence_numbers_of_two_runs() -> None:
    one, other = PrinterState(), PrinterState()
    line(segment(1000, 2000), one)
    line(segment(1500, 2500), other)
    assert line(segment(1600, 2600), one) == "Flags [.], seq 600:601, ack 601, win 500, length 1"
    assert line(segment(1600, 2600), other) == "Flags [.], seq 100:101, ack 101, win 500, length 1"


def test_quic_identifiers_of_two_runs() -> None:
    one, other = PrinterState(), PrinterState()
    line(udp(443, LONG), one)
    assert line(udp(443, SHORT), one) == f"quic, protected, dcid {CONNECTION_ID.hex()}"
    assert line(udp(443, SHORT), other) == "quic, protected"


def test_flows_are_bounded() -> None:
    """65,536 connections are remembered; the one that has not been seen for longest goes."""
    state = PrinterState()
    hosts = 70000
    for n in range(hosts):
        packet = bytearray(segment(1000, 2000))
        packet[12:16] = struct.pack(">I", n + (1 << 24))
        core.render(bytes(packet), RAW, state=state)
    for n, known in ((0, False), (hosts - 1, True)):
        packet = bytearray(segment(1001, 2000))
        packet[12:16] = struct.pack(">I", n + (1 << 24))
        expected = "seq 1:2," if known else "seq 1001:1002,"
        assert expected in line(bytes(packet), state)


def test_two_readers_of_a_file_that_take_turns(tmp_path: Path) -> None:
    packets = [segment(1000 + n, 2000) for n in range(5)] + [udp(443, LONG), udp(443, SHORT)]
    path = tmp_path / "packets.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW) + b"".join(
        struct.pack("<IIII", 0, 0, len(data), len(data)) + data for data in packets))
    alone = [packet.line for packet in ptcpdump.open(path)]
    assert "seq 1:2," in alone[1] and CONNECTION_ID.hex() in alone[-1]
    first, second = [], []
    for one, other in itertools.zip_longest(ptcpdump.open(path), itertools.islice(ptcpdump.open(path), 2, None)):
        first.append(one.line)
        if other:
            second.append(other.line)
    assert first == alone
    assert second == alone[2:]
