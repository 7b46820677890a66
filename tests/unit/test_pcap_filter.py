"""libpcap: what it compiles, prints and refuses, compared with tcpdump on the same machine."""

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from ptcpdump.errors import FilterError, UsageError
from ptcpdump.filters import pcap
from ptcpdump.filters.savefile import ExpressionFilter

TCP_SYN = bytes.fromhex("020000000001 020000000002 0800 4500 0028 0001 0000 40 06 0000 0a000001 0a000002"
                        "3039 0050 00000001 00000000 50 02 2000 0000 0000")


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump to compare with")
@pytest.mark.parametrize("expression", ["tcp port 80", "", "vlan and ip6", "ip6 protochain 6", "ip broadcast"])
@pytest.mark.parametrize("linktype", ["EN10MB", "RAW", "LINUX_SLL2"])
@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("optimize", [True, False])
def test_listing_is_tcpdumps(expression: str, linktype: str, level: int, optimize: bool) -> None:
    command = ["tcpdump", "-" + "d" * level, "-y", linktype, *([] if optimize else ["-O"]), expression]
    theirs = subprocess.run(command, capture_output=True, text=True, check=False)
    number = pcap.linktype_by_name(linktype)
    if theirs.returncode:
        reason = theirs.stderr.strip().splitlines()[-1].removeprefix("tcpdump: ")
        with pytest.raises(FilterError) as caught:
            pcap.compile_expression(expression, number, optimize=optimize)
        assert reason in str(caught.value)
    else:
        assert pcap.compile_expression(expression, number, optimize=optimize).listing(level) == theirs.stdout


@pytest.mark.parametrize(("expression", "reason"), [
    ("tcp and udp", "expression rejects all packets"),
    ("port 65536", "illegal port number 65536 > 65535"),
    ("tcp[", "syntax error"),
    ("ip6[0] / 0 = 1", "division by zero"),
    ("tcp\0", "NUL"),
])
def test_errors_name_expression_and_cause(expression: str, reason: str) -> None:
    with pytest.raises(FilterError, match=reason):
        pcap.compile_expression(expression)


def test_ip_broadcast_needs_a_netmask() -> None:
    with pytest.raises(FilterError, match="netmask not known"):
        pcap.compile_expression("ip broadcast", netmask=pcap.NETMASK_UNKNOWN)


def test_link_types() -> None:
    assert (pcap.linktype_name(1), pcap.linktype_description(1)) == ("EN10MB", "Ethernet")
    assert (pcap.linktype_by_name("raw"), pcap.linktype_name(101)) == (101, "RAW")
    assert (pcap.linktype_name(9999), pcap.linktype_description(9999)) == ("9999", "")
    with pytest.raises(UsageError, match="EN10GB"):
        pcap.linktype_by_name("EN10GB")


def test_length_on_the_wire() -> None:
    program = pcap.compile_expression("greater 1000")
    assert not program.matches(TCP_SYN)
    assert program.matches(TCP_SYN, 1000)


def test_savefile_filter_follows_the_link_type() -> None:
    chosen = ExpressionFilter("dst port 80", 1)
    assert chosen.takes(TCP_SYN)
    assert chosen.takes(TCP_SYN[14:], 101)
    assert not chosen.takes(TCP_SYN, 101)
    assert not chosen.takes(b"")
    assert chosen.refused == {}


def test_link_types_without_meaning_do_not_match() -> None:
    chosen = ExpressionFilter("ether host 02:00:00:00:00:01", 1)
    assert chosen.takes(TCP_SYN)
    assert not chosen.takes(TCP_SYN[14:], 101)
    assert "RAW" in chosen.refused


def test_first_link_type_must_have_a_meaning() -> None:
    with pytest.raises(FilterError, match="ether"):
        ExpressionFilter("ether host 02:00:00:00:00:01", 101)


@pytest.mark.parametrize("expression", ["inbound", "outbound and tcp", "ifindex 2"])
def test_what_only_a_capture_knows_is_refused_for_files(expression: str) -> None:
    with pytest.raises(FilterError, match="only while capturing"):
        ExpressionFilter(expression, 1)


def chain(*headers: tuple[int, int, bytes]) -> bytes:
    """An IPv6 packet over Ethernet with extension headers: kind, next kind, and all behind the next kind."""
    body = b"".join(bytes([following]) + rest for _, following, rest in headers)
    fixed = bytes.fromhex("60000000") + len(body).to_bytes(2) + bytes([headers[0][0], 64]) + bytes(32)
    return TCP_SYN[:12] + bytes.fromhex("86dd") + fixed + body + TCP_SYN[34:]


@pytest.mark.parametrize(("packet", "matches"), [
    (chain((0, 60, bytes(7)), (60, 6, b"\1" + bytes(14))), True),
    (chain((0, 17, bytes(7))), False),
    (chain((44, 6, bytes(7))), True),
    (chain((60, 60, b"\xff" + bytes(20))), False),
    (chain((51, 51, b"\x08" + bytes(40))), False),      # its length leads libpcap back to this header, for ever
    (TCP_SYN, False),
])
def test_chains_of_headers_end(packet: bytes, matches: bool) -> None:
    program = pcap.compile_expression("ip6 protochain 6")
    assert program.matches(packet) is matches
    for end in range(len(packet)):
        program.matches(packet[:end])


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump to compare with")
def test_loops_are_interpreted_as_libpcap_does(tmp_path: Path) -> None:
    """All kinds of instruction in a program that jumps back, whose packets tcpdump's own interpreter can end."""
    expression = "(ip protochain 6 or ip6 protochain 17) and ip[8] * 2 - 1 > (len / 3 | 1) and ip[20:2] % 7 < 5"
    program = pcap.compile_expression(expression)
    chance = random.Random(1)
    packets = [TCP_SYN[:22] + bytes([chance.randrange(256), chance.choice((6, 17, 0, 60))]) + chance.randbytes(60)
               for _ in range(300)]
    savefile = tmp_path / "packets.pcap"
    savefile.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(
        struct.pack("<IIII", number, 0, len(data), len(data)) + data for number, data in enumerate(packets)))
    expected = subprocess.run(["tcpdump", "-ttnqr", savefile, expression], capture_output=True, text=True, check=True)
    taken = [number for number, data in enumerate(packets) if program.matches(data)]
    assert 20 < len(taken) < 280
    assert taken == [int(line.partition(".")[0]) for line in expected.stdout.splitlines() if line[0].isdigit()]
