"""The process table, fed with events as the kernel sends them."""

import os
from pathlib import Path

import pytest

from ptcpdump.context.lives import KEEP_PAST, MOST_IMAGES, Lives
from ptcpdump.context.model import EventKind, Process
from ptcpdump.context.processes import ProcessTable
from ptcpdump.kernel.bindings.structs import EVENT

EXEC, FORK, EXIT = EventKind.EXEC, EventKind.FORK, EventKind.EXIT
TICK = 10_000_000   # ns
PARENT, CHILD = 100, 101


def event(kind: int, time: int, pid: int, start: int, parent: int = 0, parent_start: int = 0, *args: str,
          comm: str = "", name: str = "", creator: tuple[int, int, str] | None = None) -> bytes:
    """struct process_event of kernel/bpf/record.h; args: path, then argv behind it."""
    path = args[0].encode() + b"\0" if args else b""
    words = b"".join(word.encode() + b"\0" for word in args)
    whole = name.encode() + b"\0" if name else b""
    creator = creator or ((parent, parent_start, "") if kind == FORK else (0, 0, ""))
    header = EVENT.pack(
        kind=kind, time=time, pid=pid, start=start, parent=parent, parent_start=parent_start, creator=creator[0],
        creator_start=creator[1], creator_comm=creator[2].encode(), comm=comm.encode(), resolved=1,
        name_len=len(whole), path_len=len(path), args_len=len(words))
    return header + whole + path + words


class Processes:
    """A folder as /proc is one, with processes that the test makes up."""

    def __init__(self, proc: Path) -> None:
        self.proc = proc

    def put(self, pid: int, ticks: int, comm: str, parent: int = 0, executable: str = "", *args: str) -> None:
        here = self.proc / str(pid)
        here.mkdir(exist_ok=True)
        fields = ["S", str(parent), *["0"] * 17, str(ticks), "0"]
        (here / "stat").write_text(f"{pid} ({comm}) {' '.join(fields)}\n")
        (here / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in args))
        (here / "exe").unlink(missing_ok=True)
        (here / "exe").symlink_to(executable or "/bin/none")


@pytest.fixture
def proc(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


def found(table: ProcessTable, pid: int, start: int, time: int, comm: str = "") -> Process:
    return table.find(pid, start, time, comm)[0]


def test_images_follow_each_other(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 50, PARENT, TICK, 1, 0, "/bin/shell"))
    table.feed(event(FORK, 60, CHILD, 5 * TICK, PARENT, TICK))
    table.feed(event(EXEC, 70, CHILD, 5 * TICK, PARENT, TICK, "/bin/worker", "job"))
    forked, parent, since, until = table.find(CHILD, 5 * TICK, 65, "")
    assert (forked.args, since, until) == (("/bin/shell",), 0, 70)
    assert parent is not None and parent.pid == PARENT
    assert table.find(CHILD, 5 * TICK, 70, "")[0].args == ("/bin/worker", "job")


def test_owners_share_a_long_command_line(tmp_path: Path) -> None:
    """Of which texts are made once; what a socket's last user was called is told all the same."""
    table = ProcessTable(tmp_path)
    words = [f"word{number}" for number in range(300)]
    table.feed(event(EXEC, 50, PARENT, TICK, 1, 0, "/bin/shell", *words))
    for child in (CHILD, CHILD + 1):
        table.feed(event(FORK, 60, child, 5 * TICK, PARENT, TICK))
    first, parent, _, _ = table.find(CHILD, 5 * TICK, 65, "")
    second, _, _, _ = table.find(CHILD + 1, 5 * TICK, 65, "")
    assert (first.pid, second.pid, list(first.args)) == (CHILD, CHILD + 1, ["/bin/shell", *words])
    assert parent is not None and first.args is second.args is parent.args
    assert table.find(CHILD, 5 * TICK, 65, "")[0] is first
    assert table.find(CHILD, 5 * TICK, 65, "thread")[0].name == "thread"


def test_one_pid_twice_within_a_clock_tick(tmp_path: Path) -> None:
    """Packets are looked up after both lives' events: each still finds the program of its own time."""
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 50, PARENT, TICK, 1, 0, "/bin/shell"))
    for life, start in (("first", 100), ("second", 200)):
        table.feed(event(FORK, start, CHILD, 5 * TICK + start, PARENT, TICK))
        table.feed(event(EXEC, start + 10, CHILD, 5 * TICK + start, PARENT, TICK, "/bin/worker", life))
    seen = [table.find(CHILD, 5 * TICK + start, time, "")[0].args[-1]
            for start, time in ((100, 150), (200, 205), (200, 250))]
    assert seen == ["first", "/bin/shell", "second"]
    assert found(table, CHILD, 5 * TICK + 100, 300).args[-1] == "first"


def test_proc_tells_only_ticks(proc: Processes) -> None:
    """What the scan has found is the first that the kernel tells of with that tick; a second one is another process."""
    proc.put(CHILD, 5, "old", 0, "/bin/old", "old")
    table = ProcessTable(proc.proc)
    table.scan()
    table.feed(event(EXIT, 50, CHILD, 5 * TICK + 100))
    table.feed(event(FORK, 60, CHILD, 5 * TICK + 200, PARENT, TICK))
    assert found(table, CHILD, 5 * TICK + 100, 40).name == "old"
    assert found(table, CHILD, 5 * TICK + 200, 70, "new").name == "new"     # and not what /proc says of its tick


def test_proc_is_not_asked_of_the_dead(proc: Processes) -> None:
    table = ProcessTable(proc.proc)
    table.feed(event(EXEC, 50, CHILD, 5 * TICK + 200, 0, 0, "/bin/later"))
    proc.put(CHILD, 5, "later", 0, "/bin/later", "later")
    assert found(table, CHILD, 5 * TICK + 100, 40, "earlier") == Process(CHILD, "earlier", start_time=5, name="earlier")


