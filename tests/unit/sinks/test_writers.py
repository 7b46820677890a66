"""Savefiles that are written, judged by tcpdump, tshark and our own readers."""

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
    block,
    comments,
    copy,
    interface,
    option,
    packet,
    pcap,
    printed,
    pump,
    secrets_of,
    section,
)

from ptcpdump.errors import SavefileError, UsageError
from ptcpdump.net.interface import Statistics
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.writer import open_writer

FULL = TextOptions(numeric=True, times=TimeStyle.EPOCH, nano=True, verbose=1)
CURL = comments("PID: 12\nCmd: /usr/bin/curl\nArgs: curl -s", "ThreadId: 13\nThreadName: io", "UserId: 7")

needs_wireshark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark and capinfos")


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


@pytest.mark.parametrize(("name", "flag"), [("x.json", "--json"), ("x.parquet", "--parquet FILE")])
def test_a_name_of_what_other_flags_write(tmp_path, name, flag):
    with pytest.raises(UsageError, match=f"{name}: it would be a pcapng file; {flag}"):
        open_writer(str(tmp_path / name))
    assert not (tmp_path / name).exists()
