"""A process lives as long as one of its threads does."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.acting import EXIT
from tests.live.harness import COMMAND, Actor, Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x13) as pair:
        yield pair


def sent(path: Path, sender: Actor) -> list[Packet]:
    return [p for p in ptcpdump.open(path) if b"from %d" % sender.pid in p.data]


@pytest.mark.parametrize("flags", [("--pname", "its-main-thread"), ("--pid", "{pid}"), ("--pid", "{pid}", "-f")])
def test_main_thread_that_ends_first(link: Link, tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Ten seconds after the end of a process it is no longer selected: this one's main thread ended longer ago."""
    path = tmp_path / "x.pcapng"
    with actor("thread_that_outlives_main", link.peer4, 13) as sender:
        sender.receive()
        words = [flag.format(pid=sender.pid) for flag in flags]
        with capturing(tmp_path, "-i", link.here, "-w", path, *words, "udp port 9"):
            sender.tell()
            said = sender.receive()
            sender.process.send_signal(signal.SIGKILL)
            sender.process.wait()
    packets = sent(path, sender)
    assert len(packets) == said["sent"] == 27
    assert {(p.process.pid, p.process.name, p.process.args[-1], p.thread.tid) for p in packets} == {
        (sender.pid, "its-main-thread", "13", said["tid"])}


def test_main_thread_that_had_ended_before(link: Link, tmp_path: Path) -> None:
    """Its own folder in /proc tells nothing any more of what it runs; that of another thread does."""
    path = tmp_path / "x.pcapng"
    with actor("thread_that_outlives_main", link.peer4, 1) as sender:
        sender.receive()
        sender.tell()
        said = sender.receive()
        with capturing(tmp_path, "-i", link.here, "-w", path, "--pname", Path(sender.process.args[0]).resolve().name,
                       "udp port 9"):
            sender.process.send_signal(signal.SIGUSR1)
            assert sender.receive() == {"sent": said["sent"] + 1}
        sender.process.send_signal(signal.SIGKILL)
        sender.process.wait()
    packet, = sent(path, sender)
    assert packet.process.command == str(Path(sender.process.args[0]).resolve())
    assert packet.process.args == tuple(sender.process.args)


def test_command_whose_main_thread_ends_first(link: Link, tmp_path: Path) -> None:
    """It runs as long as it sends."""
    path = tmp_path / "x.pcapng"
    code = f"""
import ctypes, os, socket, threading, time

def work():
    for number in range(5):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"word", ("{link.peer4}", 9))
        time.sleep(0.1)
    os._exit(3)

threading.Thread(target=work).start()
ctypes.CDLL(None).syscall({EXIT}, 0)
"""
    done = run(*COMMAND, "-i", link.here, "-w", path, "udp port 9", "--", "python3", "-c", code, check=False)
    assert done.returncode == 3
    assert len(list(ptcpdump.open(path))) == 5
