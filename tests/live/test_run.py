"""A run from its first to its last packet: interfaces of all kinds, how it ends, and what the file says of it."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import COMMAND, LIMIT, Link, capturing, needs_privileges, run, veth_pair
from tests.live.test_capture import Tun

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(11) as pair:
        yield pair


def ping(link: Link, count: int = 1) -> None:
    run("ping", "-n", "-c", str(count), "-i", "0.01", link.peer4)


@contextlib.contextmanager
def tun(name: str, address: str) -> Iterator[None]:
    """A device without link layer, up and with a carrier."""
    run("ip", "tuntap", "add", "dev", name, "mode", "tun")
    try:
        run("ip", "address", "add", address, "dev", name)
        run("ip", "link", "set", name, "up")
        with Tun(name):
            yield
    finally:
        run("ip", "link", "delete", name)


def shown_by_tcpdump(path: Path) -> str:
    return run("tcpdump", "-n", "-r", path).stdout


def test_any_to_pcap_is_cooked_from_the_start(link: Link, tmp_path: Path) -> None:
    """A device without link layer that sends later fits into the file, as into tcpdump's."""
    path = tmp_path / "any.pcap"
    with capturing(tmp_path, "-i", "any", "-w", path, "icmp"):
        ping(link)
        with tun("ptany", "10.217.0.1/24"):
            subprocess.run(["ping", "-n", "-c", "1", "-W", "1", "10.217.0.2"], capture_output=True)
    text = run("tcpdump", "-nr", path)
    assert "LINUX_SLL2" in text.stderr
    assert f"{link.ip4} > {link.peer4}: ICMP echo request" in text.stdout


