import os
import shutil
import struct
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pcapng_blocks import blocks
from savefiles import (
    UDP,
    UDP_TEXT,
    block,
    comments,
    interface,
    interfaces_of,
    option,
    packet,
    pcap,
    printed,
    pump,
    secrets_of,
    section,
)

import ptcpdump
from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import OutputFinished, SavefileError
from ptcpdump.net.interface import Interface, Statistics
from ptcpdump.packets import Packet
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.rotation import Rotation, now
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.objects import PacketSource

FULL = TextOptions(numeric=True, times=TimeStyle.EPOCH, nano=True, verbose=1)
CURL = comments("PID: 12\nCmd: /usr/bin/curl\nArgs: curl -s", "ThreadId: 13\nThreadName: io", "UserId: 7")

needs_wireshark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark and capinfos")


def copy(source, target, **flags):
    """Read a savefile and write it again."""
    writer = open_writer(str(target), **flags)
    try:
        pump(source, writer)
    finally:
        writer.close()


def fields(path, *names: str) -> list[list[str]]:
    flags = [flag for name in names for flag in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", *flags], check=True, capture_output=True, text=True
    )
    # Wireshark 4 shows a process block as a row without fields
    return [line.split("\t") for line in done.stdout.splitlines() if line.strip()]


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
    writer.write_secrets(0x544C534B, b"CLIENT_RANDOM 00 11\n")
    pump(original, writer)
    writer.set_statistics(0, Statistics(received=100, dropped=7))
    writer.close()
    said = subprocess.run(["capinfos", tmp_path / "copy"], check=True, capture_output=True, text=True).stdout
    assert "Number of decryption secrets in file: 1" in said and "Number of stat entries = 1" in said
    assert struct.pack("=HHQHHQ", 4, 8, 100, 5, 8, 7) in (tmp_path / "copy").read_bytes()
    assert secrets_of(tmp_path / "copy") == [(0x544C534B, b"CLIENT_RANDOM 00 11\n")]


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


def test_a_savefile_on_standard_output_whose_reader_has_gone(tmp_path):
    (tmp_path / "file").write_bytes(pcap([(1, UDP)]))
    read_end, write_end = os.pipe()
    os.close(read_end)
    words = [sys.executable, "-m", "ptcpdump", "-r", tmp_path / "file"]
    done = subprocess.run([*words, "-w", "-"], stdout=write_end, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "standard output: can't write: its reader has closed the pipe" in done.stderr
    done = subprocess.run([*words, "-n"], stdout=write_end, stderr=subprocess.PIPE, text=True)
    os.close(write_end)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)      # text: as with tcpdump


