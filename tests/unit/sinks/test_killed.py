"""SIGKILL while files are written: what was written before can be read, by others, too."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from json_lines import COMMAND
from savefiles import UDP, pcap

import ptcpdump
from ptcpdump.errors import SavefileError

FILE = pcap([(n, UDP[:-2] + n.to_bytes(2)) for n in range(60000)])
EACH = 16 + len(UDP)            # bytes of a packet in it
GZIP, ZSTD = ["--compress", "gzip"], ["--compress", "zstd"]


class Fed:
    """A command that reads a pipe, to which packets are written until something holds; it is killed at the end."""

    def __init__(self, folder: Path, *words: object, output: object = subprocess.DEVNULL) -> None:
        os.mkfifo(folder / "fifo")
        self._pipe = os.open(folder / "fifo", os.O_RDWR | os.O_NONBLOCK)      # waits for nobody
        self._process = subprocess.Popen([*COMMAND, "-n", "-r", folder / "fifo", *map(str, words)], stdout=output,
                                         stderr=subprocess.DEVNULL)
        self._written = 0

    def __enter__(self) -> "Fed":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._pipe)

    def write(self, packets: int) -> None:
        end = min(len(FILE), max(24, self._written) + packets * EACH)
        while self._written < end:
            with contextlib.suppress(BlockingIOError):
                self._written += os.write(self._pipe, FILE[self._written:end])
                continue
            self._pause()

    def until(self, holds: Callable[[], object], packets: int = 0) -> None:
        """Write so many at a time, with or without any, until it holds."""
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end
            self.write(packets)
            self._pause()

    def _pause(self) -> None:
        assert self._process.poll() is None
        time.sleep(0.01)


def numbers(path: Path) -> list[int]:
    """Of the packets of a file, which may lack its end, or even its beginning."""
    return list(_numbers(path))


def _numbers(path: Path) -> Iterator[int]:
    with contextlib.suppress(SavefileError), ptcpdump.open(path) as packets:
        for each in packets:
            yield int.from_bytes(each.data[-2:])


def files(folder: Path) -> list[Path]:
    """Those of a rotation in the order in which they were written."""
    return sorted(folder.glob("out*"), key=lambda path: int(path.name.removeprefix("out") or 0))


def in_all(paths: Iterable[Path]) -> list[int]:
    return [number for path in paths for number in numbers(path)]


@pytest.mark.parametrize("flags", [[], ["-U"], GZIP, [*ZSTD, "-U"]])
@pytest.mark.parametrize("name", ["out.pcap", "out"])
def test_one_file(tmp_path, name, flags):
    """The kernel may end a large write in its middle, so that the last packet is cut: all before it can be read."""
    path = tmp_path / name
    with Fed(tmp_path, "-w", path, *flags) as fed:
        fed.until(lambda: path.exists() and path.stat().st_size > 20000, 500)
    found = numbers(path)
    assert found == list(range(len(found))) and len(found) > 100
    shown = subprocess.run(["tshark", "-nr", path], check=False, capture_output=True, text=True)
    assert len(shown.stdout.splitlines()) == len(found)


@pytest.mark.parametrize("flags", [GZIP, ZSTD])
def test_few_packets_leave_the_compressor_soon(tmp_path, flags):
    """Whoever captures for days what comes once an hour loses the last second, not the last week."""
    path = tmp_path / "out"
    with Fed(tmp_path, "-w", path, *flags) as fed:
        for count in (3, 5):
            fed.write(count)
            fed.until(lambda path=path, count=count: len(numbers(path)) >= count)
    assert numbers(path) == list(range(8))


@pytest.mark.parametrize("flags", [[], GZIP, ZSTD])
@pytest.mark.parametrize("rotation", [["-C", "20k"], ["-G", "1", "-W", "99"]])
def test_rotation(tmp_path, rotation, flags):
    """No packet is lost or doubled where one file ends and the next begins."""
    with Fed(tmp_path, "-w", tmp_path / ("out%s" if "-G" in rotation else "out"), *rotation, *flags) as fed:
        fed.until(lambda: len(files(tmp_path)) >= (2 if "-G" in rotation else 6), 20)
    found = in_all(files(tmp_path))
    assert found == list(range(len(found)))
    assert len(numbers(files(tmp_path)[0])) > 50


def test_json(tmp_path):
    """Every line but the last is whole."""
    path = tmp_path / "out"
    with path.open("wb") as output, Fed(tmp_path, "--json", output=output) as fed:
        fed.until(lambda: path.stat().st_size > 1000000, 500)
    lines = path.read_bytes().split(b"\n")[:-1]
    dates = [json.loads(line)["@timestamp"] for line in lines]
    assert len(set(dates)) == len(dates) > 1000
    assert dates == sorted(dates) and dates[0].startswith("1970-01-01T00:00:00")


def test_parquet(tmp_path):
    """What was finished is whole, what was not has another name."""
    from pyarrow import parquet

    with Fed(tmp_path, "--parquet", f"{tmp_path}/lake/", "-G", "1") as fed:
        fed.until(lambda: any(tmp_path.glob("lake/*/*/*.parquet")), 50)
        fed.until(lambda: any(tmp_path.glob("lake/*/*/.*.unfinished")), 50)
    (whole,) = tmp_path.glob("lake/*/*/*.parquet")
    seconds = [moment.as_py().timestamp() for moment in parquet.ParquetFile(whole).read()["@timestamp"]]
    assert seconds == list(range(len(seconds)))
