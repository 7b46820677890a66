"""Capturing as users do it: devices, limits, signals, other programs, and nothing left behind."""

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import COMMAND, LIMIT, Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(2) as pair:
        yield pair


def ping(link: Link, count: int = 1, *more: str) -> None:
    run("ping", "-n", "-c", str(count), "-i", "0.01", *more, link.peer4)


def programs_of(pid: int) -> set[str]:
    """Numbers of the BPF programs that a process has open."""
    texts = []
    for entry in Path(f"/proc/{pid}/fdinfo").iterdir():
        with contextlib.suppress(FileNotFoundError):    # closed meanwhile
            texts.append(entry.read_text())
    return {line.split()[1] for text in texts for line in text.splitlines() if line.startswith("prog_id:")}


def programs() -> set[str]:
    """Numbers of all BPF programs in the kernel."""
    return {str(program["id"]) for program in json.loads(run("bpftool", "--json", "prog", "show").stdout)}


def test_text_names_the_process(link: Link, tmp_path: Path) -> None:
    with capturing(tmp_path, "-i", link.here, "-n", "icmp") as capture:
        pinging = subprocess.Popen(["ping", "-n", "-c", "1", link.peer4], stdout=subprocess.DEVNULL)
        pinging.wait()
    request, reply = capture.stdout.splitlines()
    assert f" {link.here} ping.{pinging.pid} Out IP {link.ip4} > {link.peer4}: ICMP echo request, id " in request
    assert f" {link.here} ping.{pinging.pid} In IP {link.peer4} > {link.ip4}: ICMP echo reply, id " in reply
    assert ", ParentProc [python" in reply
    assert "2 packets captured\n2 packets received by filter\n0 packets dropped by kernel\n" in capture.stderr


def test_direction(link: Link, tmp_path: Path) -> None:
    for direction, word in (("in", "reply"), ("out", "request")):
        with capturing(tmp_path, "-i", link.here, "-n", "-Q", direction, "icmp") as capture:
            ping(link)
        assert [word in line for line in capture.stdout.splitlines()] == [True]


def test_count_ends_the_capture(link: Link, tmp_path: Path) -> None:
    with capturing(tmp_path, "-i", link.here, "-n", "-c", "3", "icmp") as capture:
        ping(link, 4)
        capture.wait()
    assert len(capture.stdout.splitlines()) == 3
    assert capture.stderr.count("3 packets captured") == 1


