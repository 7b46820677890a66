"""Process blocks: read by an independent reader, by tshark and tcpdump without complaint, and by ours."""

import struct
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from owned_files import CURL, PLAIN, SHELL, write
from pcapng_blocks import blocks, packets
from savefiles import copy

import ptcpdump
from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
from ptcpdump.context.redaction import redaction
from ptcpdump.context.render import Part, Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.rotation import Rotation
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.objects import PacketSource


def contexts(path) -> list[Context | None]:
    return [each.context for each in ptcpdump.open(path)]


def entries(path) -> list[dict[str, object]]:
    return [block.entry for block in blocks(path) if block.entry]


def test_layout(tmp_path):
    write(tmp_path / "file", CURL)
    parent, own = [block for block in blocks(tmp_path / "file") if block.entry]
    assert parent.entry == {"pid": 3, "name": "bash", "path": "/usr/bin/bash", "cmdline": ["-bash"],
                            "started": 1_700_000_000_000_000_000}
    assert own.entry == {
        "pid": 12, "name": "curl", "path": "/usr/bin/curl", "cmdline": ["curl", "-s", "http://a b"], "ppid": 3,
        "uid": 1000, "user": "alice", "started": 1_700_000_001_000_000_007}
    assert own.comments == [
        "ContainerName: web\nContainerId: d902\nContainerImage: alpine:3.18\nContainerLabels: {\"a\":\"1\"}",
        "PodName: test\nPodNamespace: default\nPodUID: 9e4b\nPodLabels: {\"run\":\"test\"}\n"
        "PodAnnotations: {\"note\":\"x\"}",
        "PID: 12\nFound: socket", "ThreadId: 13\nThreadName: worker"]
    assert own.body[:12] == struct.pack("=I", 32622) + struct.pack("<II", 3, len(own.body) - 12 - sum(
        4 + (len(value) + 3 & ~3) for _, value in own.options) - 4)
    (one,) = packets(tmp_path / "file")
    assert (one.pid, one.tid) == (12, 13)
    assert (one.process, one.parent) == (own, parent)


def test_once_a_process(tmp_path):
    write(tmp_path / "file", PLAIN, SHELL, PLAIN, None, SHELL, PLAIN)
    assert [entry["pid"] for entry in entries(tmp_path / "file")] == [3, 12, 1, 3]
    assert [one.process.entry["pid"] for one in packets(tmp_path / "file") if one.pid] == [12, 3, 12, 3, 12]


def test_again_after_an_exec_and_for_a_pid_that_is_used_again(tmp_path):
    other = replace(PLAIN, process=Process(12, "/usr/bin/wget", ("wget",)))
    later = replace(PLAIN, process=replace(PLAIN.process, started=1_800_000_000_000_000_000))
    write(tmp_path / "file", PLAIN, other, other, later)
    paths = [(one.process.entry["path"], one.process.entry.get("started")) for one in packets(tmp_path / "file")]
    assert paths == [("/usr/bin/curl", None), ("/usr/bin/wget", None), ("/usr/bin/wget", None),
                     ("/usr/bin/curl", 1_800_000_000_000_000_000)]
    assert len(entries(tmp_path / "file")) == 4     # and the parent


def test_in_every_file_of_a_rotation(tmp_path):
    path = tmp_path / "out"
    write(path, *[PLAIN] * 30, rotation=Rotation(str(path), size=2000), comments="none")
    files = sorted(tmp_path.glob("out*"))
    assert len(files) > 1
    assert all([one.process.entry["path"] for one in packets(file)] == ["/usr/bin/curl"] * len(packets(file))
               for file in files)


def test_the_judges_do_not_complain(tmp_path):
    write(tmp_path / "file", CURL, PLAIN, None)
    for words in (["tshark", "-n", "-V", "-r"], ["tcpdump", "-nr"], ["capinfos"]):
        done = subprocess.run([*words, tmp_path / "file"], capture_output=True, text=True, check=True)
        assert not [line for line in done.stderr.splitlines() if "root" not in line and "reading from" not in line]