def test_names_and_blocks_of_others_are_kept(tmp_path):
    """In either byte order; not those that may not be copied, that are damaged, or that nobody knows."""
    names = [(1, bytes([192, 0, 2, 1]) + b"one.example\0two.example\0"), (2, bytes(16) + b"any\0")]
    for order in "<>":
        records = b"".join(option(*each, order) for each in names) + bytes(4)
        records += option(2, b"resolver.example", order) + bytes(4)
        own = struct.pack(order + "I", 32473) + b"as it is, whatever it is"
        (tmp_path / "in.pcapng").write_bytes(
            section(order) + interface(order) + block(4, records, order) + packet(order=order) +
            block(0xBAD, own, order) + block(0x40000BAD, own, order) + block(0x777, own, order) +
            block(0xBAD, struct.pack(order + "I", 32622) + struct.pack("<II", 3, 999), order) +
            block(4, struct.pack(order + "HHI", 1, 60000, 0), order) + packet(order=order))
        done = subprocess.run([sys.executable, "-m", "ptcpdump", "-r", tmp_path / "in.pcapng", "-w", tmp_path / "out"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        found = [(each.kind, each.body) for each in blocks(tmp_path / "out")]
        assert [kind for kind, _ in found] == [0x0A0D0D0A, 4, 1, 6, 0xBAD, 6]
        whole = b"".join(option(*each) for each in names) + bytes(4) + option(2, b"resolver.example") + bytes(4)
        assert found[1][1] == whole
        assert found[4][1] == struct.pack("<I", 32473) + b"as it is, whatever it is"
        shown = subprocess.run(["tshark", "-r", tmp_path / "out", "-T", "fields", "-e", "frame.number"],
                               capture_output=True, text=True, check=True)
        assert shown.stdout.split()[-1:] == [str(len(shown.stdout.split()))]


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
    pump(twenty, writer)
    writer.close()
    for path in tmp_path.glob("out*"):
        assert secrets_of(path) == [(0x544C534B, b"key")]


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
    """A capture that takes longer to start than -G says has its first file all the same."""
    rotation = Rotation(str(tmp_path / "out"), seconds=-1, count=1)     # over when it begins
    writer = open_writer(rotation.path, rotation=rotation)
    rotation.seconds = 600
    rotation.start()
    pump(twenty, writer)
    writer.close()
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


# ------------------------------------------------------------------------------ interfaces


def described(path) -> list[tuple[int, int, str]]:
    """Kind of block, interface number and name (descriptions) of what a pcapng file says of interfaces and packets."""
    data, at, found, names = path.read_bytes(), 0, [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 1:
            body = data[at + 16 : at + length - 4]
            size = struct.unpack_from("<H", body, 2)[0] if body[:2] == b"\2\0" else 0
            found.append((1, names, body[4 : 4 + size].decode()))
            names += 1
        elif kind in (5, 6):
            found.append((kind, struct.unpack_from("<I", data, at + 8)[0], ""))
        at += length
    return found


def test_an_interface_is_described_before_its_first_packet(tmp_path):
    """One of another link type that stays idle is left out, since readers refuse files that mix them."""
    names = (("eth0", 1), ("tun0", 101), ("eth1", 1))
    path = tmp_path / "idle.pcapng"
    devices = [interface(linktype=kind, options=option(2, name.encode())) for name, kind in names]
    path.write_bytes(section() + b"".join(devices) + packet(interface=0))
    copy(path, tmp_path / "copy")
    assert described(tmp_path / "copy") == [(1, 0, "eth0"), (6, 0, ""), (1, 1, "eth1")]
    done = subprocess.run(["tcpdump", "-n", "-r", tmp_path / "copy"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith(UDP_TEXT + "\n")


def test_each_file_of_a_rotation_describes_its_own_interfaces(tmp_path):
    path = tmp_path / "two.pcapng"
    blocks = [packet(interface=0)] * 4 + [packet(UDP[14:], interface=1)] * 4
    devices = interface(options=option(2, b"eth0")) + interface(linktype=101, options=option(2, b"tun0"))
    path.write_bytes(section() + devices + b"".join(blocks))
    copy(path, tmp_path / "out", rotation=Rotation(str(tmp_path / "out"), size=150))
    files = sorted(tmp_path.glob("out*"), key=lambda file: int(file.name.removeprefix("out") or 0))
    assert len(files) == 8
    for file, name in zip(files, ["eth0"] * 4 + ["tun0"] * 4, strict=True):
        assert described(file) == [(1, 0, name), (6, 0, "")]


def test_rows_that_are_used_again(tmp_path):
    """Packets belong to what the row stands for when they come; what it stood for has its counters at that place."""
    sink = open_writer(str(tmp_path / "file"))
    table = InterfaceTable(sink, kept=1)
    for name in ("eth0", "eth1"):
        device = Interface(name=name)
        packets = [Packet(time_ns=n, interface=device, data=UDP, length=len(UDP), linktype=1) for n in range(2)]
        with PacketSource(packets, table) as source:
            Driver(source, sink, ContextStage(Renderer()), table).run()
            table.count(0, Statistics(received=2))
        table.passed()
    table.tell_statistics()
    sink.close()
    assert described(tmp_path / "file") == [(1, 0, "eth0"), (6, 0, ""), (6, 0, ""), (5, 0, ""),
                                           (1, 1, "eth1"), (6, 1, ""), (6, 1, ""), (5, 1, "")]
    assert [each.interface.name for each in ptcpdump.open(tmp_path / "file")] == ["eth0"] * 2 + ["eth1"] * 2


@pytest.mark.parametrize("order", ["<", ">"])
def test_all_that_is_said_of_an_interface_is_kept(tmp_path, order):
    """Filters as text and as code, numbers of both byte orders, comments, and options that nobody here knows."""
    code = struct.pack(order + "HBBI", 0x28, 0, 0, 12) + struct.pack(order + "HBBI", 6, 0, 0, 262144)
    options = b"".join(option(number, value, order) for number, value in [
        (2, b"eth0"), (1, b"a comment"), (1, b"another one"), (11, b"\0udp port 53"), (11, b"\1" + code),
        (12, b"Plan 9"), (8, struct.pack(order + "Q", 10**9)), (10, struct.pack(order + "I", 3600)),
        (4, bytes([10, 0, 0, 1, 255, 0, 0, 0])), (15, b"a card"), (0x8123, b"odd"), (9, b"\x06")])
    path = tmp_path / "file.pcapng"
    path.write_bytes(section(order) + interface(order, snaplen=1234, options=options) + packet(order=order))
    copy(path, tmp_path / "copy")
    copy(tmp_path / "copy", tmp_path / "again")
    (found,), (kept,) = interfaces_of(path), interfaces_of(tmp_path / "copy")
    assert kept == found
    assert (tmp_path / "again").read_bytes() == (tmp_path / "copy").read_bytes()
    assert (found.filter, found.snaplen) == ("udp port 53", 1234)
    assert found.options == (
        (1, b"a comment"), (1, b"another one"), (11, b"\1" + struct.pack("=HBBIHBBI", 0x28, 0, 0, 12, 6, 0, 0, 262144)),
        (12, b"Plan 9"), (8, struct.pack("=Q", 10**9)), (10, struct.pack("=I", 3600)),
        (4, bytes([10, 0, 0, 1, 255, 0, 0, 0])), (15, b"a card"), (0x8123, b"odd"))


@pytest.mark.parametrize(("name", "netns", "path"), [
    ("eth0@4026532281", 4026532281, "/proc/77/ns/net"),
    ("eth0@web", 4026532281, "/run/netns/web"),
])
def test_names_of_other_namespaces_come_back(tmp_path, name, netns, path):
    there = Interface(name="eth0", index=2, netns=netns, netns_path=path, label=name)
    write_packets([Packet(time_ns=5, interface=there, data=UDP, length=len(UDP), linktype=1)], tmp_path / "file")
    (found,) = ptcpdump.open(tmp_path / "file")
    assert (found.interface.name, found.interface.shown, found.interface.netns) == ("eth0", name, netns)
    assert f" {name} {UDP_TEXT}" in printed(tmp_path / "file")
    copy(tmp_path / "file", tmp_path / "copy")
    assert [each.interface for each in ptcpdump.open(tmp_path / "copy")] == [found.interface]


def test_an_index_that_no_interface_has_is_a_comment(tmp_path):
    path = tmp_path / "file.pcapng"
    where = "ifIndex: 9999999999, netNsInode: 1, netNsPath: /x"
    path.write_bytes(section() + interface(options=comments(where)) + packet())
    copy(path, tmp_path / "copy.pcap", cooked=True)
    assert interfaces_of(path)[0].options == ((1, where.encode()),)


def statistics(order: str, number: int, *options: tuple[int, bytes]) -> bytes:
    said = b"".join(option(*each, order) for each in options)
    return block(5, struct.pack(order + "III", number, 0, 0) + said, order)


@pytest.mark.parametrize("order", ["<", ">"])
def test_statistics_are_kept(tmp_path, order):
    """The last ones of a section count; those of several sections are added."""

    def counts(received: int, dropped: int) -> tuple[tuple[int, bytes], ...]:
        return (4, struct.pack(order + "Q", received)), (5, struct.pack(order + "Q", dropped))

    begun = (2, struct.pack(order + "II", 0, 7_000_000))        # 7 s, counted in microseconds
    one = section(order) + interface(order) + packet(order=order)
    path = tmp_path / "file.pcapng"
    path.write_bytes(one + statistics(order, 0, *counts(5, 1)) + statistics(order, 0, *counts(9, 2), begun)
                     + one + statistics(order, 0, *counts(100, 0)) + statistics(order, 3, *counts(1, 1)))
    copy(path, tmp_path / "copy")
    data = (tmp_path / "copy").read_bytes()
    assert struct.pack("=HHIIHHQHHQ", 2, 8, 1, 7_000_000_000 - (1 << 32), 4, 8, 109, 5, 8, 2) in data
    assert len([each for each in described(tmp_path / "copy") if each[0] == 5]) == 1


def test_the_header_of_a_cooked_file_leaves_room_for_the_longer_header(tmp_path):
    """Else readers would cut packets that were captured up to the snapshot length."""
    path = tmp_path / "file.pcapng"
    path.write_bytes(section() + interface(snaplen=len(UDP)) + packet())
    copy(path, tmp_path / "copy.pcap", cooked=True)
    assert len(next(iter(ptcpdump.open(tmp_path / "copy.pcap"))).data) == len(UDP) + 6
    text = subprocess.run(["tcpdump", "-nr", tmp_path / "copy.pcap"], check=True, capture_output=True, text=True).stdout
    assert text.endswith(UDP_TEXT + "\n")


def write_packets(packets: list[Packet], path) -> None:
    sink = open_writer(str(path))
    table = InterfaceTable(sink)
    Driver(PacketSource(packets, table), sink, ContextStage(Renderer()), table).run()
    sink.close()
