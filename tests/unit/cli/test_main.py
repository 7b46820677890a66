"""The command as people run it: what it prints where, and its exit status."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ARP = bytes.fromhex("ffffffffffff0200000000010806" "0001080006040001020000000001 0a000001 000000000000 0a000002")


def ptcpdump(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ptcpdump", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, env={**os.environ, "TZ": "UTC"})
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Three ARP requests."""
    path = tmp_path / "three.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    path.write_bytes(header + b"".join(struct.pack("<IIII", i, 0, len(ARP), len(ARP)) + ARP for i in range(3)))
    return path


def line(second: int) -> str:
    return f"00:00:0{second}.000000 ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n"


def test_versions() -> None:
    done = ptcpdump("--version")
    first, second, third = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert first.startswith("ptcpdump version ")
    assert second.startswith("libpcap version ")
    assert third.startswith("libbpf version ")


def test_requests_before_a_run_can_answer() -> None:
    """SIGUSR1 and SIGUSR2 end nothing; what we start does not inherit that they are handled."""
    script = """
import os, signal, subprocess
import ptcpdump.cli.entry
for number in (signal.SIGUSR1, signal.SIGUSR2):
    os.kill(os.getpid(), number)
print(subprocess.run(["sh", "-c", "kill -USR1 $$"]).returncode)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "-10\n")


def test_help() -> None:
    done = ptcpdump("-h")
    assert done.returncode == 0
    assert "Usage: ptcpdump [flags] [expression] [-- command [args]]" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["--nope"], 2, "ptcpdump: unknown flag --nope"),
        (["-c", "x"], 2, "ptcpdump: -c x: must be a number"),
        (["-r", "/nonexistent"], 1, "ptcpdump: /nonexistent: can't open: No such file or directory"),
        (["-d", "tcp port"], 1, "ptcpdump: "),
        (["-i", "nosuch0"], 1, "ptcpdump: nosuch0: no such interface"),
        (["-i", "lo", "tcp port"], 1, "ptcpdump: "),
        (["-D", "--netns", "nowhere"], 1, "ptcpdump: there is no network namespace nowhere"),
    ],
)
def test_errors_are_one_line_and_a_status(arguments: list[str], status: int, error: str) -> None:
    if "-i" in arguments and os.geteuid():
        pytest.skip("capturing needs root")
    done = ptcpdump(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    *_, last = done.stderr.splitlines()
    assert last.startswith(error)
    assert "Traceback" not in done.stderr


def test_reading(capture: Path) -> None:
    done = ptcpdump("-nr", capture)
    assert (done.returncode, done.stdout) == (0, line(0) + line(1) + line(2))
    assert done.stderr == f"reading from file {capture}, link-type EN10MB (Ethernet), snapshot length 262144\n"


def test_reading_standard_input(capture: Path) -> None:
    done = ptcpdump("-n", "-r", "-", "-c", "1", stdin=capture.read_bytes())
    assert (done.returncode, done.stdout) == (0, line(0))
    assert done.stderr.startswith("reading from file -, ")


def test_reading_a_list_of_files_counts_them_as_one(capture: Path, tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text(f"{capture}\n{capture}\n")
    assert ptcpdump("-nV", names, "--skip", "2", "-c", "2").stdout == line(2) + line(0)
    assert ptcpdump("-V", names, "--count").stdout == "6 packets\n"
    assert ptcpdump("-V", names, "--count", "udp").stdout == "0 packets\n"


def test_numbers_and_sampling(capture: Path) -> None:
    assert ptcpdump("-nr", capture, "-#", "--print-sampling", "3", "-t").stdout.startswith("    3  ARP")


def test_count_ends_in_singular(capture: Path) -> None:
    assert ptcpdump("-r", capture, "--count", "-c", "1").stdout == "1 packet\n"


def test_words_behind_dashes_are_the_expression(capture: Path) -> None:
    assert ptcpdump("-r", capture, "--count", "--", "arp").stdout == "3 packets\n"


@pytest.mark.parametrize("name", ["copy.pcap", "copy.pcapng"])
def test_writing_what_was_read(capture: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / name
    assert ptcpdump("-nr", capture, "--skip", "1", "-w", copy, "--print").stdout == line(1) + line(2)
    assert ptcpdump("-nr", copy).stdout == line(1) + line(2)


def test_reader_that_leaves_is_no_error(capture: Path) -> None:
    command = [sys.executable, "-m", "ptcpdump", "-nl", "-r", str(capture)]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr.decode().count("\n")) == (0, 1)


def test_listing_of_a_filter_assumes_ethernet() -> None:
    done = ptcpdump("-d", "arp")
    assert done.stdout.splitlines()[0] == "(000) ldh      [12]"
    assert done.stderr == "Warning: assuming Ethernet\n"
    assert ptcpdump("-d", "-y", "RAW", "arp").returncode == 1


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump to compare with")
@pytest.mark.parametrize("flag", ["-d", "-dd", "-ddd"])
def test_listing_as_tcpdump_prints_it(flag: str) -> None:
    """To the byte: there are tabs in it."""
    words = flag, "-y", "EN10MB", "tcp port 80"
    theirs = subprocess.run(["tcpdump", *words], capture_output=True, text=True, check=True).stdout
    assert ptcpdump(*words).stdout == theirs


def test_list_of_interfaces() -> None:
    inode = Path("/proc/self/ns/net").stat().st_ino
    assert f"1.lo, netns {inode}" in ptcpdump("-D").stdout.splitlines()
    assert any(row.startswith(f"1.lo, netns {inode} [Up") for row in ptcpdump("-Dv").stdout.splitlines())


def test_names_unless_numbers_are_asked_for(tmp_path: Path) -> None:
    """localhost is in every /etc/hosts, and port 22 in services(5)."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    packet = bytes.fromhex("4500002800010000400600007f0000017f000001" "9c4000160000000100000000500200000000 0000")
    savefile = tmp_path / "ssh.pcap"
    savefile.write_bytes(header + struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
    assert ptcpdump("-tnr", savefile).stdout.startswith("IP 127.0.0.1.40000 > 127.0.0.1.22: Flags [S]")
    assert ptcpdump("-tr", savefile).stdout.startswith("IP localhost.40000 > localhost.ssh: Flags [S]")

    assert ptcpdump("-tngvr", savefile).stdout.count("\n") == 1