def test_image_of_a_child_is_its_creators(tmp_path: Path) -> None:
    """With CLONE_PARENT (clone(2)) the parent is another process."""
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 50, 1, 10, 0, 0, "/bin/grandparent"))
    table.feed(event(EXEC, 50, PARENT, TICK, 1, 10, "/bin/runtime", comm="runtime"))
    table.feed(event(FORK, 60, CHILD, 5 * TICK, 1, 10, creator=(PARENT, TICK, "renamed"), comm="renamed"))
    child, parent, _, _ = table.find(CHILD, 5 * TICK, 65, "renamed")
    assert (child.command, child.name) == ("/bin/runtime", "renamed")
    assert parent is not None and parent.command == "/bin/grandparent"
    assert found(table, PARENT, TICK, 65).name == "renamed"


def test_socket_that_was_used_before_the_exec_only(tmp_path: Path) -> None:
    """The owner's comm is that of the last use: later packets are still the new program's."""
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 50, CHILD, TICK, 0, 0, "/bin/shell", comm="shell"))
    table.feed(event(EXEC, 90, CHILD, TICK, 0, 0, "/bin/worker", comm="worker"))
    assert found(table, CHILD, TICK, 60, "shell").name == "shell"
    assert found(table, CHILD, TICK, 100, "shell").name == "worker"
    assert found(table, CHILD, TICK, 100, "its-own-choice").name == "its-own-choice"


@pytest.mark.parametrize(("comm", "whole", "args", "name"), [
    ("mytool", "", ("/usr/bin/python3.11", "./mytool"), "mytool"),
    ("wget", "", ("/bin/busybox",), "wget"),
    ("php-fpm", "", ("/usr/sbin/php-fpm",), "php-fpm"),
    ("systemd-resolve", "", ("/lib/systemd/systemd-resolved",), "systemd-resolved"),
    ("a-name-of-more-", "a-name-of-more-than-fifteen", ("/usr/bin/python3.11",), "a-name-of-more-than-fifteen"),
    ("a-name-of-more-", "", ("/usr/bin/python3.11", "-u", "bin/a-name-of-more-than-fifteen"),
     "a-name-of-more-than-fifteen"),
    ("a-name-of-more-", "", ("/usr/bin/python3.11", "-u", "other"), "a-name-of-more-"),
])
def test_names(tmp_path: Path, comm: str, whole: str, args: tuple[str, ...], name: str) -> None:
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 50, CHILD, TICK, 0, 0, *args, comm=comm, name=whole))
    process = found(table, CHILD, TICK, 60, comm)
    assert (process.name, process.comm, process.command) == (name, comm, args[0])


# ---------------------------------------------------------------------------- bounds

def test_what_is_past_is_let_go_after_a_while(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path)
    table.feed(event(EXEC, 10, PARENT, TICK, 0, 0, "/bin/one"))
    table.feed(event(EXEC, 20, PARENT, TICK, 0, 0, "/bin/two"))
    table.feed(event(EXEC, 30, CHILD, TICK, 0, 0, "/bin/child"))
    table.feed(event(EXIT, 40, CHILD, TICK))
    assert (found(table, PARENT, TICK, 15).name, found(table, CHILD, TICK, 35).name) == ("one", "child")
    table.feed(event(EXEC, 41 + KEEP_PAST, 7, TICK, 0, 0, "/bin/other"))
    assert [found(table, PARENT, TICK, time).name for time in (15, 25)] == ["", "two"]
    assert found(table, CHILD, TICK, 35, "child").command == "child"     # no more than the packet itself says
    assert (len(table), table.lives.forgotten) == (2, 0)


def test_one_process_that_runs_program_after_program(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path)
    words = ["x" * 20] * 190
    for time in range(60_000):
        table.feed(event(EXEC, time, CHILD, TICK, 0, 0, f"/bin/{time}", *words))
    assert table.lives.size < 25 << 20
    assert table.lives.forgotten == 60_000 - MOST_IMAGES
    assert found(table, CHILD, TICK, 59_999).name == "59999"
    assert found(table, CHILD, TICK, 10, "its-comm") == Process(CHILD, "its-comm", start_time=1, name="its-comm")


def test_many_processes(tmp_path: Path) -> None:
    """Ends are forgotten before those that live, and those are read from /proc again."""
    table = ProcessTable(tmp_path)
    table.lives = Lives(1 << 20)
    for pid in range(2, 5000):
        table.feed(event(EXEC, pid, pid, TICK, 0, 0, "/bin/brief"))
        table.feed(event(EXIT, pid, pid, TICK))
    assert table.lives.size <= 1 << 20
    assert found(table, 4999, TICK, 4999).name == "brief"
    for pid in range(10_000, 15_000):
        table.feed(event(EXEC, pid, pid, TICK, 0, 0, "/bin/living"))
    assert table.lives.size <= 1 << 20
    assert table.lives.forgotten == 4998 + 5000 - len(table)


def test_long_command_lines_of_earlier_processes(proc: Processes) -> None:
    proc.put(CHILD, 5, "tool", 0, "/bin/tool", "tool", "x" * 100_000)
    table = ProcessTable(proc.proc)
    table.scan()
    process = found(table, CHILD, 5 * TICK, 1)
    assert process.truncated and sum(map(len, process.args)) < 20_000


def test_the_running_ones_are_found() -> None:
    table = ProcessTable()
    table.scan()
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    process, parent, _, _ = table.find(os.getpid(), int(fields[19]) * TICK, 1, "")
    assert process.command == os.readlink("/proc/self/exe")
    assert parent is not None and parent.pid == os.getppid()
