"""ptcpdump in a pid namespace of its own, as in a container: pids are those that its user sees there."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from ptcpdump.context.model import Found
from tests.live.attribution.cases_calls import CALLS
from tests.live.harness import (
    COMMAND,
    LIMIT,
    Actor,
    Link,
    actor,
    capturing_inside,
    needs_privileges,
    run,
    veth_pair,
)

pytestmark = needs_privileges

HOLDER = "exec 3>&1; echo ready >&3; read end"      # the first process there; it ends with its input


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x14) as pair:
        yield pair


@pytest.fixture(scope="module", params=["pid", "pid and cgroup"])
def inside(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The beginning of a command line that runs in a new pid namespace, alone or with a cgroup namespace."""
    also = ["--cgroup"] if "cgroup" in request.param else []
    words = ["unshare", "--pid", "--fork", "--mount-proc", *also, "bash", "-c", HOLDER]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "ready\n"
        first = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().strip()
        yield ["nsenter", "--pid", "--mount", *also, "-t", first]
    finally:
        holder.communicate(timeout=LIMIT)


def sender(stack: ExitStack, link: Link, prefix: list[str] | None = None) -> tuple[Actor, int]:
    """A process that sends when told, with what it calls its own pid."""
    started = stack.enter_context(actor("udp_sender", link.peer4, 9, prefix=prefix))
    return started, int(str(started.receive()["pid"]))


def let_send(*actors: Actor) -> None:
    for each in actors:
        each.tell()
        each.receive()


def host_pid(started: Actor) -> int:
    """What the host calls the process that nsenter(1) has started."""
    return int(Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text())


def sent(path: Path) -> list[Packet]:
    return [p for p in ptcpdump.open(path) if b"from " in p.data and p.direction == ptcpdump.Direction.OUT]


@pytest.fixture
def together(inside: list[str], link: Link) -> Iterator[Callable[[], tuple[Actor, Actor, int]]]:
    """Makes two senders, one here and one in the namespace, that have the same pid, each in its own."""
    with ExitStack() as stack:
        def make() -> tuple[Actor, Actor, int]:
            there, pid = sender(stack, link)
            run(*inside, "sh", "-c", f"echo {pid - 1} > /proc/sys/kernel/ns_last_pid; true")
            # the shell has had a number of its own before it wrote
            here, same = sender(stack, link, inside)
            assert same == pid
            return here, there, pid
        yield make