KINDS = [CURL, PLAIN, SHELL, None, Context(found=Found.KERNEL),
         replace(CURL, process=replace(CURL.process, truncated=True, host_pid=48211)),
         replace(CURL, process=Process(48211, "/x", ("x",), host_pid=48211, outside=True), parent=None),
         replace(PLAIN, found=Found.PEER, thread=Thread(14, "other")),
         replace(PLAIN, process=Process(77, "a\udcffb\n", ("a\n", "PID: 1", ""), name="n\x1b"), container=None),
         replace(CURL, process=replace(CURL.process, args=()), uid=None, user="")]


@pytest.mark.parametrize("comments", ["every", "first", "none"])
def test_all_context_comes_back(tmp_path, comments):
    row = [*KINDS, *reversed(KINDS), KINDS[0], KINDS[7], KINDS[1], KINDS[7]]
    write(tmp_path / "file", *row, comments="none")
    assert contexts(tmp_path / "file") == row
    copy(tmp_path / "file", tmp_path / "copy", comments=comments)
    copy(tmp_path / "copy", tmp_path / "again", comments="none")
    assert contexts(tmp_path / "copy") == contexts(tmp_path / "again") == row


@pytest.mark.parametrize("comments", ["every", "first", "none"])
def test_how_an_owner_was_found_is_not_taken_from_another_packet(tmp_path, comments):
    row = [replace(PLAIN, found=found) for found in (Found.SOCKET, Found.SAVEFILE, Found.FLOW, Found.SAVEFILE)]
    write(tmp_path / "file", *row, comments=comments)
    assert contexts(tmp_path / "file") == row


WORD = st.binary(min_size=1, max_size=20).map(lambda raw: raw.replace(b"\0", b"_").decode(errors="surrogateescape"))
PROCESSES = st.builds(Process, st.integers(1, 20), WORD.map("/{}".format), st.lists(WORD, max_size=3).map(tuple),
                      name=WORD, started=st.integers(0, 2**64 - 1))
OWNERS = st.builds(Context, process=PROCESSES, uid=st.none() | st.integers(0, 2**32 - 1),
                   parent=st.none() | PROCESSES, found=st.sampled_from(sorted(set(Found) - {Found.KERNEL})))


@settings(max_examples=25, deadline=None)
@given(st.lists(OWNERS, max_size=12))
def test_any_owners_come_back(tmp_path_factory, owners):
    path = tmp_path_factory.mktemp("any") / "file"
    write(path, *owners, comments="none")
    assert contexts(path) == owners


@pytest.mark.parametrize("comments", ["every", "first", "none"])
def test_what_comments_have_no_room_for_comes_back(tmp_path, comments):
    labels = {f"key{n}": "v" * 500 for n in range(20)}
    long = replace(CURL, process=replace(CURL.process, args=("curl",) * 1500), pod=Pod("p", "n", "u", labels, labels),
                   container=Container("i", "n", "m", labels))
    row = [long, replace(long, thread=Thread(14, "other")), long]
    write(tmp_path / "file", *row, comments=comments)
    assert max(len(one.block.body) for one in packets(tmp_path / "file")) < 20000
    assert contexts(tmp_path / "file") == row


def test_first_of_each_flow_and_owner(tmp_path):
    other = replace(PLAIN, process=Process(99, "/bin/x", ("x",)))
    row = [PLAIN, PLAIN, other, PLAIN, other, PLAIN]
    write(tmp_path / "file", *row, ports=[1, 1, 1, 2, 1, 2], comments="first")
    assert [bool(one.block.comments) for one in packets(tmp_path / "file")] == [True, False, True, True, False, False]
    assert contexts(tmp_path / "file") == row


