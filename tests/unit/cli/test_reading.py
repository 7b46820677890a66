"""`-r` and `-V` as a process: several files as one run, and signals."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from savefiles import UDP, UDP_TEXT, interfaces_of, option, packet, pcap, section
from savefiles import interface as described

import ptcpdump

COMMAND = [sys.executable, "-m", "ptcpdump"]


def run(*words) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60)


@pytest.fixture
def listed(tmp_path):
    """Files of three link types, in one list."""
    paths = []
    for number, (linktype, data) in enumerate([(1, UDP), (101, UDP[14:]), (1, UDP)]):
        paths.append(tmp_path / f"{number}.pcap")
        paths[-1].write_bytes(pcap([(number, data)], linktype=linktype))
    paths.append(tmp_path / "3.pcapng")
    paths[-1].write_bytes(section() + described(options=option(2, b"eth9")) + packet(units=3 * 10**6))
    # a name need not be UTF-8, and may hold what ends lines elsewhere
    paths[0] = paths[0].rename(tmp_path / "\udcff\x85\u20280")
    (tmp_path / "list").write_bytes(b"".join(b"%b\n" % os.fsencode(path) for path in paths))
    return tmp_path / "list"


def test_packets_of_several_files_keep_their_interfaces(listed, tmp_path):
    done = run("-V", listed, "-w", tmp_path / "all.pcapng")
    assert done.returncode == 0
    found = list(ptcpdump.open(tmp_path / "all.pcapng"))
    assert [(each.linktype, each.interface.linktype, each.interface.name) for each in found] == [
        (1, 1, ""), (101, 101, ""), (1, 1, ""), (1, 1, "eth9")]
    assert len(interfaces_of(tmp_path / "all.pcapng")) == 3
    assert run("-n", "-t", "-r", tmp_path / "all.pcapng").stdout == f"{UDP_TEXT}\n" * 3 + f"eth9 {UDP_TEXT}\n"


def test_an_expression_suits_each_of_them(listed):
    done = run("-n", "-t", "-V", listed, "udp port 5678")
    assert done.stdout == f"{UDP_TEXT}\n" * 3 + f"eth9 {UDP_TEXT}\n"
    assert done.stderr.count("reading from file") == 4


def test_an_expression_that_does_not_suit_one_of_them(listed):
    done = run("-n", "-t", "-V", listed, "ether host 00:00:00:00:00:01")
    assert done.returncode == 1
    assert done.stdout == f"{UDP_TEXT}\n"
    assert done.stderr.count("reading from file") == 1


def test_skip_and_count_over_several_files(listed):
    done = run("-n", "-t", "-V", listed, "--skip", "1", "-c", "2")
    assert done.stdout == f"{UDP_TEXT}\n" * 2
    assert done.stderr.count("reading from file") == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_reading_of_a_pipe(number):
    """What came is shown, and the end is a good one."""
    process = subprocess.Popen([*COMMAND, "-n", "-t", "-r", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=False)
    process.stdin.write(pcap([(1, UDP)]))
    process.stdin.flush()
    assert process.stdout.readline().decode() == UDP_TEXT + "\n"
    process.send_signal(number)
    assert process.wait(30) == 0
    process.communicate()


def test_a_signal_while_a_pipe_is_silent():
    """Nothing has come that says what the file is: ended as by ^C."""
    process = subprocess.Popen([*COMMAND, "-r", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    while not handles(process.pid):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode in (130, -signal.SIGINT)
    assert b"Traceback" not in said


def handles(pid: int) -> bool:
    """Whether a process has set its own handler of SIGTERM, which is the last that a run sets."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_requests_while_reading(tmp_path):
    """SIGUSR1 shows how far it is, SIGUSR2 has nothing left to write; neither ends the run or repeats a line."""
    process = subprocess.Popen([*COMMAND, "-n", "-t", "-r", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=False)
    whole = pcap([(1, UDP), (2, UDP)])
    process.stdin.write(whole[:24 + 16 + len(UDP)])
    process.stdin.flush()
    assert process.stdout.readline().decode() == UDP_TEXT + "\n"
    process.send_signal(signal.SIGUSR2)
    process.send_signal(signal.SIGUSR1)
    said = b""
    while b"packets read" not in said:
        said = process.stderr.readline()
        assert said
    assert said == b"ptcpdump: 1 packets read, 1 packets received by filter\n"
    text, _ = process.communicate(whole[24 + 16 + len(UDP):], timeout=30)
    assert text.decode() == UDP_TEXT + "\n"
    assert process.returncode == 0


@pytest.mark.parametrize(("flags", "magic"), [((), "d4c3b2a1"), (("--micro",), "d4c3b2a1"), (("--nano",), "4d3cb2a1")])
def test_times_in_pcap(tmp_path, flags, magic):
    """In microseconds, as tcpdump writes them, unless nanoseconds are asked for."""
    (tmp_path / "in.pcap").write_bytes(pcap([((1, 123456789), UDP)], magic=0xA1B23C4D))
    run("-r", tmp_path / "in.pcap", "-w", tmp_path / "out.pcap", *flags)
    assert (tmp_path / "out.pcap").read_bytes()[:4].hex() == magic
    (found,) = ptcpdump.open(tmp_path / "out.pcap")
    assert found.time_ns == (1123456789 if "--nano" in flags else 1123456000)


@pytest.mark.parametrize("ending", [".gz", ".xz", ".zst"])
def test_compressed_files_are_refused(tmp_path, ending):
    """Rather than written plain under a name that says otherwise."""
    (tmp_path / "in.pcap").write_bytes(pcap([(1, UDP)]))
    done = run("-r", tmp_path / "in.pcap", "-w", tmp_path / f"out.pcapng{ending}")
    assert done.returncode == 2
    assert "--compress g" in done.stderr or "--compress zstd" in done.stderr
    assert not (tmp_path / f"out.pcapng{ending}").exists()


def test_a_savefile_is_no_list_of_savefiles(tmp_path):
    """-V for -r: its bytes are no name that could be said."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([(n, UDP) for n in range(1000)]))
    done = run("-V", path)
    assert done.returncode == 1
    assert done.stderr == f"ptcpdump: -V {path}: it is no list of file names, for it holds NUL: -r reads a savefile\n"
