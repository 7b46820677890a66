import struct

import pytest
from savefiles import (
    UDP,
    UDP_TEXT,
    block,
    comments,
    interface,
    interfaces_of,
    option,
    packet,
    printed,
    pump,
    secrets_of,
    section,
)

from ptcpdump.errors import SavefileError
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.sink import Sink

EPOCH = TextOptions(numeric=True, times=TimeStyle.EPOCH, nano=True)
PLAIN = TextOptions(numeric=True, times=TimeStyle.NONE)
VERBOSE = TextOptions(numeric=True, times=TimeStyle.NONE, verbose=1)
CURL = ("PID: 12\nCmd: /usr/bin/curl\nArgs: curl -s http://a", "ParentPID: 3\nParentCmd: /bin/sh\nParentArgs: sh")


@pytest.fixture
def save(tmp_path):
    def write(*blocks: bytes):
        path = tmp_path / "file.pcapng"
        path.write_bytes(b"".join(blocks))
        return path

    return write


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("resolution", "units", "shown"),
    [
        (None, 1_500_000, "1.500000000"),
        (9, 1_500_000_001, "1.500000001"),
        (3, 1_500, "1.500000000"),
        (0, 5_000_000_000, "5000000000.000000000"),
        (12, 1_500_000_001_999, "1.500000001"),
        (0x80 | 20, 3 << 19, "1.500000000"),
        (0x80 | 40, (1 << 40) + (1 << 38), "1.250000000"),
        (19, 10**19, "1.000000000"),
    ],
)
def test_time_resolutions(save, order, resolution, units, shown):
    options = option(9, bytes([resolution]), order) if resolution is not None else b""
    path = save(section(order), interface(order, options=options), packet(order=order, units=units))
    assert printed(path, EPOCH) == f"{shown} {UDP_TEXT}\n"


def test_time_offset(save):
    path = save(section(), interface(options=option(14, struct.pack("<q", -10))), packet(units=12_000_000))
    assert printed(path, EPOCH) == f"2.000000000 {UDP_TEXT}\n"


def test_absurd_times_stay_within_bounds(save):
    options = option(9, b"\0") + option(14, struct.pack("<q", 2**63 - 1))
    assert printed(save(section(), interface(options=options), packet(units=2**64 - 1)), EPOCH).endswith(
        UDP_TEXT + "\n"
    )


def test_simple_and_obsolete_packets(save):
    simple = block(3, struct.pack("<I", len(UDP)) + UDP)
    obsolete = block(2, struct.pack("<HHIIII", 0, 0, 0, 2_000_000, len(UDP), len(UDP)) + UDP + option(2, b"\2\0\0\0"))
    assert printed(save(section(), interface(), simple, obsolete), EPOCH) == (
        f"0.000000000 {UDP_TEXT}\n2.000000000 Out {UDP_TEXT}\n"
    )


def test_simple_packet_is_as_long_as_the_snapshot_length_allows(save):
    simple = block(3, struct.pack("<I", len(UDP)) + UDP[:32])
    assert "[|" in printed(save(section(), interface(snaplen=32), simple), PLAIN)


def test_other_blocks_are_stepped_over(save):
    other = block(4, bytes(4)) + block(5, bytes(12)) + block(0x40000BAD, b"what")
    assert printed(save(section(), other, interface(), other, packet(), other), PLAIN) == UDP_TEXT + "\n"


def test_interface_options(save):
    where = "ifIndex: 2, netNsInode: 4026531840, netNsPath: /proc/self/ns/net"
    options = option(2, b"eth0") + comments(where) + option(11, b"\0udp port 53")
    path = save(section(), interface(options=options, snaplen=96), packet(options=option(2, struct.pack("<I", 1))))
    (eth0,) = interfaces_of(path)
    assert (eth0.name, eth0.index, eth0.netns, eth0.netns_path) == ("eth0", 2, 4026531840, "/proc/self/ns/net")
    assert (eth0.filter, eth0.snaplen) == ("udp port 53", 96)
    assert printed(path, PLAIN) == f"eth0 In {UDP_TEXT}\n"


