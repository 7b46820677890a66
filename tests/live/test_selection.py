"""Whose packets are captured: by pid, name, user, descent and command, decided before a packet is copied."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.harness import COMMAND, LIMIT, Actor, Link, actor, capturing, run, veth_pair

SENDS = "exec 3<>/dev/udp/{0}/9; echo from $$ >&3; "


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(5) as pair:
        yield pair


def pids(packets: list[Packet]) -> set[int | None]:
    return {p.process.pid if p.process else None for p in packets}


def sent(path: Path, text: bytes) -> list[Packet]:
    """Packets that went out with a text in them; answers that quote it left aside."""
    return [p for p in ptcpdump.open(path) if text in p.data and p.direction == ptcpdump.Direction.OUT]


def senders(stack: ExitStack, link: Link, *prefixes: list[str]) -> list[Actor]:
    """Processes that send a datagram to port 9 when told."""
    found = [stack.enter_context(actor("udp_sender", link.peer4, 9, prefix=prefix)) for prefix in prefixes]
    for sender in found:
        sender.receive()
    return found


def as_user(name: str) -> list[str]:
    return ["setpriv", f"--reuid={name}", "--clear-groups"]


def capture(tmp_path: Path, link: Link, processes: list[Actor], *flags: str) -> list[Packet]:
    path = tmp_path / "x.pcapng"
    with capturing(tmp_path, "-i", link.here, "-w", path, *flags):
        for process in processes:
            process.tell()
            process.receive()
    return sent(path, b"from ")


@pytest.mark.parametrize("form", ["separate", "comma"])
def test_several_pids(link: Link, tmp_path: Path, form: str) -> None:
    with ExitStack() as stack:
        one, two, three = senders(stack, link, [], [], [])
        flags = ["--pid", str(one.pid), "--pid", str(three.pid)]
        if form == "comma":
            flags = ["--pid", f"{one.pid},{three.pid}"]
        packets = capture(tmp_path, link, [one, two, three], *flags)
    assert [p.process.pid for p in packets if p.process] == [one.pid, three.pid]


def test_names(link: Link, tmp_path: Path) -> None:
    """By the name of the program, also where the kernel keeps only its first 15 characters."""
    names = ["short-one", "a-name-of-more-than-fifteen", "third"]
    processes = []
    for name in names:
        shutil.copy("/bin/bash", tmp_path / name)
        script = "read line; " + SENDS.format(link.peer4)
        processes.append(subprocess.Popen([tmp_path / name, "-c", script], stdin=subprocess.PIPE, text=True))
    path = tmp_path / "x.pcapng"
    with capturing(tmp_path, "-i", link.here, "-w", path, "--pname", ",".join(names[:2])):
        for process in processes:
            process.communicate("go\n", timeout=LIMIT)
    packets = sent(path, b"from ")
    assert pids(packets) == {process.pid for process in processes[:2]}


@pytest.mark.parametrize("form", ["number", "name"])
def test_user(link: Link, tmp_path: Path, form: str) -> None:
    account = pwd.getpwnam("nobody")
    with ExitStack() as stack:
        ours, theirs = senders(stack, link, [], as_user(str(account.pw_uid)))
        packets = capture(tmp_path, link, [ours, theirs], "--uid",
                          str(account.pw_uid) if form == "number" else account.pw_name)
    assert pids(packets) == {theirs.pid}


def test_kinds_are_joined_and_the_expression_must_match(link: Link, tmp_path: Path) -> None:
    account = pwd.getpwnam("nobody")
    with ExitStack() as stack:
        chosen, theirs, other = senders(stack, link, [], as_user(str(account.pw_uid)), [])
        flags = ["--pid", str(chosen.pid), "--uid", "nobody"]
        packets = capture(tmp_path, link, [chosen, theirs, other], *flags, "udp port 9")
        assert pids(packets) == {chosen.pid, theirs.pid}
    with ExitStack() as stack:
        chosen, = senders(stack, link, [])
        assert capture(tmp_path, link, [chosen], "--pid", str(chosen.pid), "udp port 10") == []


def forget_lines(pipe: BinaryIO) -> None:
    """Read what a pipe holds, so that what is read next has been written after this."""
    os.set_blocking(pipe.fileno(), False)
    while pipe.read(65536):
        pass
    os.set_blocking(pipe.fileno(), True)


def test_running_before(link: Link, tmp_path: Path) -> None:
    """A ping and a server that ran before the capture, connected or not."""
    path = tmp_path / "x.pcapng"
    ping = subprocess.Popen(["ping", "-n", "-i", "0.05", link.peer4], stdout=subprocess.PIPE, bufsize=0)
    try:
        for _ in range(2):
            ping.stdout.readline()
        with actor("udp_server", link.ip4) as server:
            port = server.receive()["port"]
            with capturing(tmp_path, "-i", link.here, "-w", path, "--pid", f"{ping.pid},{server.pid}"):
                with actor("udp_client", link.ip4, port, "connected", prefix=link.inside()) as client:
                    client.receive()
                    client.tell()
                    client.end()
                forget_lines(ping.stdout)
                for _ in range(3):
                    ping.stdout.readline()
            server.tell()
            server.end()
    finally:
        ping.terminate()
        ping.wait()
        ping.stdout.close()
    packets = list(ptcpdump.open(path))
    assert pids(packets) == {ping.pid, server.pid}
    assert {p.direction for p in packets if p.process.pid == server.pid} == {1, 2}
    assert {p.direction for p in packets if p.process.pid == ping.pid} == {1, 2}


def test_descendants_at_any_depth(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with actor("descending_senders", link.peer4, 9, 12) as root, ExitStack() as stack:
        root.receive()
        other, = senders(stack, link, [])
        with capturing(tmp_path, "-i", link.here, "-w", path, "--pid", str(root.pid), "-f"):
            root.tell()
            root.end()
            other.tell()
            other.receive()
    packets = sent(path, b"generation ")
    assert [p.data.partition(b"generation ")[2] for p in packets] == [str(n).encode() for n in range(12)]
    assert not sent(path, b"from ")


def test_two_thousand_children(link: Link, tmp_path: Path) -> None:
    """None is missed, however short its life."""
    path = tmp_path / "x.pcapng"
    with actor("forking_senders", link.peer4, 9, 2000) as root:
        root.receive()
        with capturing(tmp_path, "-i", link.here, "-w", path, "--pid", str(root.pid), "-f", "udp"):
            root.tell()
            assert root.receive()["done"] == "2000"
        root.end()
    packets = sent(path, b"child ")
    assert len(packets) == 2000
    assert all(int(p.data.partition(b"child ")[2]) == p.process.pid for p in packets)



def command(link: Link, path: Path, *words: str, **more: object) -> subprocess.CompletedProcess[str]:
    return run(*COMMAND, "-i", link.here, "-w", path, *words, check=False, **more)


def test_command_keeps_its_standard_streams_and_status(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    sends = SENDS.format(link.peer4)
    script = f"{sends} read line; echo out $line; echo err >&2; ({sends}); exit 7"
    done = command(link, path, "--", "bash", "-c", script, input="word\n")
    assert (done.returncode, done.stdout) == (7, "out word\n")
    assert "err\n" in done.stderr
    assert len(sent(path, b"from ")) == 2
    assert None not in pids(list(ptcpdump.open(path)))


def test_command_that_can_not_run(link: Link, tmp_path: Path) -> None:
    done = command(link, tmp_path / "x.pcapng", "--", "/no/such/command")
    assert done.returncode == 2
    assert "/no/such/command: no such command" in done.stderr


def test_command_as_another_user(link: Link, tmp_path: Path) -> None:
    done = command(link, tmp_path / "x.pcapng", "-Z", "nobody", "--", "id", "-un")
    assert (done.returncode, done.stdout) == (0, "nobody\n")


def test_command_ends_with_the_count(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    done = command(link, path, "-c", "3", "--", "ping", "-n", "-i", "0.05", link.peer4)
    assert done.returncode == 0
    assert len(list(ptcpdump.open(path))) == 3


def test_interrupt_reaches_the_command(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    script = "import signal; signal.pthread_sigmask(0, [2]); print('ready', flush=True); exit(signal.sigwait([2]) + 3)"
    process = subprocess.Popen([*COMMAND, "-i", link.here, "-w", path, "--", "python3", "-c", script],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 5, error


def test_killed_leaves_no_command_behind(link: Link, tmp_path: Path) -> None:
    words = ["-w", tmp_path / "x.pcapng", "--", "bash", "-c", "echo $$; exec sleep 1000"]
    process = subprocess.Popen([*COMMAND, "-i", link.here, *words], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    pid = int(process.stdout.readline())
    watched = os.pidfd_open(pid)
    try:
        process.kill()
        process.wait(LIMIT)
        import select

        poller = select.poll()
        poller.register(watched, select.POLLIN)
        assert poller.poll(LIMIT * 1000), "the command still runs"
    finally:
        os.close(watched)
        process.stdout.close()


def test_the_same_on_files(link: Link, tmp_path: Path) -> None:
    everything, some = tmp_path / "all.pcapng", tmp_path / "some.pcapng"
    with ExitStack() as stack:
        one, two = senders(stack, link, [], [])
        with capturing(tmp_path, "-i", link.here, "-w", everything):
            for process in (one, two):
                process.tell()
                process.receive()
            run("ping", "-n", "-c", "1", link.peer4)
    for flags, expected in (
        (["--pname", "ping", "icmp"], b"ping"),
        (["--pid", str(two.pid), "udp port 9"], b"from %d" % two.pid),
    ):
        run(*COMMAND, "-r", everything, *flags, "-w", some)
        packets = list(ptcpdump.open(some))
        assert packets
        if expected == b"ping":
            assert {Path(p.process.command).name for p in packets} == {"ping"}
        else:
            assert all(expected in p.data for p in packets)
    run(*COMMAND, "-r", everything, "--pname", "ping", "udp", "-w", some)
    assert list(ptcpdump.open(some)) == []