def test_none_keeps_what_others_have_written(tmp_path):
    from savefiles import comments, interface, option, section
    from savefiles import packet as block

    note = comments("PID: 12\nCmd: /bin/a\nArgs: a", "look here")
    custom = option(2988, struct.pack("<I", 99) + b"text") + option(5, struct.pack("<Q", 7)) + option(3, b"\2abcd")
    (tmp_path / "file").write_bytes(section() + interface() + block(options=note + custom))
    copy(tmp_path / "file", tmp_path / "copy", comments="none")
    (one,) = packets(tmp_path / "copy")
    assert one.block.comments == ["look here"]
    assert [each for each in one.block.options if each[0] in (2988, 5, 3)] == [
        (2988, struct.pack("=I", 99) + b"text"), (5, struct.pack("=Q", 7)), (3, b"\2abcd")]


def test_options_of_the_other_byte_order_are_turned_round(tmp_path):
    from savefiles import interface, option, section
    from savefiles import packet as block

    custom = (option(2989, struct.pack(">I", 99) + b"ab", ">") + option(4, struct.pack(">Q", 7), ">")
              + option(6, struct.pack(">I", 5), ">") + option(7, b"\0xyz", ">"))
    (tmp_path / "file").write_bytes(section(">") + interface(">") + block(order=">", options=custom))
    copy(tmp_path / "file", tmp_path / "copy")
    assert packets(tmp_path / "copy")[0].block.options == [
        (2989, struct.pack("=I", 99) + b"ab"), (4, struct.pack("=Q", 7)), (6, struct.pack("=I", 5)), (7, b"\0xyz")]


def test_only_chosen_parts_are_told(tmp_path):
    write(tmp_path / "file", CURL, renderer=Renderer(Part.CONTAINER), comments="none")
    (entry,) = entries(tmp_path / "file")
    assert entry == {"pid": 12}
    assert contexts(tmp_path / "file")[0] == Context(container=CURL.container, found=Found.SOCKET)


@pytest.mark.parametrize("what", ["args", "env", "labels", "annotations", "users"])
def test_what_is_redacted_is_not_in_the_file(tmp_path, what):
    secret = {"args": b"s3cret-arg", "env": b"s3cret-env", "labels": b"s3cret-label", "annotations": b"s3cret-note",
              "users": b"s3cret-user"}
    process = Process(12, "/bin/a", ("a", "s3cret-arg", "TOKEN=s3cret-env"))
    owner = Context(process=process, uid=4711, user="s3cret-user", parent=replace(process, pid=3), found=Found.SOCKET,
                    container=Container("d9", "web", "", {"a": "s3cret-label"}),
                    pod=Pod("p", "ns", "u", {"a": "s3cret-label"}, {"b": "s3cret-note"}))
    write(tmp_path / "open", owner)
    assert all(each in (tmp_path / "open").read_bytes() for each in secret.values())
    write(tmp_path / "file", owner, renderer=Renderer(redaction=redaction([what])))
    copied = open_writer(str(tmp_path / "copy"))
    table = InterfaceTable(copied)
    with ptcpdump.open(tmp_path / "open") as original:
        stage = ContextStage(Renderer(redaction=redaction([what])))
        Driver(PacketSource(iter(original), table), copied, stage, table).run()
    copied.close()
    for path in (tmp_path / "file", tmp_path / "copy"):
        data = path.read_bytes()
        assert secret[what] not in data
        gone = {secret[what]} | ({b"s3cret-env"} if what == "args" else set())
        assert all(each in data for each in secret.values() if each not in gone)
        assert b"UserId" not in data if what == "users" else b"UserId: 4711" in data


@pytest.mark.parametrize("what", ["args", "labels", "users", "args,labels,users"])
def test_the_command_redacts_copies_and_lines(tmp_path, what):
    process = Process(12, "/bin/a", ("a", "s3cret-args"))
    owner = Context(process=process, uid=4711, user="s3cret-users", found=Found.SOCKET,
                    container=Container("d9", "web", "", {"a": "s3cret-labels"}))
    write(tmp_path / "open.pcapng", owner)
    command = [sys.executable, "-m", "ptcpdump", "-n", "-r", tmp_path / "open.pcapng", "--redact", what]
    subprocess.run([*command, "-w", tmp_path / "copy.pcapng"], capture_output=True, check=True)
    text = subprocess.run([*command, "-v"], capture_output=True, check=True).stdout
    copied = (tmp_path / "copy.pcapng").read_bytes()
    for part in ("args", "labels", "users"):
        secret = f"s3cret-{part}".encode()
        assert secret in (tmp_path / "open.pcapng").read_bytes()
        assert (secret in copied) == (part not in what)
        assert secret not in text or part not in what


