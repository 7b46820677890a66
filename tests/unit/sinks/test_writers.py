import os
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from savefiles import UDP, comments, interface, option, packet, pcap, printed, section

from ptcpdump.errors import OutputFinished, SavefileError
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.rotation import Rotation
from ptcpdump.sinks.sink import tee
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.savefile import open_savefile, pump

FULL = TextOptions(numeric=True, times=TimeStyle.EPOCH, nano=True, verbose=1)
CURL = comments("PID: 12\nCmd: /usr/bin/curl\nArgs: curl -s", "ThreadId: 13\nThreadName: io", "UserId: 7")

needs_wireshark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark and capinfos")


def copy(source, target, **flags):
    """Read a savefile and write it again."""
    writer = open_writer(str(target), **flags)
    try:
        with open_savefile(source) as reader:
            pump(reader, writer)
    finally:
        writer.close()


def fields(path, *names: str) -> list[list[str]]:
    flags = [flag for name in names for flag in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", *flags], check=True, capture_output=True, text=True
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.fixture
def original(tmp_path):
    where = "ifIndex: 2, netNsInode: 4026531840, netNsPath: /proc/self/ns/net"
    eth0 = interface(
        options=option(2, b"eth0") + comments(where) + option(9, b"\x09") + option(11, b"\0udp"), snaplen=99
    )
    tun0 = interface(options=option(2, b"tun0") + option(9, b"\x09"), linktype=101)
    path = tmp_path / "original.pcapng"
    path.write_bytes(
        section()
        + eth0
        + packet(units=1_000_000_001, options=CURL + option(2, b"\1\0\0\0"))
        + tun0
        + packet(UDP[14:], interface=1, units=2_000_000_002, options=option(2, b"\2\0\0\0") + comments("look here"))
    )
    return path


def test_pcapng_copy_says_the_same(original, tmp_path):
    copy(original, tmp_path / "copy")
    assert printed(tmp_path / "copy", FULL) == printed(original, FULL)


@needs_wireshark
def test_tshark_reads_our_pcapng(original, tmp_path):
    copy(original, tmp_path / "copy")
    assert fields(tmp_path / "copy", "frame.interface_name", "frame.time_epoch", "frame.packet_flags", "ip.src") == [
        ["eth0", "1.000000001", "0x00000001", "10.0.0.1"],
        ["tun0", "2.000000002", "0x00000002", "10.0.0.1"],
    ]
    text = subprocess.run(["tshark", "-r", tmp_path / "copy", "-V"], check=True, capture_output=True, text=True).stdout
    assert "PID: 12" in text and "Args: curl -s" in text and "ThreadId: 13" in text and "look here" in text


def test_process_id_option(original, tmp_path):
    copy(original, tmp_path / "copy")
    assert struct.pack("=HHII", 8, 8, 12, 13) in (tmp_path / "copy").read_bytes()


@needs_wireshark
def test_statistics_and_secrets(original, tmp_path):
    writer = open_writer(str(tmp_path / "copy"))
    with open_savefile(original) as reader:
        writer.write_secrets(0x544C534B, b"CLIENT_RANDOM 00 11\n")
        pump(reader, writer)
    writer.set_statistics(0, 100, 7)
    writer.close()
    said = subprocess.run(["capinfos", tmp_path / "copy"], check=True, capture_output=True, text=True).stdout
    assert "Number of decryption secrets in file: 1" in said and "Number of stat entries = 1" in said
    assert struct.pack("=HHQHHQ", 4, 8, 100, 5, 8, 7) in (tmp_path / "copy").read_bytes()
    with open_savefile(tmp_path / "copy") as reader:
        pump(reader, tee([]))
        assert reader.secrets == [(0x544C534B, b"CLIENT_RANDOM 00 11\n")]


def test_pcap_copy_is_the_same_for_tcpdump(corpus, tmp_path):
    source = corpus / "tcpdump" / "print-flags.pcap"
    copy(source, tmp_path / "copy.pcap", nano=False)

    def read(path) -> bytes:
        return subprocess.run(["tcpdump", "-nvXX", "-tttt", "-r", path], check=True, capture_output=True).stdout

    assert read(tmp_path / "copy.pcap") == read(source)
    copy(source, tmp_path / "copy")
    assert read(tmp_path / "copy") == read(source)


@needs_wireshark
def test_mixed_link_types_become_cooked(original, tmp_path):
    target = tmp_path / "copy.pcap"
    copy(original, target, cooked=True)
    assert fields(target, "frame.protocols", "sll.ifindex", "sll.pkttype", "sll.src.eth", "ip.dst") == [
        ["sll:ethertype:ip:udp:data", "2", "0", "00:00:00:00:00:02", "10.0.0.2"],
        ["sll:ethertype:ip:udp:data", "0", "4", "", "10.0.0.2"],
    ]


def test_a_link_type_that_does_not_fit_is_refused(original, tmp_path):
    with pytest.raises(SavefileError, match=r"interface tun0 has 101.*write a pcapng file"):
        copy(original, tmp_path / "copy.pcap", cooked=False)
    assert printed(tmp_path / "copy.pcap").count("\n") == 1


def test_empty_files_have_a_header(tmp_path):
    (tmp_path / "empty").write_bytes(pcap([], linktype=113))
    for name in ("copy.pcap", "copy.pcapng"):
        copy(tmp_path / "empty", tmp_path / name)
        said = subprocess.run(["tcpdump", "-r", tmp_path / name], check=True, capture_output=True, text=True).stderr
        assert "LINUX_SLL (Linux cooked v1)" in said


def test_cannot_create(tmp_path):
    with pytest.raises(SavefileError, match="can't create: No such file or directory"):
        open_writer(str(tmp_path / "missing" / "file"))


def test_full_disk(tmp_path):
    (tmp_path / "file").write_bytes(pcap([(1, UDP)]))
    with pytest.raises(SavefileError, match="/dev/full: can't write: No space left on device"):
        copy(tmp_path / "file", "/dev/full")


def test_closed_pipe_is_told_apart(tmp_path):
    (tmp_path / "file").write_bytes(pcap([(1, UDP)]))
    read_end, write_end = os.pipe()
    os.close(read_end)
    with pytest.raises(BrokenPipeError):
        copy(tmp_path / "file", f"/proc/self/fd/{write_end}")
    os.close(write_end)


PACKETS = st.lists(
    st.tuples(
        st.integers(0, 2**62), st.binary(min_size=1, max_size=70), st.sampled_from([0, 1, 2]), st.text(max_size=30)
    ),
    max_size=8,
)


@settings(max_examples=50, deadline=None)
@given(PACKETS)
def test_round_trip(tmp_path_factory, packets):
    folder = tmp_path_factory.mktemp("trip")
    body = section() + interface(options=option(9, b"\x09"), linktype=147)
    for time, data, direction, comment in packets:
        body += packet(data, units=time, options=comments(comment) + option(2, bytes([direction, 0, 0, 0])))
    (folder / "one").write_bytes(body)
    copy(folder / "one", folder / "two")
    copy(folder / "two", folder / "three")
    assert (folder / "two").read_bytes() == (folder / "three").read_bytes()
    assert printed(folder / "one", FULL) == printed(folder / "two", FULL)


# ------------------------------------------------------------------------------ rotation


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
    with open_savefile(twenty) as reader:
        pump(reader, writer)
    writer.close()
    for path in tmp_path.glob("out*"):
        with open_savefile(path) as reader:
            pump(reader, tee([]))
            assert reader.secrets == [(0x544C534B, b"key")]


def test_time_limit_ends_the_run_after_so_many_files(tmp_path):
    rotation = Rotation(str(tmp_path / "%Y-%s"), seconds=1, count=2)
    first = rotation.first()
    assert "%" not in first
    rotation._turn -= 1
    assert rotation.next(0) is not None
    rotation._turn -= 1
    with pytest.raises(OutputFinished, match="Maximum file limit reached: 2"):
        rotation.next(0)


def test_command_after_each_file(twenty, tmp_path):
    target = tmp_path / "out.pcap"
    rotation = Rotation(str(target), size=400, command="gzip")
    copy(twenty, target, rotation=rotation)
    for process in rotation._running:
        process.wait()
    assert (tmp_path / "out.pcap.gz").exists()
    assert printed(tmp_path / "out.pcap.gz").count("\n") > 1