def test_pids_and_names(inside: list[str], link: Link, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with ExitStack() as stack:
        here, pid = sender(stack, link, inside)
        there, _ = sender(stack, link)
        on_host = host_pid(here)
        with capturing_inside(inside, tmp_path, "-i", link.here, "-w", path, "udp port 9"):
            later, later_pid = sender(stack, link, [*inside, "sh", "-c", '"$@"; exit $?', "a-shell"])
            shell_on_host = host_pid(later)
            let_send(here, there, later)
    packets = {p.data.partition(b"from ")[2].decode(): p for p in sent(path)}
    ours, foreign, child = packets[str(pid)], packets[str(there.pid)], packets[str(later_pid)]
    assert (ours.process.pid, ours.process.host_pid, ours.process.outside) == (pid, on_host, False)
    assert ours.process.args[-3:] == ("udp_sender", link.peer4, "9")
    assert (foreign.process.pid, foreign.process.outside) == (there.pid, True)
    assert f" {foreign.process.name}.{there.pid}(host) Out " in foreign.line
    assert (child.process.pid, child.parent.name, child.parent.args[-1]) == (later_pid, "sh", "9")
    assert child.parent.host_pid == shell_on_host


def test_what_doctor_says_here_and_outside(inside: list[str]) -> None:
    """The same, no program being refused because it asks for other numbers; but for what is lost here."""
    there, here = (subprocess.run([*prefix, *COMMAND, "--doctor"], capture_output=True, text=True, check=True).stdout
                   for prefix in (inside, []))
    assert "refuses program" not in there
    alone = "sockets that exist before the capture, of processes of this pid namespace alone"
    assert (alone in there, alone in here) == ("iterator task_file" in here, False)
    rows, expected = ([line for line in text.splitlines() if not line.split()[1].startswith(("cgroup", "iterator"))]
                      for text in (there, here))
    assert rows == expected


def test_sockets_from_before(inside: list[str], link: Link, tmp_path: Path) -> None:
    """What doctor says of them holds: those of the namespace are known, those of others are nobody's."""
    path = tmp_path / "x.pcapng"
    with ExitStack() as stack:
        here, there = (stack.enter_context(actor("leaving_server", link.ip4, prefix=prefix, script=CALLS))
                       for prefix in (inside, None))
        pid, ports = here.receive()["pid"], [here.said[0]["port"], there.receive()["port"]]
        with capturing_inside(inside, tmp_path, "-i", link.here, "-w", path, "udp"):
            for port in ports:
                asker = stack.enter_context(actor("udp_sender", link.ip4, port, prefix=link.inside()))
                asker.receive()
                let_send(asker)
    received = [p for p in ptcpdump.open(path) if p.direction == ptcpdump.Direction.IN]
    known, unknown = (next(p for p in received if f".{port}: UDP" in p.line) for port in ports)
    assert (known.process.pid, known.found) == (pid, Found.SCAN)
    assert unknown.process is None or unknown.found is Found.PEER


def test_host_pid_in_the_verbose_block(inside: list[str], link: Link, tmp_path: Path) -> None:
    with ExitStack() as stack:
        here, pid = sender(stack, link, inside)
        there, _ = sender(stack, link)
        on_host = host_pid(here)
        with capturing_inside(inside, tmp_path, "-i", link.here, "-vv", "-n", "udp port 9") as capture:
            let_send(here, there)
    assert f"    Process (pid {pid}, host pid {on_host}, " in capture.stdout
    assert f"    Process (pid {there.pid} (host), " in capture.stdout


@pytest.mark.parametrize("again", [False, True])
def test_pid_means_ours(
        together: Callable[[], tuple[Actor, Actor, int]], inside: list[str], link: Link, tmp_path: Path, again: bool,
) -> None:
    """Not the process that has the same pid on the host; neither live nor in what a file of all of them gives."""
    path, some = tmp_path / "x.pcapng", tmp_path / "some.pcapng"
    here, there, pid = together()
    on_host = host_pid(here)
    flags = [] if again else ["--pid", str(pid)]
    with capturing_inside(inside, tmp_path, "-i", link.here, "-w", path, *flags, "udp port 9"):
        let_send(here, there)
    if again:
        assert len(sent(path)) == 2
        run(*COMMAND, "-r", path, "--pid", str(pid), "-w", some)
    packet, = sent(some if again else path)
    assert (packet.process.pid, packet.process.host_pid, packet.process.outside) == (pid, on_host, False)


def test_command(inside: list[str], link: Link, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    sends = f"exec 3<>/dev/udp/{link.peer4}/9; echo from $$ >&3"
    script = f"{sends}; ({sends}); echo $$; exit 7"
    done = run(*inside, *COMMAND, "-i", link.here, "-w", path, "--", "bash", "-c", script, check=False)
    assert done.returncode == 7
    packets = sent(path)
    assert len(packets) == 2
    assert packets[0].process.pid == packets[1].parent.pid == int(done.stdout)


def test_command_where_proc_is_the_hosts(link: Link, tmp_path: Path) -> None:
    """Then pids are those of the host, as ps(1) shows them there, though our own calls say others."""
    path = tmp_path / "x.pcapng"
    sends = f"exec 3<>/dev/udp/{link.peer4}/9; echo from x >&3"
    script = f"sed -n s/PPid:.//p /proc/self/status; {sends}; ({sends}); exit 7"
    done = run("unshare", "--pid", "--fork", *COMMAND, "-i", link.here, "-w", path, "--", "bash", "-c", script,
               check=False)
    assert done.returncode == 7
    first, second = sent(path)
    assert first.process.pid == second.parent.pid == int(done.stdout)
    assert (first.process.host_pid, first.process.outside) == (0, False)