def several(path, order="<") -> None:
    """Packets of three processes, as Wireshark 5 writes them: shared, alone, by two threads of one, by a stranger."""
    from savefiles import block, interface, option, section
    from savefiles import packet as packet_block

    def described(pid: int, *values: tuple[int, bytes]) -> bytes:
        entry = struct.pack("<I", pid) + b"".join(option(*value) for value in values) + bytes(4)
        return block(0xBAD, struct.pack(order + "I", 32622) + struct.pack("<II", 3, len(entry)) + entry, order)

    def owned(*owners: tuple[int, int]) -> bytes:
        named = b"".join(option(8, struct.pack(order + "II", *each), order) for each in owners)
        return packet_block(order=order, options=named)

    path.write_bytes(
        section(order) + interface(order) + described(11, (2, b"curl"), (8, bytes(range(16))), (77, b"what?"))
        + described(12, (2, b"nginx")) + described(13, (2, b"avahi"), (1, b"an entry's comment"))
        + owned((11, 0), (12, 5), (13, 0)) + owned((13, 0)) + owned((12, 5), (12, 6))
        + owned((99, 0), (12, 0), (11, 0)))


NAMED = [[(11, 0), (12, 5), (13, 0)], [(13, 0)], [(12, 5), (12, 6)], [(12, 0), (11, 0)]]


def named(path) -> list[list[tuple[int, int]]]:
    return [[struct.unpack("=II", value) for code, value in one.block.options if code == 8] for one in packets(path)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("comments", ["every", "none"])
def test_all_owners_of_a_packet_are_kept(tmp_path, order, comments):
    """With a process block for each, though a line shows only the first."""
    several(tmp_path / "file", order)
    copy(tmp_path / "file", tmp_path / "copy", comments=comments)
    copy(tmp_path / "copy", tmp_path / "again", comments=comments)
    for path in (tmp_path / "copy", tmp_path / "again"):
        assert named(path) == NAMED
        assert {entry["pid"]: entry["name"] for entry in entries(path)} == {11: "curl", 12: "nginx", 13: "avahi"}
    assert [each.process.name for each in contexts(tmp_path / "copy")] == ["curl", "avahi", "nginx", "nginx"]


def test_all_owners_go_through_the_flight_recorder(tmp_path):
    several(tmp_path / "file")
    command = [sys.executable, "-m", "ptcpdump", "-r", tmp_path / "file", "-w", tmp_path / "out"]
    subprocess.run([*command, "--keep", "1m", "--dump-on", "exit"], capture_output=True, check=True)
    assert named(tmp_path / "out") == NAMED
    assert {entry["name"] for entry in entries(tmp_path / "out")} == {"curl", "nginx", "avahi"}


def test_what_others_say_of_a_process_is_kept(tmp_path):
    """UUID, comments and options that are not known here; --redact knows only what the UUID may say."""
    several(tmp_path / "file")
    command = [sys.executable, "-m", "ptcpdump", "-r", tmp_path / "file", "-w"]
    subprocess.run([*command, tmp_path / "copy"], capture_output=True, check=True)
    found = {entry["pid"]: entry for entry in entries(tmp_path / "copy")}
    assert found[11] == {"pid": 11, "name": "curl", "uuid": bytes(range(16)), "77": b"what?"}
    assert found[13] == {"pid": 13, "name": "avahi", "comment": "an entry's comment"}
    subprocess.run([*command, tmp_path / "redacted", "--redact", "users"], capture_output=True, check=True)
    found = {entry["pid"]: entry for entry in entries(tmp_path / "redacted")}
    assert found[11] == {"pid": 11, "name": "curl", "uuid": bytes(range(16))}
    assert found[13] == {"pid": 13, "name": "avahi"}
