"""Writing that can't go on: full disks, folders that go away, file systems that are read-only.

Whatever was written before can be read, by others, too; the error names the file and the cause; the exit status is 1.
"""

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from savefiles import UDP, comments, interface, option, packet, pcap, section

import ptcpdump
from tests.live.harness import COMMAND, capturing, needs_privileges, run

pytestmark = needs_privileges
NAMES = ("out.pcap", "out.pcapng")
SIZE = 262144       # of the file system: some hundred packets fill it


@pytest.fixture
def original(tmp_path: Path) -> Path:
    owner = comments("PID: 12\nCmd: /usr/bin/curl\nArgs: curl") + option(2, b"\2\0\0\0")
    path = tmp_path / "original.pcapng"
    numbered = [packet(UDP[:-2] + n.to_bytes(2), units=n, options=owner) for n in range(10000)]
    path.write_bytes(section() + interface() + b"".join(numbered))
    return path


@contextlib.contextmanager
def small(folder: Path, options: str = f"size={SIZE}") -> Iterator[Path]:
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", options, "none", folder)
    try:
        yield folder
    finally:
        run("umount", "-l", folder)


def numbers(path: Path) -> list[int]:
    return [int.from_bytes(each.data[-2:]) for each in ptcpdump.open(path)]


def readable_by_others(path: Path) -> None:
    for words in (["tcpdump", "-nr"], ["tshark", "-nr"]):
        subprocess.run([*words, path], check=True, capture_output=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("flags", [[], ["-U"], ["-C", "100k"]])
def test_full_disk(tmp_path, original, name, flags):
    with small(tmp_path / "disk") as disk:
        done = run(*COMMAND, "-r", original, "-w", disk / name, *flags, check=False)
        assert done.returncode == 1
        assert re.search(rf"{disk / name}\d*: can't write: No space left on device; the \d+ bytes", done.stderr)
        files = sorted(disk.glob("out*"), key=lambda path: int(path.name.removeprefix(name) or 0))
        if "-C" in flags and not files[-1].stat().st_size:      # not even a header had room
            files.pop()
        found = [n for path in files for n in numbers(path)]
        assert found == list(range(len(found))) and len(found) > 500
        for path in files:
            readable_by_others(path)


def test_disk_that_a_capture_fills(tmp_path):
    """What was captured is told as ever."""
    with small(tmp_path / "disk", "size=16k") as disk, pytest.raises(AssertionError), \
            capturing(tmp_path, "-i", "lo", "-w", disk / "out", "icmp and host 127.0.0.78") as capture:
        run("ping", "-q", "-c", "20", "-i", "0.002", "-s", "2000", "127.0.0.78")
        capture.wait()
    assert capture.status == 1
    assert f"{disk}/out: can't write: No space left on device" in capture.stderr
    assert re.search(r"^\d+ packets captured\n\d+ packets received by filter\n\d+ packets dropped by kernel$",
                     capture.stderr, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_read_only(tmp_path, original, name):
    with small(tmp_path / "disk", "ro") as disk:
        done = run(*COMMAND, "-r", original, "-w", disk / name, check=False)
        assert done.returncode == 1
        assert f"{disk / name}: can't create: Read-only file system" in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_goes_away(tmp_path, name):
    """The next file of a rotation can't be created; the one that is open is whole."""
    folder, fifo, kept = tmp_path / "folder", tmp_path / "fifo", tmp_path / "kept"
    folder.mkdir()
    os.mkfifo(fifo)
    process = subprocess.Popen([*COMMAND, "-r", fifo, "-w", folder / name, "-C", "1k", "-U"], stderr=subprocess.PIPE,
                               text=True)
    with fifo.open("wb", buffering=0) as pipe:
        pipe.write(pcap([(1, UDP)]))
        while not (folder / name).exists() or not (folder / name).stat().st_size:
            assert process.poll() is None
        os.link(folder / name, kept)
        (folder / name).unlink()
        folder.rmdir()
        with contextlib.suppress(BrokenPipeError):
            pipe.write(pcap([(n, UDP) for n in range(100)])[24:])
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{folder / name}1: can't create: No such file or directory" in said
    readable_by_others(kept)
    assert len(numbers(kept)) > 5


def test_a_closed_pipe_ends_it_with_a_word(original):
    done = subprocess.run(f"{' '.join(COMMAND)} -r {original} -w - | head -c 1000 | wc -c; echo ${{PIPESTATUS[0]}}",
                          shell=True, executable="/bin/bash", capture_output=True, text=True)
    assert done.stdout.split() == ["1000", "1"]
    assert "its reader has closed the pipe" in done.stderr
