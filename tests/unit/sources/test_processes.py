"""Processes of files that others have written: Wireshark 5, Apple's tcpdump, several owners, sections, any bytes."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from savefiles import UDP_TEXT, block, comments, interface, option, packet, printed, pump, section

from ptcpdump.context.model import Process
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.processes import Processes

PLAIN = TextOptions(numeric=True, times=TimeStyle.NONE)
VERBOSE = TextOptions(numeric=True, times=TimeStyle.NONE, verbose=1)


def process(pid: int, *values: tuple[int, bytes], order="<", enterprise=32622, more=b"") -> bytes:
    """As Wireshark 5 writes them: the entry is little-endian whatever the section is."""
    entry = struct.pack("<I", pid) + b"".join(option(*value) for value in values) + bytes(4)
    return block(0xBAD, struct.pack(order + "I", enterprise) + struct.pack("<II", 3, len(entry)) + entry + more, order)


def owner(pid: int, tid: int, order="<") -> bytes:
    return option(8, struct.pack(order + "II", pid, tid), order)


CURL = ((2, b"curl"), (3, b"/usr/bin/curl"), (4, b"curl\0-s\0http://a"), (5, struct.pack("<I", 3)),
        (6, struct.pack("<I", 1000)), (7, b"alice"), (8, bytes(16)), (9, struct.pack("<Q", 10**18)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_wireshark(tmp_path, order):
    path = tmp_path / "file"
    path.write_bytes(
        section(order) + interface(order) + process(3, (2, b"sh"), (3, b"/bin/sh"), order=order)
        + process(12, *CURL, order=order, more=option(1, b"a comment", order))
        + packet(order=order, options=owner(12, 0, order)) + packet(order=order)
        + packet(order=order, options=owner(99, 0, order)))
    assert printed(path, PLAIN) == f"curl.12 {UDP_TEXT}, ParentProc [sh.3]\n" + f"{UDP_TEXT}\n" * 2
    assert printed(path, VERBOSE).splitlines()[2:5] == [
        "    Process (pid 12, cmd /usr/bin/curl, args curl -s http://a)", "    User (uid 1000)",
        "    ParentProc (pid 3, cmd /bin/sh, args )"]


def test_the_last_block_before_a_packet_counts(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(section() + interface() + process(12, (2, b"sh")) + packet(options=owner(12, 0))
                     + process(12, (2, b"curl")) + packet(options=owner(12, 0)))
    assert printed(path, PLAIN) == f"sh.12 {UDP_TEXT}\ncurl.12 {UDP_TEXT}\n"


def test_a_section_begins_anew(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(section() + interface() + process(12, (2, b"sh")) + section() + interface()
                     + packet(options=owner(12, 0)))
    assert printed(path, PLAIN) == f"{UDP_TEXT}\n"


def test_of_several_owners_the_first_that_is_known(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(section() + interface() + process(12, (2, b"sh")) + process(13, (2, b"cat"))
                     + packet(options=owner(11, 0) + owner(12, 0) + owner(13, 0)))
    assert printed(path, PLAIN) == f"sh.12 {UDP_TEXT}\n"


def test_comments_say_more(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(section() + interface() + process(12, *CURL)
                     + packet(options=owner(12, 0) + comments("PID: 12\nFound: peer")))
    assert printed(path, PLAIN) == f"curl.12(peer) {UDP_TEXT}, ParentProc [?.3]\n"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", [0x8001, 0x8003])
def test_apple(tmp_path, order, code):
    """pcapng of macOS: a packet has the number of its process's block in the section."""
    def apple(pid: int, name: bytes) -> bytes:
        return block(0x80000001, struct.pack(order + "I", pid) + option(2, name, order)
                     + option(4, bytes(range(16)), order) + bytes(4), order)

    path = tmp_path / "file"
    numbers = [packet(order=order, options=option(code, struct.pack(order + "I", n), order)) for n in range(3)]
    blocks = [apple(501, b"Safari"), numbers[0], apple(77, b"mDNSResponder"), *numbers[1:]]
    path.write_bytes(section(order) + interface(order) + b"".join(blocks))
    assert printed(path, PLAIN) == f"Safari.501 {UDP_TEXT}\nmDNSResponder.77 {UDP_TEXT}\n{UDP_TEXT}\n"


def test_a_copy_keeps_the_process_0_of_macos(tmp_path):
    kernel = block(0x80000001, bytes(4) + option(2, b"kernel_task") + bytes(4))
    path, copy = tmp_path / "file", tmp_path / "copy"
    path.write_bytes(section() + interface() + kernel + packet(options=option(0x8001, bytes(4))))
    sink = open_writer(str(copy))
    pump(path, sink)
    sink.close()
    assert printed(path, PLAIN) == printed(copy, PLAIN) == f"kernel_task.0 {UDP_TEXT}\n"


