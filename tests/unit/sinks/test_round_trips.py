"""Copies (`-r A -w B`) of a file with all that pcapng may hold, field by field: by tshark, by an independent reader."""

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from json_lines import COMMAND
from pcapng_blocks import Block, blocks
from savefiles import UDP, block, interface, option, packet, section

ORDERS = ["<", ">"]
SECONDS = 1_700_000_000


class Everything:
    """A file in one byte order, in pieces."""

    def __init__(self, order: str) -> None:
        self.order = order

    def number(self, kind: str, *values: int) -> bytes:
        return struct.pack(self.order + kind, *values)

    def options(self, *pairs: tuple[int, bytes]) -> bytes:
        return b"".join(option(code, value, self.order) for code, value in pairs) + bytes(4)

    def stamp(self, seconds: int) -> tuple[int, int]:
        return divmod(seconds * 10**9, 1 << 32)

    def head(self) -> bytes:
        eth0 = self.options((2, b"eth0"), (3, b"a card"), (9, b"\x09"), (11, b"\0udp"), (12, b"Plan 9"))
        tun0 = self.options((2, b"tun0"), (9, b"\x94"), (14, self.number("q", 1_600_000_000)))      # 2^-20 s
        return (section(self.order, self.options((1, b"a file"), (4, b"a tool")))
                + interface(self.order, options=eth0) + interface(self.order, linktype=101, snaplen=40, options=tun0))

    def names(self) -> bytes:
        records = ((1, bytes([10, 0, 0, 1]) + b"one.example\0alias\0"), (2, bytes(15) + b"\1six.example\0"))
        return block(4, self.options(*records), self.order)

    def secrets(self) -> bytes:
        return block(10, self.number("II", 0x544C534B, 5) + b"a b c" + bytes(3), self.order)

    def others(self) -> bytes:
        """Somebody's own blocks, which may be copied, and which may not; one of a type that nobody knows."""
        body = self.number("I", 99) + b"what"
        return block(0xBAD, body, self.order) + block(0x40000BAD, body, self.order) + block(0x77, b"what", self.order)

    def packets(self) -> bytes:
        number = self.number
        said = self.options(
            (1, b"look here"), (2, number("I", 0x00050146)), (3, b"\2abcd"), (4, number("Q", 5)), (5, number("Q", 77)),
            (6, number("I", 3)), (7, b"\1" + number("q", -2)), (7, b"\0raw"), (2988, number("I", 99) + b"text"),
            (2989, number("I", 99) + b"\0\1"), (1, b"and here"))
        whole = packet(order=self.order, units=SECONDS * 10**9 + 123_456_789, options=said)
        cut = packet(UDP[14:], order=self.order, interface=1, units=(5 << 20) + (1 << 19), length=60,
                     options=self.options((2, number("I", 1))))
        return whole + cut + self.obsolete(1, 7, self.options((2, number("I", 2)))) + self.obsolete(2, 0xFFFF)

    def obsolete(self, after: int, drops: int, options: bytes = b"") -> bytes:
        head = self.number("HHIIII", 0, drops, *self.stamp(SECONDS + after), len(UDP), len(UDP))
        return block(2, head + UDP + options, self.order)

    def statistics(self) -> bytes:
        counters = [(code, self.number("Q", count)) for code, count in ((4, 100), (5, 3), (6, 50), (7, 1), (8, 40))]
        times = ((2, self.number("II", *self.stamp(SECONDS))), (3, self.number("II", *self.stamp(SECONDS + 9))))
        return block(5, self.number("III", 0, *self.stamp(SECONDS + 9)) + self.options(*times, *counters), self.order)

    def whole(self) -> bytes:
        return self.head() + self.names() + self.secrets() + self.others() + self.packets() + self.statistics()


def copied(folder: Path, content: bytes, *flags: str) -> tuple[Path, Path]:
    original, copy = folder / "original.pcapng", folder / "copy.pcapng"
    original.write_bytes(content)
    subprocess.run([*COMMAND, "-n", "-r", original, "-w", copy, *flags], check=True, capture_output=True)
    return original, copy


def frames(path: Path) -> list[dict[str, Any]]:
    """What tshark says of packets, but for their numbers, which count blocks of others, too; and not of these."""
    done = subprocess.run(["tshark", "-n", "-r", path, "-T", "json"], check=True, capture_output=True)
    found = [each["_source"]["layers"] for each in json.loads(done.stdout)]
    for each in found:
        del each["frame"]["frame.number"], each["frame"]["frame.section_number"]
    return [each for each in found if "frame.cb_pen" not in each["frame"]]


