"""What a program is called, on lines, in files and by --pname: the same however it was started, however long it lives.

Each program of the test says its pid in what it sends.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.harness import (
    ACTORS,
    COMMAND,
    LIMIT,
    PYTHON,
    Actor,
    Link,
    actor,
    capturing,
    needs_privileges,
    run,
    veth_pair,
)

pytestmark = needs_privileges

LONG = "a-name-of-more-than-fifteen"
TWIN = "a-name-of-more-than-sixteen"    # the kernel keeps the same of both
SCRIPT = "read line; exec 3<>/dev/udp/{0}/9; echo from $$ >&3; echo sent; read line"


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x11) as pair:
        yield pair


@pytest.fixture(scope="module")
def programs(link: Link, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with programs of all kinds that wait for a line, send, and wait for another one."""
    folder = tmp_path_factory.mktemp("programs")
    script = SCRIPT.format(link.peer4)
    shutil.copy("/bin/bash", folder / "shell")
    shutil.copy("/bin/bash", folder / LONG)
    shutil.copy("/bin/bash", folder / TWIN)
    (folder / "link-to-shell").symlink_to("shell")
    (folder / "a-link-of-more-than-fifteen").symlink_to("shell")
    for name in ("mytool", "a-script-of-more-than-fifteen"):
        (folder / name).write_text(f"#!{folder}/shell\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


def start(folder: Path, name: str, link: Link, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Run a program; scripts need no words."""
    words = [] if (folder / name).read_bytes()[:2] == b"#!" else ["-c", SCRIPT.format(link.peer4)]
    return subprocess.Popen([folder / name, *words] if cwd is None else [f"./{name}", *words], cwd=cwd,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def senders(path: Path) -> dict[int, Packet]:
    """What was sent to port 9, by the pid that it says."""
    return {int(p.data.partition(b"from ")[2]): p for p in ptcpdump.open(path)
            if b"from " in p.data and p.direction == ptcpdump.Direction.OUT}


def let_send(link: Link, process: subprocess.Popen[bytes]) -> None:
    """Have it send its datagram, and end."""
    process.communicate(b"go\nend\n", timeout=LIMIT)


NAMES = [        # name it was started by, its executable's
    ("shell", "shell"), ("mytool", "shell"), (LONG, LONG), ("link-to-shell", "shell"),
    ("a-link-of-more-than-fifteen", "shell"), ("a-script-of-more-than-fifteen", "shell"),
]


@pytest.mark.parametrize("relative", [False, True])
def test_name_of_those_that_live_and_of_those_that_end_at_once(
        link: Link, programs: Path, tmp_path: Path, relative: bool) -> None:
    path = tmp_path / "x.pcapng"
    truth: dict[int, tuple[str, str]] = {}
    cwd = programs if relative else None
    earlier = [(start(programs, name, link, cwd), name, executable) for name, executable in NAMES]
    with capturing(tmp_path, "-i", link.here, "-w", path, "udp port 9") as capture:
        later = [(start(programs, name, link, cwd), name, executable) for name, executable in NAMES]
        for process, name, executable in earlier + later:
            truth[process.pid] = (name, executable)
        for process, _, _ in earlier:
            let_send(link, process)
        for process, _, _ in later[::2]:
            let_send(link, process)
        alive = [process for process, _, _ in later[1::2]]
        for process in alive:
            process.stdin.write(b"go\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"sent\n"
        capture.stop()      # these live on
        for process in alive:
            process.communicate(b"end\n", timeout=LIMIT)
    packets = senders(path)
    assert {pid: (p.process.name, p.process.command) for pid, p in packets.items()} == {
        pid: (name, str(programs / executable)) for pid, (name, executable) in truth.items()}
    assert all(p.process.pid == pid and f" {truth[pid][0]}.{pid} " in p.line for pid, p in packets.items())


def test_applet(link: Link, tmp_path: Path) -> None:
    """Many programs are one executable; each is called by what it was asked for."""
    (tmp_path / "wget").symlink_to(shutil.which("busybox"))
    path = tmp_path / "x.pcapng"
    with capturing(tmp_path, "-i", link.here, "-w", path, "tcp port 9"):
        process = subprocess.Popen([tmp_path / "wget", f"http://{link.peer4}:9/"], stderr=subprocess.DEVNULL)
        process.wait(LIMIT)     # refused
    assert {(p.process.pid, p.process.name, p.process.executable) for p in ptcpdump.open(path)} == {
        (process.pid, "wget", "busybox")}


BY_NAME = {
    "mytool": {"mytool"},
    "shell": {"shell", "mytool", "link-to-shell", "a-link-of-more-than-fifteen", "a-script-of-more-than-fifteen"},
    LONG: {LONG},
    LONG[:15]: {LONG, TWIN},      # as ps(1) shows both
    "a-script-of-more-than-fifteen": {"a-script-of-more-than-fifteen"},
    "a-link-of-more-than-fifteen,link-to-shell": {"a-link-of-more-than-fifteen", "link-to-shell"},
    "a-name-of-more-than-none": set(),
}


@dataclass(frozen=True)
class Chosen:
    """What captures by each of the names have taken, and one of everything; all processes with what they are called."""

    files: dict[str, Path]
    everything: Path
    processes: list[tuple[int, str]]


@pytest.fixture(scope="module")
def chosen(link: Link, programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Chosen:
    """Some programs run before the captures, some start later."""
    folder = tmp_path_factory.mktemp("chosen")
    everything = folder / "all.pcapng"
    files = {wanted: folder / f"{number}.pcapng" for number, wanted in enumerate(BY_NAME)}
    names = [name for name, _ in NAMES] + [TWIN]
    earlier = [(start(programs, name, link), name) for name in names]
    with ExitStack() as captures:
        for wanted, path in files.items():
            captures.enter_context(capturing(folder, "-i", link.here, "-w", path, "--pname", wanted, "udp port 9"))
        captures.enter_context(capturing(folder, "-i", link.here, "-w", everything, "udp port 9"))
        # from the longest name to the shortest: what is left of a longer one must not be taken for it
        later = [(start(programs, name, link), name) for name in sorted(names, key=len, reverse=True)]
        for process, _ in earlier + later:
            let_send(link, process)
    return Chosen(files, everything, [(process.pid, name) for process, name in earlier + later])


@pytest.mark.parametrize("wanted", BY_NAME)
def test_the_same_by_name_on_every_path(chosen: Chosen, tmp_path: Path, wanted: str) -> None:
    """Those that ran before, those that start later, and what a file of all of them gives."""
    expected = {pid for pid, name in chosen.processes if name in BY_NAME[wanted]}
    assert senders(chosen.everything).keys() == {pid for pid, _ in chosen.processes}
    assert senders(chosen.files[wanted]).keys() == expected
    some = tmp_path / "some.pcapng"
    run(*COMMAND, "-r", chosen.everything, "--pname", wanted, "-w", some)
    assert senders(some).keys() == expected


@pytest.mark.parametrize("flags", [("--pname", LONG), ("--pname", LONG, "-f"), ("--pname", "told-to-be")])
def test_threads_of_children_that_run_no_program(link: Link, tmp_path: Path, flags: tuple[str, ...]) -> None:
    """They share the name of their creator's program; here threads send, which have names of their own."""
    path = tmp_path / "x.pcapng"
    name = flags[1] if flags[1] == LONG else "some-program"
    (tmp_path / name).symlink_to(os.path.realpath(PYTHON))
    words = [link.peer4, "told-to-be" if flags[1] == "told-to-be" else ""]
    with capturing(tmp_path, "-i", link.here, "-w", path, *flags, "udp port 9"), ExitStack() as stack:
        process = subprocess.Popen([tmp_path / name, ACTORS, "threads_of_a_child", *words], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        stack.callback(process.stdout.close)
        said = Actor(process).receive()
        process.communicate("end\n", timeout=LIMIT)
        with actor("udp_sender", link.peer4, 9) as other:
            other.receive()
            other.tell()
            other.receive()
    packets = senders(path)
    assert packets.keys() == {said["child"]}
    assert packets[said["child"]].thread.tid == said["tid"]


def test_program_that_renames_itself(link: Link, tmp_path: Path) -> None:
    """Its name is what it was when it sent."""
    path, kept = tmp_path / "x.pcapng", tmp_path / "all.pcapng"
    with capturing(tmp_path, "-i", link.here, "-w", path, "--pname", "second-name", "udp port 9"), \
            capturing(tmp_path, "-i", link.here, "-w", kept, "udp port 9"), \
            actor("renaming_sender", link.peer4, 9, "first-name", "second-name", "third-name") as sender:
        sender.receive()
        sender.end()
    assert [p.data.partition(b"as ")[2] for p in ptcpdump.open(path)] == [b"second-name"]
    assert [p.process.name.encode() for p in ptcpdump.open(kept)] == [b"first-name", b"second-name", b"third-name"]
