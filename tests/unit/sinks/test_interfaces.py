"""What a savefile says of interfaces and of their packets, and that a copy says the same."""

import struct
import subprocess

import pytest
from savefiles import (
    UDP,
    UDP_TEXT,
    block,
    comments,
    copy,
    interface,
    interfaces_of,
    option,
    packet,
    printed,
    section,
    write_packets,
)

import ptcpdump
from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.net.interface import Interface, Statistics
from ptcpdump.packets import Packet
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.rotation import Rotation
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.objects import PacketSource


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
    write_packets(tmp_path / "file", [Packet(time_ns=5, interface=there, data=UDP, length=len(UDP), linktype=1)])
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


@pytest.mark.parametrize("order", ["<", ">"])
def test_statistics_of_sections_are_added_up_to_the_largest_number(tmp_path, order):
    """From the first start to the last end; a section that does not tell a number changes none."""

    def told(received: int, start: int, end: int) -> bytes:
        stamps = ((code, struct.pack(order + "II", 0, second * 1_000_000)) for code, second in ((2, start), (3, end)))
        return statistics(order, 0, (4, struct.pack(order + "Q", received)), *stamps)

    one = section(order) + interface(order) + packet(order=order)
    path = tmp_path / "file.pcapng"
    path.write_bytes(one + told((1 << 64) - 2, 2, 3) + one + told(5, 1, 4) + one + told(1, 3, 2) + one
                     + statistics(order, 0, (8, struct.pack(order + "Q", 7)), (6, b"short")))
    copy(path, tmp_path / "copy")
    body = struct.pack("=HHIIHHIIHHQHHQHHI", 2, 8, 0, 1_000_000_000, 3, 8, 0, 4_000_000_000, 4, 8, (1 << 64) - 1,
                       8, 8, 7, 0, 0, 0)[:-4]
    assert body in (tmp_path / "copy").read_bytes()


def test_the_header_of_a_cooked_file_leaves_room_for_the_longer_header(tmp_path):
    """Else readers would cut packets that were captured up to the snapshot length."""
    path = tmp_path / "file.pcapng"
    path.write_bytes(section() + interface(snaplen=len(UDP)) + packet())
    copy(path, tmp_path / "copy.pcap", cooked=True)
    assert len(next(iter(ptcpdump.open(tmp_path / "copy.pcap"))).data) == len(UDP) + 6
    text = subprocess.run(["tcpdump", "-nr", tmp_path / "copy.pcap"], check=True, capture_output=True, text=True).stdout
    assert text.endswith(UDP_TEXT + "\n")