def of_kind(path: Path, kind: int) -> list[Block]:
    return [each for each in blocks(path) if each.kind == kind]


@pytest.mark.parametrize("order", ORDERS)
def test_tshark_sees_the_same(tmp_path, order):
    original, copy = copied(tmp_path, Everything(order).whole())
    seen = frames(copy)
    assert seen == frames(original) and len(seen) == 4
    assert seen[0]["frame"]["frame.time_epoch"] == f"{SECONDS}.123456789"
    assert seen[1]["frame"]["frame.time_epoch"] == "1600000005.500000000"
    assert seen[0]["frame"]["frame.packet_flags"] == "0x00050146"


@pytest.mark.parametrize("order", ORDERS)
def test_every_block_and_option(tmp_path, order):
    """In this machine's byte order, by the reader of the tests."""
    ours = Everything("=")
    _, copy = copied(tmp_path, Everything(order).whole(), "--redact", "args")
    first, second, third, fourth = of_kind(copy, 6)
    assert sorted(first.options) == sorted([
        (1, b"look here"), (2, ours.number("I", 0x00050146)), (3, b"\2abcd"), (4, ours.number("Q", 5)),
        (5, ours.number("Q", 77)), (6, ours.number("I", 3)), (7, b"\1" + ours.number("q", -2)), (7, b"\0raw"),
        (2988, ours.number("I", 99) + b"text"), (2989, ours.number("I", 99) + b"\0\1"), (1, b"and here")])
    assert second.options == [(2, ours.number("I", 1))]
    assert struct.unpack_from("=II", second.body, 12) == (len(UDP) - 14, 60)
    assert sorted(third.options) == [(2, ours.number("I", 2)), (4, ours.number("Q", 7))]     # packets lost before it
    assert fourth.options == []
    eth0, tun0 = of_kind(copy, 1)
    assert sorted(eth0.options) == [(2, b"eth0"), (3, b"a card"), (9, b"\x09"), (11, b"\0udp"), (12, b"Plan 9")]
    assert sorted(tun0.options) == [(2, b"tun0"), (9, b"\x09")]
    assert struct.unpack_from("=HHI", tun0.body) == (101, 0, 40)
    (counted,) = of_kind(copy, 5)
    assert sorted(counted.options) == sorted(blocks(ours.head() + ours.statistics())[-1].options)
    for kind, made in ((4, ours.names()), (10, ours.secrets()), (0xBAD, ours.others()[:20])):
        assert [each.body for each in of_kind(copy, kind)] == [made[8:-4]]
    assert not of_kind(copy, 0x40000BAD) + of_kind(copy, 0x77)      # not to be copied, and not known


def test_sections_of_both_byte_orders(tmp_path):
    original, copy = copied(tmp_path, Everything(">").whole() + Everything("<").whole())
    assert frames(copy) == frames(original)
    assert len(of_kind(copy, 0x0A0D0D0A)) == 1 and len(of_kind(copy, 1)) == 2


@pytest.mark.parametrize("order", ORDERS)
def test_a_copy_of_a_copy_is_the_same(tmp_path, order):
    _, copy = copied(tmp_path, Everything(order).whole(), "--redact", "args")
    again = tmp_path / "again"
    again.mkdir()
    assert copied(again, copy.read_bytes(), "--redact", "args")[1].read_bytes() == copy.read_bytes()


@pytest.mark.parametrize("flags", [["-C", "1m"], ["--compress", "gzip"], ["--keep", "1MiB", "--dump-on", "exit"]])
def test_all_ways_of_writing(tmp_path, flags):
    original, copy = copied(tmp_path, Everything(">").head() + Everything(">").packets(), *flags)
    assert frames(copy) == frames(original)


def test_times_before_1970(tmp_path):
    """An offset may lead to them; they are written as 0, for a file of nanoseconds can't tell them."""
    early = interface(options=option(14, struct.pack("<q", -10**10)))
    _, copy = copied(tmp_path, section() + early + packet(units=1) + Everything("<").statistics())
    (one,), (counted,) = of_kind(copy, 6), of_kind(copy, 5)
    assert one.body[4:12] == counted.option(2) == counted.option(3) == bytes(8)
