"""A disk that fills up, for each format: a clear error, status 1, and what was written before can be read."""

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from savefiles import UDP, comments, interface, option, packet, section
from tlssavefiles import MESSAGES, savefile, segments

import ptcpdump
from ptcpdump.errors import SavefileError
from ptcpdump.tls.keylog import KeyLogError, KeyLogFile, parse
from tests.live.harness import COMMAND, needs_privileges, run

pytestmark = needs_privileges
COUNT = 20000
SPACE = 400 << 10       # more than what waits in buffers
FULL = "can't write: No space left on device"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Numbered packets of one owner, a thousand a minute, with bytes that no compression makes small."""
    path = tmp_path_factory.mktemp("original") / "file.pcapng"
    owner = comments("PID: 12\nCmd: /usr/bin/curl") + option(2, b"\2\0\0\0")
    path.write_bytes(section() + interface() + b"".join(
        packet(UDP + n.to_bytes(4) + os.urandom(64), units=n * 60_000, options=owner) for n in range(COUNT)))
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={SPACE}", "none", folder)
    try:
        yield folder
    finally:
        run("umount", "-l", folder)


def fill(original: Path, *words: object, output: Path | None = None) -> str:
    """Read the file into something that does not fit; returns what was said."""
    with output.open("w") if output else contextlib.nullcontext(subprocess.DEVNULL) as target:
        done = subprocess.run([*COMMAND, "-n", "-r", original, *map(str, words)], stdout=target, stderr=subprocess.PIPE,
                              text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count(FULL) == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def numbers(path: Path) -> list[int]:
    """Of the packets up to the file's end, or to where it is cut."""
    found = []
    with contextlib.suppress(SavefileError), ptcpdump.open(path, text=None) as packets:
        for each in packets:
            assert ".pcapng" not in path.name or each.process.pid == 12
            found.append(int.from_bytes(each.data[len(UDP) : len(UDP) + 4]))
    return found


@pytest.mark.parametrize("words", [
    ["out.pcapng.gz", "--compress", "gzip"], ["out.pcap.zst", "--compress", "zstd"],
    ["out.pcap.gz", "--compress", "gzip", "-U"], ["out.pcapng", "--keep", "64m", "--dump-on", "exit"]])  # fmt: skip
def test_compressed_files_and_the_flight_recorder(original: Path, disk: Path, words: list[str]) -> None:
    said = fill(original, "-w", disk / words[0], *words[1:])
    assert re.search(rf"{disk / words[0]}: {FULL}; the [1-9]\d+ bytes written before are kept$", said, re.MULTILINE)
    found = numbers(disk / words[0])
    assert found == list(range(len(found)))
    assert len(found) > 1000


def test_json_and_text(original: Path, disk: Path) -> None:
    """The last line may be cut: it is somebody else's file, of which we know no start."""
    assert f"standard output: {FULL}" in fill(original, "--json", output=disk / "out")
    *whole, _ = (disk / "out").read_bytes().split(b"\n")
    assert len([json.loads(line) for line in whole]) > 100
    (disk / "out").unlink()
    assert f"standard output: {FULL}" in fill(original, output=disk / "out")
    assert (disk / "out").read_bytes().count(b"IP 10.0.0.1.1234 > 10.0.0.2.5678: UDP") > 1000


def test_parquet_and_a_savefile_beside_it(original: Path, disk: Path, tmp_path: Path) -> None:
    """Files that were finished before can be read; so can a savefile on a disk that has room."""
    import pyarrow.parquet as pq

    said = fill(original, "--parquet", f"{disk}/out", "-C", "100k", "-w", tmp_path / "beside.pcapng")
    assert re.search(rf"{disk}/out\d+: {FULL}; it can't be read without its end, files that were finished", said)
    rows = 0
    finished = sorted(disk.glob("out*"), key=lambda path: int(path.name.removeprefix("out") or 0))[:-1]
    for path in finished:
        rows += pq.read_table(path).num_rows
    beside = [n for path in tmp_path.glob("beside*") for n in numbers(path)]
    assert sorted(beside) == list(range(len(beside)))
    assert finished and rows <= len(beside)


def test_a_key_log(disk: Path) -> None:
    """Its last line is whole."""
    log = KeyLogFile(str(disk / "log"))
    with pytest.raises(KeyLogError, match=f"key log {disk}/log: {FULL}$"):
        for n in range(10000):
            log.write("CLIENT_RANDOM", n.to_bytes(32), bytes(48))
    log.close()
    text = (disk / "log").read_bytes()
    assert text.endswith(b"\n")
    assert [int.from_bytes(random) for _, random, _ in parse(text)] == list(range(text.count(b"\n")))


def test_plaintext(disk: Path, tmp_path: Path) -> None:
    from tlsmemory import converse, make_certificate

    make_certificate(tmp_path / "both.pem")
    talk = [(side, data * 400) for side, data in MESSAGES]
    sent = converse(tmp_path / "both.pem", tmp_path / "log", "1.3", talk)
    path = savefile(tmp_path / "file.pcapng", segments(sent), (tmp_path / "log").read_bytes())
    (disk / "ballast").write_bytes(bytes(SPACE - 8192))
    said = fill(path, "--decrypt", "--write-plaintext", disk / "out.pcapng")
    assert f"{disk}/out.pcapng: {FULL}" in said
