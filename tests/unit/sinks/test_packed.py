"""--compress: files that unpack to what is written without it, sizes, flushes, and what can't be."""

import os
import struct
import subprocess
from pathlib import Path

import pytest
from json_lines import COMMAND
from pcapng_blocks import plain
from savefiles import UDP, interface, option, packet, pcap, section

import ptcpdump

KINDS = ("gzip", "zstd")


def run(*words, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, **more)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A thousand packets, some of them large."""
    path = tmp_path / "in.pcapng"
    path.write_bytes(section() + interface(options=option(9, b"\x09")) + b"".join(
        packet(UDP + struct.pack(">I", i) + bytes(i % 7 * 300), units=i) for i in range(1000)))
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["copy.pcapng", "copy.pcap"])
def test_it_unpacks_to_the_same(source, tmp_path, kind, name):
    folders = [tmp_path / "plain", tmp_path / "packed"]
    for folder in folders:
        folder.mkdir()
        done = run("-r", source, "-w", name, *(["--compress", kind] if folder.name == "packed" else []), "--redact",
                   "args", cwd=folder)
        assert done.returncode == 0, done.stderr
    packed, file = folders[1] / name, folders[0] / name
    assert plain(packed) == file.read_bytes() and packed.stat().st_size < file.stat().st_size // 4
    assert [each.data for each in ptcpdump.open(packed)] == [each.data for each in ptcpdump.open(source)]
    assert packed.stat().st_mode & 0o777 == 0o600
    # tshark unpacks by the content, too
    shown = subprocess.run(["tshark", "-r", packed, "-T", "fields", "-e", "frame.number"], capture_output=True,
                           text=True, check=True)
    assert shown.stdout.split()[-1] == "1000"


def test_rotation_counts_plain_bytes_and_loses_nothing(source, tmp_path):
    done = run("-r", source, "-w", tmp_path / "out.gz", "-C", "100k", "--compress", "gzip", "-z", "ls")
    assert done.returncode == 0, done.stderr
    files = sorted(tmp_path.glob("out.gz*"), key=lambda path: int(path.name.removeprefix("out.gz") or 0))
    assert 8 < len(files) < 14
    assert all(100 << 10 < len(plain(path)) < 104 << 10 for path in files[:-1])
    numbers = [struct.unpack_from(">I", each.data, len(UDP))[0] for path in files for each in ptcpdump.open(path)]
    assert numbers == list(range(1000))


@pytest.mark.parametrize("kind", KINDS)
def test_with_u_a_reader_has_all_that_came(tmp_path, kind):
    """-U: what is written unpacks up to the last packet, while the writer waits for the next one."""
    fifo, target = tmp_path / "fifo", tmp_path / "out"
    os.mkfifo(fifo)
    writer = subprocess.Popen([*COMMAND, "-r", fifo, "-U", "--print", "-n", "-l", "-w", target, "--compress", kind],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with os.fdopen(os.open(fifo, os.O_RDWR), "wb", buffering=0) as pipe:      # waits for nobody
        pipe.write(pcap([(1, UDP), (2, UDP)]))
        assert [writer.stdout.readline() != "" for _ in range(2)] == [True, True]
        done = run("-n", "-r", target)
        assert done.stdout.count("UDP") == 2
        assert done.returncode == 1 and str(target) in done.stderr      # it has no end yet
    assert writer.wait(60) == 0
    writer.stdout.close()
    assert run("-n", "-r", target).returncode == 0


def test_no_room(source):
    done = run("-r", source, "-w", "/dev/full", "--compress", "gzip")
    assert done.returncode == 1 and "/dev/full: can't write: No space left on device" in done.stderr


@pytest.mark.parametrize(("words", "text"), [
    (("-w", "x.zst", "--compress", "gzip"), "makes no file of this ending; choose a name that ends in .gz"),
    (("-w", "x.pcapng.gz"), "files are compressed when --compress gzip asks for it"),
    (("-w", "x.xz"), "choose --compress gzip or zstd"),
    (("--compress", "zstd"), "--compress zstd needs -w FILE"),
    (("-w", "x", "--compress", "rar"), "--compress rar: must be one of gzip, zstd"),
])  # fmt: skip
def test_mistakes_are_named(source, tmp_path, words, text):
    done = run("-r", source, *words, cwd=tmp_path)
    assert done.returncode == 2 and text in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.pcapng"]