def test_tun_device_beside_others_in_pcap(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "any.pcap"
    with tun("ptany", "10.217.0.1/24"), capturing(tmp_path, "-i", "any", "-w", path, "icmp"):
        ping(link)
        subprocess.run(["ping", "-n", "-c", "1", "-W", "1", "10.217.0.2"], capture_output=True)
    text = shown_by_tcpdump(path)
    assert "10.217.0.1 > 10.217.0.2: ICMP echo request" in text
    assert f"{link.peer4} > {link.ip4}: ICMP echo reply" in text


def test_idle_device_without_link_layer(link: Link, tmp_path: Path) -> None:
    """It does not make the file one that tcpdump refuses."""
    path = tmp_path / "any.pcapng"
    with tun("ptidle", "10.218.0.1/24"), capturing(tmp_path, "-i", "any", "-w", path, f"icmp and host {link.peer4}"):
        ping(link)
    assert f"{link.ip4} > {link.peer4}: ICMP echo request" in shown_by_tcpdump(path)


def test_the_file_says_how_it_was_captured(link: Link, tmp_path: Path) -> None:
    """Snapshot length, filter and counters of each interface, also after a copy."""
    path, copied = tmp_path / "one.pcapng", tmp_path / "two.pcapng"
    with capturing(tmp_path, "-i", link.here, "-s", "77", "-w", path, "icmp"):
        ping(link, 3)
    run(*COMMAND, "-r", path, "-w", copied)
    for each in (path, copied):
        (interface,) = {packet.interface for packet in ptcpdump.open(each)}
        assert (interface.name, interface.snaplen, interface.filter) == (link.here, 77, "icmp")
    if shutil.which("capinfos"):
        said = [run("capinfos", each).stdout for each in (path, copied)]
        assert all("Capture length = 77" in text and "Number of stat entries = 1" in text for text in said)
        assert all(re.search(r"Filter string = icmp", text) for text in said)


def test_snapshot_length_in_pcap(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "short.pcap"
    with capturing(tmp_path, "-i", link.here, "-s", "50", "-w", path, "icmp"):
        ping(link)
    assert "snapshot length 50" in run("tcpdump", "-nr", path).stderr


def test_namespace_of_an_interface_comes_back(link: Link, tmp_path: Path) -> None:
    path = tmp_path / "there.pcapng"
    with capturing(tmp_path, "--netns", link.name, "-i", link.there, "-w", path, "icmp"):
        ping(link)
    text = run(*COMMAND, "-n", "-r", path).stdout
    assert f" {link.there}@{link.name} " in text
    assert {packet.interface.name for packet in ptcpdump.open(path)} == {link.there}


def test_a_renamed_interface_has_its_new_name(link: Link, tmp_path: Path) -> None:
    with veth_pair(12) as pair:
        with capturing(tmp_path, "-i", pair.here, "-n", "-l", "icmp") as capture:
            ping(pair)
            assert f" {pair.here} " in capture.process.stdout.readline()
            renamed = f"{pair.here}new"
            run("ip", "link", "set", pair.here, "name", renamed)
            before, deadline = "", time.monotonic() + LIMIT
            while f" {renamed} " not in before:     # told of by the kernel while we ping
                assert time.monotonic() < deadline
                ping(pair)
                before = capture.process.stdout.readline()
            capture.stop()
        run("ip", "link", "delete", renamed)


def test_counters_when_the_interface_disappears(tmp_path: Path) -> None:
    path = tmp_path / "gone.pcapng"
    with (veth_pair(13) as gone, pytest.raises(AssertionError),
          capturing(tmp_path, "-i", gone.here, "-w", path) as capture):
        ping(gone, 2)
        run("ip", "link", "delete", gone.here)
        capture.wait()
    assert capture.status == 1
    assert "the interface disappeared" in capture.stderr
    counted = re.search(r"(\d+) packets captured\n\d+ packets received by filter\n\d+ packets dropped", capture.stderr)
    assert int(counted[1]) == len(list(ptcpdump.open(path))) >= 4


def test_so_many_seconds_into_one_file(link: Link, tmp_path: Path) -> None:
    """-G 1 -W 1: the file is full after a second, however many packets come then; the end is a good one."""
    flood = subprocess.Popen(["ping", "-n", "-i", "0.002", link.peer4], stdout=subprocess.DEVNULL)
    try:
        with capturing(tmp_path, "-i", link.here, "-G", "1", "-W", "1", "-w", tmp_path / "x.pcapng", "icmp") as capture:
            capture.wait()
    finally:
        flood.kill()
        flood.wait()
    assert capture.status == 0
    assert "Maximum file limit reached: 1\n" in capture.stderr
    assert "internal error" not in capture.stderr
    captured = int(re.search(r"(\d+) packets captured\n", capture.stderr)[1])
    assert 0 < len(list(ptcpdump.open(tmp_path / "x.pcapng"))) <= captured


def test_flush_on_request(link: Link, tmp_path: Path) -> None:
    """As tcpdump: SIGUSR2 ends nothing, and what was captured before is in the file then."""
    path = tmp_path / "flushed.pcapng"
    with capturing(tmp_path, "-i", link.here, "-w", path, "icmp") as capture:
        ping(link)
        capture.process.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + LIMIT
        while not path.stat().st_size > 500 or len(list(ptcpdump.open(path))) < 2:
            assert time.monotonic() < deadline
        assert capture.process.poll() is None
        ping(link)
    assert len(list(ptcpdump.open(path))) == 4


def test_interrupting_a_background_job(link: Link, tmp_path: Path) -> None:
    """The shell of a script makes its background jobs ignore SIGINT; tcpdump ends nevertheless."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with capturing(tmp_path, "-i", link.here, "-n") as capture:
            capture.stop(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert re.search("packets? captured", capture.stderr)


def test_a_request_that_comes_twice(link: Link, tmp_path: Path) -> None:
    """As from timeout(1), to the process and to its group at once. Other signals here, so that both come."""
    path = tmp_path / "x.pcapng"
    with capturing(tmp_path, "-i", link.here, "-w", path, "icmp") as capture:
        ping(link)
        capture.process.send_signal(signal.SIGTERM)
        capture.stop(signal.SIGINT)
    assert capture.status == 0
    assert "2 packets captured" in capture.stderr
    assert len(list(ptcpdump.open(path))) == 2


def test_counters_before_the_capture_has_begun(link: Link) -> None:
    """SIGUSR1 at any moment of the start is answered or, before there is a run, ends it as any signal does."""
    for delay in (0.02, 0.06, 0.1, 0.15, 0.2, 0.3):
        process = subprocess.Popen([*COMMAND, "-i", link.here, "-n"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGUSR1)
            process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=LIMIT)
        assert "Traceback" not in said and "internal error" not in said


def test_the_library_in_the_wrong_order(link: Link) -> None:
    capture = ptcpdump.capture(link.here, "icmp")
    with capture as packets:
        ping(link)
        with pytest.raises(ptcpdump.PtcpdumpError, match="started before"):
            capture.__enter__()
        packets.stop()
        assert len(list(packets)) == 2
    read_end, write_end = os.pipe()     # gets the number of a descriptor that the capture had
    capture.stop()
    os.set_blocking(read_end, False)
    with pytest.raises(BlockingIOError):
        os.read(read_end, 1)
    os.close(read_end)
    os.close(write_end)
    with pytest.raises(ptcpdump.PtcpdumpError, match="inside its `with` block"):
        next(iter(capture))
    assert capture.counters.captured == 2


def test_two_captures_of_the_library_at_once(link: Link) -> None:
    with ptcpdump.capture(link.here, "icmp", max_packets=2) as one:
        with ptcpdump.capture(link.here, "icmp", max_packets=2) as other:
            ping(link)
            lines = [packet.line.split(" ", 1)[1] for packet in other]
        assert [packet.line.split(" ", 1)[1] for packet in one] == lines


def test_a_command_for_an_interface_that_is_not_there() -> None:
    """The cause is named, whenever the waiting child is gone."""
    for _ in range(5):
        done = run(*COMMAND, "-i", "no-such-device", "--", "true", check=False)
        assert done.returncode == 1
        assert "no-such-device: no such interface" in done.stderr and "child" not in done.stderr


def test_a_command_has_the_signals_of_any_program(link: Link, tmp_path: Path) -> None:
    """Python ignores SIGPIPE and SIGXFSZ; who is executed must not."""
    words = ["sh", "-c", f"grep SigIgn /proc/self/status > {tmp_path}/ignored"]
    run(*COMMAND, "-i", link.here, "-w", tmp_path / "x", "--", *words)
    ignored = int((tmp_path / "ignored").read_text().split()[1], 16)
    assert not ignored >> (signal.SIGPIPE - 1) & 1
    assert not ignored >> (signal.SIGXFSZ - 1) & 1


def test_a_delay_is_waited_for_with_the_hooks_in_place(link: Link, tmp_path: Path) -> None:
    """What is sent during the delay is captured; a signal ends the delay."""
    path = tmp_path / "delayed.pcapng"
    delay = ("--delay-before-handle-packet-events", "50s")
    with capturing(tmp_path, "-i", link.here, "-w", path, *delay, "icmp") as capture:
        ping(link, 2)
        capture.stop()
    assert len(list(ptcpdump.open(path))) == 4