def test_snapshot_length(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "short.pcapng"
    with capturing(tmp_path, "-i", link.here, "-s", "40", "-w", path, "icmp"):
        ping(link)
    packets = list(ptcpdump.open(path))
    assert {(len(p.data), p.length) for p in packets} == {(40, 98)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_drains(link: Link, tmp_path: Path, number: int) -> None:
    """What the kernel has captured before the signal is in the file, however small the batch."""
    path = tmp_path / "drained.pcapng"
    with capturing(tmp_path, "-i", link.here, "-w", path, "icmp") as capture:
        ping(link, 5)
        capture.stop(number)
    assert len(list(ptcpdump.open(path))) == 10


def test_counters_on_request(link: Link, tmp_path: Path) -> None:
    with capturing(tmp_path, "-i", link.here, "-n", "-l", "icmp") as capture:
        ping(link)
        capture.process.stdout.readline()
        capture.process.stdout.readline()
        capture.process.send_signal(signal.SIGUSR1)
        line = ""
        while "packets captured," not in line:
            line = capture.process.stderr.readline()
            assert line
    assert "2 packets received by filter, 0 packets dropped by kernel" in line


@pytest.mark.skipif(subprocess.run(["sh", "-c", "bpftool version"], capture_output=True, check=False).returncode != 0,
                    reason="needs bpftool; Ubuntu's runs with the package linux-tools of the running kernel")
def test_two_at_once_and_nothing_left(link: Link, tmp_path: Path) -> None:
    """Instances do not notice each other, and one that is killed leaves nothing in the kernel."""
    with capturing(tmp_path, "-i", link.here, "-n", "icmp") as one:
        with capturing(tmp_path, "-i", link.here, "-n", "icmp") as two:
            ping(link)
        ping(link)
    assert len(two.stdout.splitlines()) == 2
    assert len(one.stdout.splitlines()) == 4
    assert "clsact" not in run("tc", "qdisc", "show", "dev", link.here).stdout
    with pytest.raises(AssertionError), capturing(tmp_path, "-i", link.here, "-n") as killed:
        loaded, seen = programs_of(killed.process.pid), programs()
        killed.stop(signal.SIGKILL)
    assert loaded and loaded <= seen
    deadline = time.monotonic() + LIMIT
    # the kernel frees them a moment after the process, and filters are removed when it is dead
    while loaded & programs() or "clsact" in run("tc", "qdisc", "show", "dev", link.here).stdout:
        assert time.monotonic() < deadline
    ping(link)


def test_any_follows_new_interfaces(tmp_path: Path) -> None:
    path = tmp_path / "any.pcapng"
    with capturing(tmp_path, "-i", "any", "-w", path, "icmp") as capture, veth_pair(3) as late:
        # attached as soon as the kernel has told of it: seen by the first packets that come through
        for _ in range(50):
            ping(late)
            if capture.process.poll() is not None:
                break
    packets = list(ptcpdump.open(path))
    assert {p.interface.name for p in packets} >= {late.here}


def test_disappearing_interface_ends_the_capture(tmp_path: Path) -> None:
    with (veth_pair(4) as gone, pytest.raises(AssertionError, match="the interface disappeared"),
          capturing(tmp_path, "-i", gone.here, "-n") as capture):
        run("ip", "link", "delete", gone.here)
        capture.wait()


def test_vlan_tag_in_metadata(link: Link, tmp_path: Path) -> None:
    """The tag that the kernel keeps beside the packet is back in its place."""
    added = run("ip", "link", "add", "link", link.here, "name", "ptvl", "type", "vlan", "id", "77", check=False)
    if "Unknown device type" in added.stderr:
        pytest.skip("this kernel has no VLAN devices (CONFIG_VLAN_8021Q)")
    added.check_returncode()
    run("ip", "-n", link.name, "link", "add", "link", link.there, "name", "ptvl", "type", "vlan", "id", "77")
    try:
        run("ip", "address", "add", "10.214.0.1/24", "dev", "ptvl")
        run("ip", "-n", link.name, "address", "add", "10.214.0.2/24", "dev", "ptvl")
        run("ip", "link", "set", "ptvl", "up")
        run("ip", "-n", link.name, "link", "set", "ptvl", "up")
        path = tmp_path / "vlan.pcapng"
        with capturing(tmp_path, "-i", link.here, "-w", path, "vlan 77 and icmp"):
            run("ping", "-n", "-c", "1", "10.214.0.2")
    finally:
        run("ip", "link", "delete", "ptvl")
    packets = list(ptcpdump.open(path))
    assert len(packets) == 2
    for p in packets:
        assert struct.unpack_from("!HHH", p.data, 12) == (0x8100, 77, 0x0800)
        assert p.process and Path(p.process.command).name == "ping"


def test_device_without_link_layer(tmp_path: Path) -> None:
    """Packets of a tunnel device start with their IP header, and the file says so."""
    run("ip", "tuntap", "add", "dev", "ptun0", "mode", "tun")
    try:
        run("ip", "address", "add", "10.215.0.1/24", "dev", "ptun0")
        run("ip", "link", "set", "ptun0", "up")
        path = tmp_path / "tun.pcapng"
        with (capturing(tmp_path, "-i", "ptun0", "-w", path), Tun("ptun0"),
              actor("raw_sender", "10.215.0.2") as sender):
            pid = sender.receive()["pid"]
            sender.end()
    finally:
        run("ip", "link", "delete", "ptun0")
    packets = [p for p in ptcpdump.open(path) if b"raw data" in p.data]
    assert [(p.linktype, p.data[0] >> 4) for p in packets] == [(101, 4)]
    assert packets[0].process and packets[0].process.pid == pid


def test_device_that_comes_back_without_link_layer(link: Link, tmp_path: Path) -> None:
    """What it would need was not loaded: said, and the others are captured on."""
    run("ip", "link", "add", "ptback", "type", "bridge")
    try:
        path = tmp_path / "back.pcapng"
        with capturing(tmp_path, "-i", "ptback", "-i", link.here, "-w", path, "icmp") as capture:
            run("ip", "link", "delete", "ptback")
            run("ip", "tuntap", "add", "dev", "ptback", "mode", "tun")
            capture.wait_for("interface ptback has no link layer, unlike all others when the capture began")
            ping(link)
    finally:
        run("ip", "link", "delete", "ptback", check=False)
    assert {p.interface.name for p in ptcpdump.open(path)} == {link.here}


class Tun:
    """Holds a tun device open, which gives it a carrier."""

    def __init__(self, name: str) -> None:
        import fcntl

        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, 0x400454CA, struct.pack("16sH", name.encode(), 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI

    def __enter__(self) -> "Tun":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def test_large_segments_are_whole(link: Link, tmp_path: Path) -> None:
    """With segmentation offload the kernel sends packets of up to 64 KiB; each is captured with all of its bytes."""
    path = tmp_path / "gso.pcapng"
    sent = os.urandom(2_000_000)
    with capturing(tmp_path, "-i", link.here, "-w", path, "tcp"):
        receiver = subprocess.Popen(link.inside("python3", "-c", RECEIVE), stdout=subprocess.PIPE)
        assert receiver.stdout.readline() == b"ready\n"
        with socket.create_connection((link.peer4, 5001)) as s:
            s.sendall(sent)
            s.shutdown(socket.SHUT_WR)
            s.recv(1)
        receiver.wait()
        receiver.stdout.close()
    packets = list(ptcpdump.open(path))
    assert max(p.length for p in packets) > 20000
    assert all(len(p.data) == p.length for p in packets)
    assert sum(len(p.data) - 66 for p in packets if p.direction == 2) >= len(sent)


RECEIVE = """
import socket
s = socket.create_server(("0.0.0.0", 5001))
print("ready", flush=True)
c, _ = s.accept()
while c.recv(1 << 20):
    pass
"""


@pytest.mark.parametrize(("words", "text"), [
    (["-i", "no-such-device"], "no-such-device: no such interface"),
    (["-i", "lo", "tcp port"], "syntax error"),
    (["-i", "lo", "--netns", "no-such-namespace"], "no network namespace no-such-namespace"),
])
def test_errors_come_before_anything_is_loaded(words: list[str], text: str) -> None:
    result = run(*COMMAND, *words, check=False)
    assert result.returncode == 1
    assert text in result.stderr
    assert result.stderr.startswith("ptcpdump: ")


def test_without_privileges() -> None:
    result = run("setpriv", "--bounding-set=-all", "--inh-caps=-all", *COMMAND, "-i", "lo", check=False)
    assert result.returncode == 1
    assert "CAP_NET_ADMIN" in result.stderr and "root" in result.stderr


def test_library(link: Link) -> None:
    """The same as an iterator of packets."""
    with ptcpdump.capture(link.here, "icmp", max_packets=2) as packets:
        ping(link)
        seen = list(packets)
    assert [p.direction for p in seen] == [ptcpdump.Direction.OUT, ptcpdump.Direction.IN]
    assert all(p.process and Path(p.process.command).name == "ping" for p in seen)
    assert "ICMP echo request" in seen[0].line
    assert seen[0].found is ptcpdump.Found.SOCKET
    assert packets.counters.captured == 2
