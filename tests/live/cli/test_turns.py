"""How captures into several files end, and what becomes of them when the command of -z can't be run."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import COMMAND, LIMIT, Link, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(51) as pair:
        yield pair


def await_file(path: Path) -> None:
    deadline = time.monotonic() + LIMIT
    while not path.exists():
        assert time.monotonic() < deadline


@pytest.mark.parametrize("packets", [0, 3])
def test_so_many_seconds_end_without_another_packet(link: Link, tmp_path: Path, packets: int) -> None:
    """-G 1 -W 1 where nothing passes, or nothing more: the capture ends, and its file is finished (-z)."""
    path = tmp_path / "x.pcap"
    with capturing(tmp_path, "-i", link.here, "-G", "1", "-W", "1", "-z", "gzip", "-w", path, "icmp") as capture:
        if packets:
            run("ping", "-q", "-c", str(packets), "-i", "0.01", link.peer4)
        capture.wait()
    assert capture.status == 0
    assert capture.stderr.count("Maximum file limit reached: 1\n") == 1
    assert f"{2 * packets} packets captured\n" in capture.stderr
    await_file(tmp_path / "x.pcap.gz")
    assert len(list(ptcpdump.open(tmp_path / "x.pcap.gz"))) == 2 * packets


def test_what_comes_behind_the_last_file_is_not_counted(link: Link, tmp_path: Path) -> None:
    """The packet at which a run finds that the time of its last file is over is in no file."""
    path = tmp_path / "x.pcap"
    ping = ["ping", "-q", "-i", "0.002", link.peer4]
    with subprocess.Popen(ping, stdout=subprocess.DEVNULL) as sender:
        try:
            with capturing(tmp_path, "-i", link.here, "-G", "1", "-W", "1", "-w", path, "icmp") as capture:
                capture.wait()
        finally:
            sender.terminate()
    assert capture.stderr.count("Maximum file limit reached: 1\n") == 1
    assert f"\n{len(list(ptcpdump.open(path)))} packets captured\n" in capture.stderr


def test_a_command_that_goes_away_ends_no_capture(link: Link, tmp_path: Path) -> None:
    command = tmp_path / "command"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    folder = tmp_path / "files"
    folder.mkdir()
    with capturing(tmp_path, "-i", link.here, "-C", "1k", "-z", command, "-w", folder / "x", "icmp") as capture:
        command.unlink()
        run("ping", "-q", "-c", "50", "-i", "0.002", link.peer4)
    assert capture.stderr.count("warning: -z ") == 1
    assert f"{command}: can't be run on {folder}/x: No such file or directory" in capture.stderr
    assert sum(len(list(ptcpdump.open(path))) for path in folder.iterdir()) == 100


@pytest.mark.parametrize(("flags", "text"), [
    (["-C", "1", "-z", "no-such-command"], "-z no-such-command: no such command"),
    (["-C", "1", "-z", "/tmp"], "-z /tmp: is a directory"),
    (["-y", "RAW"], "-y RAW: packets of {here} have the link type EN10MB here"),
    (["-y", "EN10MB", "--backend", "cgroup-skb"], "-y EN10MB: packets of {here} have the link type RAW here"),
    (["-y", "NONSENSE"], "unknown link type"),
    (["-i", "any", "-y", "LINUX_SLL"], "-y LINUX_SLL: packets of any have the link type LINUX_SLL2 here"),
])  # fmt: skip
def test_what_can_not_be_is_said_before_a_file_is_made(link: Link, tmp_path: Path, flags: list[str], text: str) -> None:
    path = tmp_path / "x.pcap"
    words = [*COMMAND, "-i", link.here, "-w", path, "-c", "1", *flags]
    found = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert found.returncode == 2
    assert text.format(here=link.here) in found.stderr
    assert not path.exists()


@pytest.mark.parametrize("flags", [["-y", "EN10MB"], ["-i", "any", "-y", "LINUX_SLL2"],
                                   ["-y", "RAW", "--backend", "cgroup-skb"]], ids=str)
def test_the_link_type_that_packets_have(link: Link, tmp_path: Path, flags: list[str]) -> None:
    path = tmp_path / "x.pcap"
    with capturing(tmp_path, "-i", link.here, "-w", path, *flags, f"icmp and host {link.peer4}"):
        run("ping", "-q", "-c", "1", link.peer4)
    assert f"link-type {flags[flags.index('-y') + 1]} " in run("tcpdump", "-n", "-r", path).stderr


def test_idle_devices_beside_one_with_raw_packets(link: Link, tmp_path: Path) -> None:
    """libpcap 1.10 refuses the second description of raw IP: those of what had no packets are left out."""
    path = tmp_path / "x.pcapng"
    with capturing(tmp_path, "--backend", "cgroup-skb", "-i", "any", "-w", path, f"icmp and host {link.ip4}"):
        run("ping", "-q", "-c", "1", link.ip4)      # by the loopback device
    read = run("tcpdump", "-n", "-r", path)
    assert read.stdout.count("echo request") == len([
        each for each in ptcpdump.open(path) if "echo request" in each.line]) > 0


@pytest.mark.parametrize(("kind", "status", "text"), [
    ("script", 5, ""), ("plain", 2, "may not be executed"), ("folder", 2, "is a directory, no command"),
    ("missing", 2, "no such command")])
def test_what_can_be_a_command(link: Link, tmp_path: Path, kind: str, status: int, text: str) -> None:
    """A script without "#!" is the shell's, as for any program that runs others."""
    path = tmp_path / "it"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text("exit $1\n")
        path.chmod(0o755 if kind == "script" else 0o644)
    found = run(*COMMAND, "-i", link.here, "-w", tmp_path / "x", "--", path, "5", check=False)
    assert found.returncode == status
    assert text in found.stderr


@pytest.mark.parametrize("words", [["-D"], ["-h"], ["--version"], ["-d", "icmp"]], ids=str)
def test_what_was_asked_for_finds_no_room(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        found = subprocess.run([*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=LIMIT,
                               check=False)
    assert found.returncode == 1
    assert "ptcpdump: standard output: No space left on device\n" in found.stderr
