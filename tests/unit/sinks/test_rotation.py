"""Savefiles that take turns: by size, by time, in a ring; what is said again in each of them."""

import struct
import subprocess

import pytest
from savefiles import UDP, block, copy, interface, option, packet, pcap, printed, pump, secrets_of, section

from ptcpdump.errors import OutputFinished
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.rotation import Rotation, now
from ptcpdump.sinks.sink import Sink, tee
from ptcpdump.sinks.writer import open_writer
from ptcpdump.tls.embedding import EmbeddingSink


@pytest.fixture
def twenty(tmp_path):
    path = tmp_path / "twenty.pcap"
    path.write_bytes(pcap([(n, UDP) for n in range(20)]))
    return path


@pytest.mark.parametrize("name", ["out.pcap", "out.pcapng"])
def test_size_limit(twenty, tmp_path, name):
    target = tmp_path / name
    copy(twenty, target, rotation=Rotation(str(target), size=400))
    files = sorted(tmp_path.glob("out*"), key=lambda path: int(path.name.removeprefix(name) or 0))
    assert [path.name for path in files[:3]] == [name, f"{name}1", f"{name}2"]
    text = "".join(printed(path, TextOptions(numeric=True, times=TimeStyle.EPOCH)) for path in files)
    assert text == printed(twenty, TextOptions(numeric=True, times=TimeStyle.EPOCH))
    for path in files:
        subprocess.run(["tcpdump", "-r", path], check=True, capture_output=True)


@pytest.mark.parametrize(("count", "names"), [(3, ["out0", "out1", "out2"]), (1, ["out"]), (11, None)])
def test_ring(twenty, tmp_path, count, names):
    target = tmp_path / "out"
    copy(twenty, target, rotation=Rotation(str(target), size=100, count=count))
    written = sorted(path.name for path in tmp_path.glob("out*"))
    assert written == (names or [f"out{n:02}" for n in range(11)])


def test_secrets_are_in_every_file(twenty, tmp_path):
    target = tmp_path / "out"
    writer = open_writer(str(target), rotation=Rotation(str(target), size=400))
    writer.write_secrets(0x544C534B, b"key")
    pump(twenty, writer)
    writer.close()
    for path in tmp_path.glob("out*"):
        assert secrets_of(path) == [(0x544C534B, b"key")]


@pytest.mark.parametrize("before", [
    interface() + block(10, struct.pack("<II", 0x544C534B, 60000) + bytes(60000)) * 2,
    interface(options=option(3, bytes(60000)) * 2),
    interface() + interface(options=option(3, bytes(100))) * 2000,
    interface() + block(0xBAD, struct.pack("<IIIII", 32622, 3, 16012, 7, 16000 << 16 | 4) + bytes(16000) + bytes(4)),
], ids=["secrets", "an interface", "idle interfaces", "a process"])
def test_what_each_file_repeats_is_no_more_than_its_packets(tmp_path, before):
    """Else packets would have files of their own, each with all that stands before it."""
    path = tmp_path / "in"
    path.write_bytes(section() + before + packet(options=option(8, struct.pack("<II", 7, 7))) * 500)
    copy(path, tmp_path / "out", rotation=Rotation(str(tmp_path / "out"), size=4000), comments="none")
    files = sorted(tmp_path.glob("out*"), key=lambda file: int(file.name.removeprefix("out") or 0))
    assert sum(file.stat().st_size for file in files) < 4 * path.stat().st_size
    text = "".join(printed(file, TextOptions(numeric=True, times=TimeStyle.EPOCH)) for file in files)
    assert text == printed(path, TextOptions(numeric=True, times=TimeStyle.EPOCH))


def test_time_limit_ends_the_run_after_so_many_files(tmp_path):
    rotation = Rotation(str(tmp_path / "%Y-%s"), seconds=1, count=2)
    first = rotation.first()
    assert "%" not in first
    rotation.deadline -= 1
    assert rotation.next(0) is not None
    rotation.deadline -= 1
    with pytest.raises(OutputFinished, match="Maximum file limit reached: 2"):
        rotation.next(0)


def test_what_passes_until_packets_can_come_is_no_part_of_a_turn(twenty, tmp_path):
    """A capture that takes longer to start than -G says has its first file all the same, behind whatever sinks."""
    rotation = Rotation(str(tmp_path / "out"), seconds=-1, count=1)     # over when it begins
    writer = open_writer(rotation.path, rotation=rotation)
    rotation.seconds = 600
    sink = tee([Sink(), EmbeddingSink(writer)])
    pump(twenty, sink)
    sink.close()
    assert printed(tmp_path / "out") == printed(twenty)


def test_setting_the_date_moves_no_turn(tmp_path, monkeypatch):
    rotation = Rotation(str(tmp_path / "%s"), seconds=600)
    rotation.first()
    assert 0 < rotation.deadline - now() <= 600
    monkeypatch.setattr("time.time", lambda: 7 * 86400)
    assert rotation.next(0) is None
    rotation.deadline -= 600
    assert rotation.next(0) == str(tmp_path / str(7 * 86400))
    assert 0 < rotation.deadline - now() <= 600


def test_command_after_each_file(twenty, tmp_path):
    target = tmp_path / "out.pcap"
    rotation = Rotation(str(target), size=400, command="gzip")
    copy(twenty, target, rotation=rotation)
    for process in rotation._running:
        process.wait()
    assert (tmp_path / "out.pcap.gz").exists()
    assert printed(tmp_path / "out.pcap.gz").count("\n") > 1
