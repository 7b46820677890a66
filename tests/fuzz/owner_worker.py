"""A fuzz run of what tells of owners: `owner_worker.py SEED INPUTS TRACE`, or `--replay FILE TRACE`.

Processes choose their names and arguments, containers and pods their names and labels. Events of
processes as the kernel sends them, and comments of packets as files hold them, are made of such texts and damaged: what
is shown of them has no control characters and forges nothing, and what is written to a file reads back as it was.
"""

import random
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1] / "support")]

from contexts import rendered
from harness import Recorder, main

from ptcpdump.context.comment_text import comments, encode_comments
from ptcpdump.context.comments import parse_comments
from ptcpdump.context.events import ProcessEvent
from ptcpdump.context.model import Container, Context, EventKind, Found, Pod, Process, Thread
from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.render import Renderer

EVENT = struct.Struct("=QQQQIIIIIIQIIHHHHHH4x16s16s")    # struct process_event of kernel/bpf/record.h
LETTERS = "ab/.- :,()[]{}\"'\\\n\r\t\0\x1b\x7f\x9b\u200b\u202e\u2028é\U0001f600\udc80\udcff"
WORDS = ("sh", "/bin/sh", "", "PID: 7", "a\nPID: 7\nCmd: x", "...", "a...", "\\x41", "\\", "Args: ", " x ", "(deleted)",
         "a" * 300)


def text(pick: random.Random) -> str:
    if pick.random() < 0.5:
        return pick.choice(WORDS)
    return "".join(pick.choice(LETTERS) for _ in range(pick.randrange(20)))


def word(pick: random.Random) -> str:
    """As exec(2) takes it."""
    return text(pick).replace("\0", "")


def process(pick: random.Random) -> list:
    return [pick.choice((1, 7, 4194303, 2**32 - 1)), word(pick), [word(pick) for _ in range(pick.randrange(4))],
            word(pick)[:15], pick.choice((0, 0, 7, 9))]


def mapping(pick: random.Random) -> dict[str, str]:
    return {word(pick): word(pick) for _ in range(pick.choice((0, 0, 1, 3)))}


def event(pick: random.Random) -> bytes:
    """An event, perhaps cut, or with lengths that don't fit."""
    name, path = (word(pick).encode(errors="surrogateescape")[:200] + b"\0" for _ in range(2))
    args = b"\0".join(word(pick).encode(errors="surrogateescape") for _ in range(pick.randrange(5)))
    pids = [pick.choice((0, 1, 7, 8, 9, 10, 2**32 - 1)) for _ in range(5)]
    times = [pick.choice((0, 1, 5, 10**9, 2**63, 2**64 - 1)) for _ in range(4)]
    comm, other = (word(pick).encode(errors="surrogateescape")[:16] for _ in range(2))
    lengths = [len(name), len(path), len(args)]
    if pick.random() < 0.1:
        lengths[pick.randrange(3)] = pick.choice((0, 1, 0x7FFF, 0xFFFF))
    data = EVENT.pack(*times, pids[0], pids[1], pids[2], 1, 2, pids[3], times[0], pids[4], pids[1],
                      pick.choice([*EventKind, 0, 99]), *lengths, pick.randrange(2), pick.randrange(2), comm, other)
    data += name + path + args
    return data if pick.random() < 0.9 else data[: pick.randrange(len(data))]


def comment(pick: random.Random) -> str:
    """One of ours, of the Go tool's, or anybody's."""
    keys = ("PID", "HostPID", "Found", "Cmd", "Comm", "Args", "ThreadId", "ThreadName", "UserId", "ParentPID",
            "ParentCmd", "ParentArgs", "ContainerName", "ContainerId", "ContainerLabels", "PodName", "PodLabels", "TID",
            "Command", text(pick))
    values = ("7", "0", "-1", "4294967296", "socket", "{}", "{", "[" * 2000, "\\udc80", "x\\x0ay", text(pick))
    return "\n".join(f"{pick.choice(keys)}{pick.choice((':', ': ', '', ' :'))}{pick.choice(values)}"
                     for _ in range(pick.randrange(7)))


def inputs(seed: str) -> Iterator[dict]:
    """Endless."""
    pick = random.Random(seed)
    while True:
        match pick.randrange(3):
            case 0:
                yield {"event": event(pick).hex()}
            case 1:
                yield {"comments": [comment(pick) for _ in range(pick.randrange(5))]}
            case 2:
                yield {"owner": process(pick), "parent": process(pick), "thread": word(pick)[:15],
                       "container": [word(pick), word(pick) or "0", word(pick), mapping(pick)],
                       "pod": [word(pick) or "0", word(pick), word(pick), mapping(pick), mapping(pick)]}


def context_of(record: dict) -> Context:
    def made(row: list) -> Process:
        pid, command, arguments, name, host_pid = row
        return Process(pid, command, tuple(arguments), name=name, host_pid=host_pid, outside=host_pid == pid)

    name, identity, image, labels = record["container"]
    pod, namespace, uid, pod_labels, annotations = record["pod"]
    return Context(
        process=made(record["owner"]), parent=made(record["parent"]), thread=Thread(3, record["thread"]), uid=0,
        container=Container(identity, name=name, image=image, labels=labels),
        pod=Pod(pod, namespace, uid=uid, labels=pod_labels, annotations=annotations), found=Found.SOCKET)


def check(text: bytes) -> None:
    """What is shown: no control characters, nothing invisible, and no line but ours."""
    odd = {letter for letter in text.decode() if not letter.isprintable()} - {"\n"}
    assert not odd, f"raw {odd} in {text!r:.500}"


def check_line(context: Context, renderer: Renderer) -> list[bytes]:
    """The three texts of an owner; neither words of his begin a line nor do blanks in his name end it."""
    shown = rendered(context, renderer=renderer)
    for part in (shown.prefix, shown.suffix, shown.block):
        check(part)
    assert b"\n" not in shown.prefix + shown.suffix
    assert shown.prefix.count(b" ") <= 1, f"{shown.prefix!r:.300}"
    assert shown.block.count(b"\n") == shown.block.count(b"\n    "), f"{shown.block!r:.500}"
    assert shown.block.count(b"\n") <= 7
    return [shown.prefix, shown.suffix, shown.block]


def take_event(table: ProcessTable, renderer: Renderer, data: bytes) -> None:
    try:
        pid, start = table.feed(data)
    except ValueError:
        return
    event = ProcessEvent(data)
    life = table.lives.find(event.pid, event.start)
    if pid:
        assert (pid, start) == (event.pid, event.start)
        assert life is not None
    process, parent, *_ = table.find(event.pid, event.start, event.time, event.comm)
    check_line(Context(process=process, parent=parent), renderer)


def survive(recorder: Recorder, source: Iterable[dict]) -> None:
    renderer = Renderer(found=True)
    table = ProcessTable(Path("/nowhere"))
    for record in source:
        with recorder.input(**record):
            if "event" in record:
                take_event(table, renderer, bytes.fromhex(record["event"]))
            elif "comments" in record:
                context, foreign = parse_comments(record["comments"])
                assert len(foreign) <= len(record["comments"])
                if context is not None:
                    check_line(context, renderer)
                rendered(context, encode_comments(foreign), renderer)
            else:
                context = context_of(record)
                shown = check_line(context, renderer)
                again, foreign = parse_comments(comments(context))
                assert not foreign, f"comments of ours that are not known again: {foreign!r:.300}"
                assert again is not None
                read = check_line(again, renderer)
                assert read == shown, f"written as\n{shown}\nread as\n{read}"


if __name__ == "__main__":
    main(survive)
