"""Capturing in several network namespaces, also in those that come and go meanwhile."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from ptcpdump.run.live import LiveCapture
from ptcpdump.run.preparation import Preparation
from ptcpdump.run.settings import Settings
from ptcpdump.sinks.sink import Sink
from tests.live.harness import COMMAND, Actor, Link, actor, capturing, run, send_until, veth_pair


@pytest.fixture(scope="module")
def one() -> Iterator[Link]:
    with veth_pair(6) as pair:
        yield pair


@pytest.fixture(scope="module")
def two() -> Iterator[Link]:
    with veth_pair(7) as pair:
        yield pair


def inode(path: str | Path) -> int:
    return Path(path).stat().st_ino


def loopback(*words: str, port: int = 9) -> Iterator[Actor]:
    """A process in a namespace that sends to its own loopback when told."""
    return actor("udp_sender", "127.0.0.1", port, 1000, prefix=list(words))


def sent(path: Path) -> list[Packet]:
    return [p for p in ptcpdump.open(path) if b"from " in p.data and p.direction == ptcpdump.Direction.OUT
            and "UDP" in p.line]


def test_same_port_in_two_namespaces(one: Link, two: Link, tmp_path: Path) -> None:
    """The interfaces have one index, one name, one address; the inode tells them apart."""
    path = tmp_path / "x.pcapng"
    with (loopback(*one.inside()) as first, loopback(*two.inside()) as second, loopback() as ours):
        for sender in (first, second, ours):
            sender.receive()
        flags = ("--netns", one.name, "--netns", f"/run/netns/{two.name}", "-i", "lo", "-w", path, "udp port 9")
        with capturing(tmp_path, *flags):
            for sender in (first, second, ours):
                sender.tell()
                sender.receive()
    found = {(p.interface.netns, p.process.pid if p.process else None) for p in sent(path)}
    assert found == {(inode(f"/run/netns/{one.name}"), first.pid), (inode(f"/run/netns/{two.name}"), second.pid)}
    assert {p.interface.index for p in sent(path)} == {1}


def test_servers_on_one_port(one: Link, two: Link, tmp_path: Path) -> None:
    """Listeners with the same address and port, each with its own clients."""
    path = tmp_path / "x.pcapng"
    truth = {}
    with capturing(tmp_path, "--netns", f"{one.name}", "--netns", two.name, "-i", "lo", "-w", path, "tcp port 7777"):
        for link in (one, two):
            with actor("tcp_server", "127.0.0.1", 7777, prefix=link.inside()) as server:
                server.receive()
                with actor("tcp_client", "127.0.0.1", 7777, prefix=link.inside()) as client:
                    client.receive()
                    client.tell()
                    client.receive()
                    client.tell()
                    client.end()
                server.end()
                truth[inode(f"/run/netns/{link.name}")] = {server.pid, client.pid}
    for netns, expected in truth.items():
        packets = [p for p in ptcpdump.open(path) if p.interface.netns == netns]
        assert {p.process.pid if p.process else None for p in packets} == expected


def test_names_of_interfaces(one: Link, tmp_path: Path) -> None:
    with capturing(tmp_path, "--netns", one.name, "-i", one.there, "-n", "icmp") as capture:
        run("ping", "-n", "-c", "1", one.peer4)
        capture.stop()
    label = f" {one.there}@{one.name} "
    assert len(capture.stdout.splitlines()) == 2
    assert all(label in line for line in capture.stdout.splitlines())


def test_what_files_say_of_namespaces(one: Link, tmp_path: Path) -> None:
    """The name and a description, which a copy keeps; Wireshark shows both."""
    with capturing(tmp_path, "--netns", f"{one.name},/proc/self/ns/net", "-i", "lo", "-w", tmp_path / "x", "icmp"):
        run(*one.inside("ping", "-n", "-c", "1", "127.0.0.1"))
        run("ping", "-n", "-c", "1", "127.0.0.1")
    run(*COMMAND, "-r", tmp_path / "x", "-w", tmp_path / "copy")
    number = inode(f"/run/netns/{one.name}")
    for file in ("x", "copy"):
        told = {(p.interface.shown, p.interface.description) for p in ptcpdump.open(tmp_path / file)}
        assert told == {("lo", ""), (f"lo@{one.name}", f"lo in network namespace {one.name} ({number})")}
    shown = run("tshark", "-r", tmp_path / "copy", "-T", "fields", "-e", "frame.interface_description").stdout
    assert f"lo in network namespace {one.name} ({number})" in shown.splitlines()


@pytest.mark.parametrize("named", [True, False])
def test_namespaces_that_appear_while_a_capture_starts(named: bool) -> None:
    """After namespaces were listed, before anything is attached: they are there when the capture is ready."""
    name = f"pty{os.getpid() % 10000}"
    settings = Settings(interfaces=("lo",), netns=("any",))
    with Preparation(settings) as preparation:
        if named:
            run("ip", "netns", "add", name)
        with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; read end"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
            try:
                keeper.stdout.readline()
                path = f"/run/netns/{name}" if named else f"/proc/{keeper.pid}/ns/net"
                with LiveCapture(settings, Sink(), preparation=preparation) as capture:
                    assert inode(path) in {row.netns for row in capture.table.interfaces}
            finally:
                keeper.communicate("end\n")
                if named:
                    run("ip", "netns", "delete", name)


def test_any_holds_nameless_ones(tmp_path: Path) -> None:
    """A namespace that only a process keeps, there before the capture."""
    path = tmp_path / "x.pcapng"
    with loopback("unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh") as sender:
        sender.receive()
        with capturing(tmp_path, "--netns", "any", "-i", "lo", "-w", path, "udp port 9"):
            sender.tell()
            sender.receive()
        assert [(p.interface.netns, p.process.pid) for p in sent(path)] == [
            (inode(f"/proc/{sender.pid}/ns/net"), sender.pid)]


@pytest.mark.parametrize("word", ["any", "newly"])
@pytest.mark.parametrize("named", [True, False])
def test_namespaces_that_appear(tmp_path: Path, word: str, named: bool) -> None:
    """Named ones are seen at once, those of processes within about a second; they go without a trace."""
    name = f"ptx{os.getpid() % 10000}"
    unshared = ["unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]
    with capturing(tmp_path, "--netns", word, "-i", "any", "-n", "-l", "udp port 9") as capture:
        if named:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        try:
            with loopback(*(["nsenter", f"--net=/run/netns/{name}"] if named else unshared)) as sender:
                sender.receive()
                where = inode(f"/proc/{sender.pid}/ns/net")
                send_until(capture, sender, f"lo@{name if named else where} ")
        finally:
            if named:
                run("ip", "netns", "delete", name)
        assert capture.process.poll() is None


def test_newly_leaves_the_old_alone(one: Link, tmp_path: Path) -> None:
    with capturing(tmp_path, "--netns", "newly", "-i", "any", "-n", "icmp") as capture:
        run("ping", "-n", "-c", "1", one.peer4)
        capture.stop()
    assert capture.stdout == ""


def test_interfaces_that_come_and_go(one: Link, tmp_path: Path) -> None:
    with capturing(tmp_path, "--netns", one.name, "-i", "any", "-w", tmp_path / "x.pcapng") as capture:
        for _ in range(3):
            run("ip", "-n", one.name, "link", "add", "brief", "type", "bridge")
            run("ip", "-n", one.name, "link", "set", "brief", "up")
            run("ip", "-n", one.name, "link", "delete", "brief")
        capture.stop()
        assert "warning" not in capture.stderr


def test_a_namespace_that_ends_does_not_end_the_capture(tmp_path: Path) -> None:
    """Others' programs are looked for in all namespaces, every second: this one has only a process to keep it."""
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo up; read end"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout.readline() == "up\n"
        with capturing(tmp_path, "--netns", "any", "-i", "lo", "-n", "icmp and host 127.0.0.78") as capture:
            keeper.communicate("end\n")
            run("ping", "-q", "-c", "25", "-i", "0.1", "127.0.0.78")
    assert sum(" lo " in line for line in capture.stdout.splitlines()) == 100
