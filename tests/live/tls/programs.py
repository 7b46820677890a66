"""Running test programs, what they logged, and whether the kernel has a probe in them."""

import contextlib
import ctypes
import os
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ptcpdump.tls.kinds import KINDS
from ptcpdump.tls.locate import Locator
from tests.live.harness import LIMIT, Capture

_BPF = {"x86_64": 321, "aarch64": 280}      # the number of bpf(2)
_TASK_FD_QUERY = 20                         # enum bpf_cmd
_LIBC = ctypes.CDLL(None, use_errno=True)


def only_child(pid: int) -> int:
    """The process that this one has started."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


class Talk:
    """A running test program; see support/go/tlstalk.go."""

    def __init__(self, words: list[str]) -> None:
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def talk(self) -> None:
        """Let it make its connections."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@contextlib.contextmanager
def talking(path: Path, log: Path | str, version: str = "1.3", count: int = 5, *,
            prefix: tuple[str, ...] = ()) -> Iterator[Talk]:
    talk = Talk([*prefix, str(path), str(log), version, str(count)])
    try:
        yield talk
    finally:
        talk.process.communicate(timeout=LIMIT)


def lines(path: Path) -> list[str]:
    """A key log in an order of its own, without comments."""
    return sorted(line for line in path.read_text().splitlines() if not line.startswith("#"))


def common(path: Path, truth: list[str]) -> list[str]:
    """The lines of a key log that are about the connections of another one: others of this host may run meanwhile."""
    randoms = {line.split()[1] for line in truth}
    return [line for line in lines(path) if line.split()[1] in randoms]


def is_probed(pid: int, path: Path) -> bool:
    """Whether a byte of a running program, where its key log function is probed, is another one than in its file."""
    with path.open("rb") as file:
        offset = Locator(frozenset(KINDS)).locate(file.fileno()).places[0].offset
        original = os.pread(file.fileno(), 1, offset)
        inode = str(os.fstat(file.fileno()).st_ino)         # it may have another name where the program is
    row = next(row for row in Path(f"/proc/{pid}/maps").read_text().splitlines()
               if row.split()[4] == inode and " r-xp " in row)
    base, start = int(row.split("-")[0], 16), int(row.split()[2], 16)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(base + offset - start)
        return memory.read(1) != original


def is_heard(capture: Capture, pid: int, path: Path) -> bool:
    """The same, and a program of BPF runs there for this capture: the kernel puts the breakpoint some milliseconds
    before that. Of a file that other captures on this host probe, too, it may be that of a copy: see until_known()."""
    with path.open("rb") as file:
        offset = Locator(frozenset(KINDS)).locate(file.fileno()).places[0].offset
    return is_probed(pid, path) and offset in _offsets_of_probes(capture)


def _offsets_of_probes(capture: Capture) -> set[int]:
    """Where in their files programs of BPF run as uprobes, by perf events that processes of a capture have open."""
    found = set()
    arguments = "\0".join(map(str, capture.process.args)).encode()      # with its ready-file, which no other one has
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if arguments in (process / "cmdline").read_bytes():
                found |= _offsets_of_its(process)
    return found


def _offsets_of_its(process: Path) -> set[int]:
    found = set()
    for descriptor in process.glob("fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(descriptor) == "anon_inode:[perf_event]":
                asked = struct.pack("=IIIIQIIQQ", int(descriptor.parts[2]), int(descriptor.name), 0, 0, 0, 0, 0, 0, 0)
                buffer = ctypes.create_string_buffer(asked, len(asked))
                if _LIBC.syscall(_BPF[os.uname().machine], _TASK_FD_QUERY, buffer, len(asked)) == 0:
                    found.add(struct.unpack("=IIIIQIIQQ", buffer.raw)[7])
    return found


def until_known(start: Callable[[Path], contextlib.AbstractContextManager[Talk]], heard: Callable[[Talk], bool],
                folder: Path, ours: Path) -> None:
    """Start programs with key logs of their own, until a capture has all that one of them logged.

    Whoever waits for the probe in a new file may see that of another capture. Once ours is there, all is known.
    """
    truths: list[list[str]] = []

    def one_is_known() -> bool:
        log = folder / f"own-{len(truths)}"
        with start(log) as talk:
            until(lambda: heard(talk))
            talk.talk()
        truths.append(lines(log))
        assert len(truths[-1]) == 20
        return any(common(ours, truth) == truth for truth in truths)

    until(one_is_known)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what the kernel does in its own time and tells nobody of."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        os.sched_yield()