@pytest.mark.parametrize("strange", [
    process(12, (2, b"sh"), enterprise=1), block(0xBAD, b""), block(0xBAD, struct.pack("<II", 32622, 3)),
    block(0xBAD, struct.pack("<III", 32622, 3, 1 << 31) + bytes(8)),
    block(0xBAD, struct.pack("<III", 32622, 2, 4) + bytes(4)),
    process(0, (2, b"nobody")), block(0x80000001, b""),
])
def test_other_custom_blocks_are_stepped_over(tmp_path, strange):
    path = tmp_path / "file"
    path.write_bytes(section() + interface() + strange + packet(options=owner(12, 0)))
    assert printed(path, PLAIN) == f"{UDP_TEXT}\n"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.booleans(), st.binary(max_size=60))
def test_any_bytes(body, swapped, rest):
    known = Processes()
    for begin in (b"", struct.pack("<IIII", 32622, 3, 40, 5), struct.pack(">I", 32622) + struct.pack("<II", 3, 8)):
        numbers = known.describe(begin + body, swapped=swapped), known.describe_apple(begin + rest, swapped=swapped)
        for number in numbers:
            assert known.context(number, 5) is not None or number == 0


def test_bounded():
    known, most = Processes(), 65536
    body = process(12, (2, b"sh"))[8:-4]
    numbers = [known.describe(body[:12] + struct.pack("<I", pid) + body[16:], swapped=False)
               for pid in range(1, most + 11)]
    assert known.context(numbers[9], 0) is None
    assert known.context(numbers[10], 0).process == Process(11, "sh", name="sh")
    assert len(known) == most


def test_what_takes_much_is_forgotten_sooner():
    """Arguments of a byte take forty times as much when they are understood."""
    known = Processes()
    body = process(1, (4, b"a\0" * 30000))[8:-4]
    numbers = [known.describe(body, swapped=False) for _ in range(600)]
    assert len(known) == 600
    assert all(len(known.context(number, 0).process.args) == 2048 for number in numbers)
    assert 250 < len(known) < 350
    assert known.context(numbers[200], 0) is None


@pytest.mark.parametrize(("line", "args", "truncated"), [
    (b"a\0" * 2048, ("a",) * 2048, False),
    (b"a\0" * 2049, ("a",) * 2048, True),
    (b"a" * 16384, ("a" * 16384,), False),
    (b"a" * 16385, ("a" * 16384,), True),
    (b"a\0" * 8 + b"b" * 60000, ("a",) * 8 + ("b" * 16368,), True),
])
def test_command_lines_are_cut_and_said_to_be(line, args, truncated):
    known = Processes()
    told = known.context(known.describe(process(1, (2, b"a"), (4, line))[8:-4], swapped=False), 0).process
    assert (told.args, told.truncated) == (args, truncated)


def test_long_names_and_what_others_say_are_cut():
    known = Processes()
    told = known.context(known.describe(process(
        1, (2, b"a" * 60000), (3, b"/" + b"b" * 60000), (7, b"c" * 60000), (100, bytes(10000)), (101, bytes(10000)),
        (8, bytes(16)))[8:-4], swapped=False), 0)
    assert (told.process.name, len(told.process.command), told.user) == ("a" * 255, 4096, "c" * 255)
    assert told.process.further == ((100, bytes(10000)), (8, bytes(16)))


def test_threads_are_named_in_blocks(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(section() + interface() + process(12, (2, b"sh"), more=comments("ThreadId: 13\nThreadName: a"))
                     + process(12, (2, b"sh"), more=comments("TID: 14\nThreadName: b"))
                     + packet(options=owner(12, 13)) + packet(options=owner(12, 14)) + packet(options=owner(12, 15)))
    assert printed(path, PLAIN) == "".join(f"sh.12 {UDP_TEXT}, Thread [{name}]\n" for name in ("a.13", "b.14", ".15"))


def test_a_parent_as_it_was(tmp_path):
    """Also where nobody has asked for the child before."""
    path = tmp_path / "file"
    parent = (5, struct.pack("<I", 3))
    path.write_bytes(section() + interface() + process(3, (2, b"sh")) + process(12, (2, b"a"), parent)
                     + process(3, (2, b"bash"), (5, struct.pack("<I", 12))) + packet(options=owner(12, 0))
                     + packet(options=owner(3, 0)))
    assert printed(path, PLAIN) == f"a.12 {UDP_TEXT}, ParentProc [sh.3]\nbash.3 {UDP_TEXT}, ParentProc [a.12]\n"
