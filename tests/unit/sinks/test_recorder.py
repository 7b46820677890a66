"""--keep and --dump-on over savefiles: which packets are written, whose they are, and what is said of the others."""

import json
import re
import struct
import subprocess
from pathlib import Path

import pytest
from json_lines import COMMAND
from pcapng_blocks import blocks, packets
from savefiles import UDP, block, comments, interface, option, packet, section

import ptcpdump

SECOND = 1_000_000_000
AT = len(UDP)       # where a packet's number stands


def numbered(path: Path, count: int, every: int = SECOND) -> Path:
    """Packets of five processes and two interfaces, one a second; each fourth one has a comment of its own."""
    nanoseconds = option(9, b"\x09")
    whole = section() + interface(options=nanoseconds + option(2, b"a")) + block(10, b"KSLT\4\0\0\0abcd")
    whole += interface(options=nanoseconds + option(2, b"b"))
    for i in range(count):
        known = comments(f"PID: {1 + i % 5}\nCmd: /bin/p{i % 5}", *(["a note"] if i % 4 == 3 else []))
        whole += packet(UDP + struct.pack(">I", i), units=i * every, options=known, interface=i % 2)
    path.write_bytes(whole)
    return path


def record(path: Path, *words: str) -> list[tuple[list[int], str]]:
    """For each savefile: the numbers in it, and what it says of itself."""
    target = path.with_name("out")
    done = subprocess.run([*COMMAND, "-r", path, "-w", target, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = []
    for file in sorted(target.parent.glob("out*"), key=lambda file: int(file.name.removeprefix("out") or 0)):
        numbers = []
        for each in ptcpdump.open(file, text=None):
            (number,) = struct.unpack(">I", each.data[AT:])
            assert each.time_ns == number * SECOND
            assert each.process.pid == 1 + number % 5 and each.process.command == f"/bin/p{number % 5}"
            assert each.interface.name == "ab"[number % 2]
            numbers.append(number)
        for number, one in zip(numbers, packets(file), strict=True):
            assert one.process.entry["pid"] == one.pid      # process blocks stand in each file
            assert one.block.comments[1:] == (["a note"] if number % 4 == 3 else [])
        said = blocks(file)
        assert [each.body[8:12] for each in said if each.kind == 10] == [b"abcd"]
        found.append((numbers, said[0].comments[-1]))
        file.unlink()
    return found


def match(*numbers: int) -> str:
    return " or ".join(f"ether[{AT}:4] = {number}" for number in numbers)


def test_seconds_before_and_after(tmp_path):
    path = numbered(tmp_path / "in.pcapng", 500)
    first, second = record(path, "--keep", "10s", "--dump-on", match(100, 105), "--dump-on", match(300))
    assert first == ([*range(90, 116)], "Recorder: a packet matches at 1970-01-01T00:01:40.000000000Z; "
                                        "90 earlier packets are not in this file")
    assert second == ([*range(290, 311)], "Recorder: a packet matches at 1970-01-01T00:05:00.000000000Z; "
                                          "174 earlier packets are not in this file")


def test_no_packet_is_in_two_files(tmp_path):
    path = numbered(tmp_path / "in.pcapng", 200)
    files = record(path, "--keep", "10s", "--dump-on", match(50, 65), "--dump-on", "exit")
    assert [numbers for numbers, _ in files] == [[*range(40, 61)], [*range(61, 76)], [*range(189, 200)]]
    assert "the run ends at 1970-01-01T00:03:19" in files[-1][1]


def test_what_is_given_up_for_want_of_room_is_said(tmp_path):
    path = numbered(tmp_path / "in.pcapng", 2000)
    ((numbers, said),) = record(path, "--keep", "1900s,64KiB", "--dump-on", "exit")
    assert numbers == [*range(numbers[0], 2000)] and 100 < len(numbers) < 1800
    older, missing = map(int, re.search(
        r"; (\d+) earlier packets are not in this file; up to (\d+) packets of the 1900 s before were given up, for "
        r"there was room for 65536 bytes$", said).groups())
    assert older <= 99 <= older + 20 and older + missing + len(numbers) == 2000      # memory is forgotten in pieces
    ((numbers, said),) = record(path, "--keep", "64KiB", "--dump-on", "exit")
    assert said.endswith(f"; {2000 - len(numbers)} earlier packets are not in this file")


def test_a_size_behind_the_trigger(tmp_path):
    path = numbered(tmp_path / "in.pcapng", 3000)
    ((numbers, _),) = record(path, "--keep", "64KiB", "--dump-on", match(1000))
    after = -(-65536 // (AT + 4))
    assert numbers == [*range(numbers[0], 1000 + after)] and numbers[0] < 1000


def test_without_a_trigger_the_file_is_whole_and_empty(tmp_path):
    ((numbers, said),) = record(numbered(tmp_path / "in.pcapng", 5), "--keep", "1s", "--dump-on", "tcp")
    assert numbers == [] and said == "Recorder: nothing has asked for packets"


def test_a_ring_of_files_and_a_command_on_each(tmp_path):
    path = numbered(tmp_path / "in.pcapng", 100)
    log, script = tmp_path / "log", tmp_path / "finished"
    script.write_text(f"#!/bin/sh\necho $(basename $1) $(wc -c <$1) >>{log}\n")
    script.chmod(0o755)
    files = record(path, "--keep", "2s", "--dump-on", match(10, 30, 50, 70), "-W", "3", "-z", str(script))
    assert [numbers for numbers, _ in files] == [[*range(68, 73)], [*range(28, 33)], [*range(48, 53)]]


def test_with_lines_and_json_all_packets_are_shown(tmp_path):
    path = numbered(tmp_path / "in.pcapng", 20)
    done = subprocess.run([*COMMAND, "-n", "--json", "-r", path, "-w", tmp_path / "out", "--keep", "1s", "--dump-on",
                           match(3)], capture_output=True, text=True, timeout=60)
    assert [json.loads(line)["process"]["pid"] for line in done.stdout.splitlines()] == [1 + i % 5 for i in range(20)]
    assert len(list(ptcpdump.open(tmp_path / "out"))) == 3


@pytest.mark.parametrize(("words", "text"), [
    (("--keep", "1s"), "--keep needs --dump-on"), (("--dump-on", "exit"), "--dump-on needs --keep"),
    (("--keep", "soon", "--dump-on", "exit"), "--keep soon: must be a duration"),
    (("--keep", "1kB", "--dump-on", "exit"), "at least 64KiB"),
    (("--keep", "1s", "--dump-on", "exit", "-C", "1"), "--keep and -C exclude each other"),
    (("--keep", "1s", "--dump-on", "no such"), "--dump-on: filter expression 'no such'"),
    (("--keep", "1s", "--dump-on", "exit", "-w", "x.pcap"), "--keep needs a file in the format pcapng"),
    (("--keep", "1s", "--dump-on", "exit", "-w", "-"), "--keep needs -w FILE"),
])  # fmt: skip
def test_mistakes_are_named(tmp_path, words, text):
    path = numbered(tmp_path / "in.pcapng", 1)
    done = subprocess.run([*COMMAND, "-r", path, "-w", "out", *words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode in (1, 2) and text in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["in.pcapng"]