def test_sections_number_their_interfaces_anew(save):
    eth0, eth1 = (interface(options=option(2, name)) for name in (b"eth0", b"eth1"))
    big = interface(">", options=option(2, b"eth1", ">"))
    path = save(section(), eth0, eth1, packet(interface=1), section(">"), big, packet(order=">"))
    assert [known.name for known in interfaces_of(path)] == ["eth0", "eth1"]
    assert printed(path, PLAIN) == f"eth1 {UDP_TEXT}\n" * 2


def test_context_of_a_packet(save):
    path = save(section(), interface(), packet(options=comments(*CURL) + option(2, b"\2\0\0\0")))
    assert printed(path, PLAIN) == f"curl.12 Out {UDP_TEXT}, ParentProc [sh.3]\n"
    assert printed(path, VERBOSE).splitlines()[2:] == [
        "    Process (pid 12, cmd /usr/bin/curl, args curl -s http://a)",
        "    ParentProc (pid 3, cmd /bin/sh, args sh)",
    ]


def test_terminal_escapes_in_a_file_reach_no_terminal(save):
    options = option(2, b"e\x1b[31m")
    evil = comments("PID: 1\nCmd: /bin/\x1b]0;x\x07\nArgs: \x9b31m \x85")
    path = save(section(), interface(options=options), packet(options=evil))
    for flags in (PLAIN, VERBOSE):
        assert all(ch == "\n" or ch.isprintable() for ch in printed(path, flags))


def test_secrets_are_kept(save):
    secrets = block(10, struct.pack("<II", 0x544C534B, 5) + b"a b c" + bytes(3))
    assert secrets_of(save(section(), secrets, interface(), packet())) == [(0x544C534B, b"a b c")]


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([section()[:20]], "truncated dump file; tried to read 28 section header bytes"),
        ([section(), packet()], "interface 0, but there's no interface description"),
        ([section(), interface(), packet()[:-7]], "truncated dump file; tried to read 76 block bytes, only got 69"),
        ([section(), interface(), packet()[:-4] + bytes(4)], "does not match the total length 0 in trailer"),
        ([section(), block(1, b"")], "interface description block is too short"),
        ([section(), struct.pack("<III", 6, 0xFFFFFFF0, 0)], "invalid length of 4294967280"),
        ([section(), struct.pack("<III", 6, 13, 0)], "invalid length of 13"),
        ([section(), interface(), block(6, struct.pack("<IIIII", 0, 0, 0, 50, 50))], "captured length 50"),
        ([section(), interface(options=option(9, b"\xff"))], "resolution of 2"),
        ([section()[:8] + b"abcd" + section()[12:]], "byte-order magic"),
        ([section(), interface(), block(10, bytes(4))], "decryption secrets block is too short"),
    ],
)
def test_malformed_files_are_refused(save, blocks, message):
    with pytest.raises(SavefileError, match=message):
        printed(save(*blocks))


def test_options_that_run_past_their_block_do_no_harm(save):
    path = save(section(), interface(), packet(options=struct.pack("<HH", 1, 60000)))
    assert printed(path, PLAIN) == UDP_TEXT + "\n"


def test_many_owners(save):
    """More owners than the cache of context texts keeps, most of them seen a second time."""
    pids = [*range(1, 34001), *range(34000, 1, -17), 1]
    path = save(section(), interface(), *(packet(options=comments(f"PID: {pid}\nCmd: /bin/a")) for pid in pids))
    assert printed(path, PLAIN) == "".join(f"a.{pid} {UDP_TEXT}\n" for pid in pids)


def test_only_wanted_owners(save):
    path = save(section(), interface(), packet(options=comments(*CURL)), packet(), packet(options=comments("PID: 5")))
    wanted = pump(path, Sink(), wanted=lambda context: context is not None and context.process.pid == 12)
    assert wanted == (3, 1, 1)
