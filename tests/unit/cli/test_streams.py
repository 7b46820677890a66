"""Standard streams that were closed before the start: nothing of ours takes their place."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from savefiles import UDP, UDP_TEXT, pcap

COMMAND = [sys.executable, "-m", "ptcpdump"]
CLOSED = [" ".join(some) for n in range(4) for some in itertools.combinations(("0<&-", "1>&-", "2>&-"), n)]


def run(closed: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command line with some streams closed; what the others said."""
    return subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "x.pcap").write_bytes(pcap([(1, UDP)]))
    return tmp_path / "x.pcap"


@pytest.mark.parametrize("closed", CLOSED)
def test_files_are_what_they_are_otherwise(path: Path, tmp_path: Path, closed: str) -> None:
    done = run(closed, "-r", path, "-w", tmp_path / "copy.pcap")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "copy.pcap").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("closed", CLOSED)
def test_text(path: Path, tmp_path: Path, closed: str) -> None:
    """It goes to standard output or nowhere, not into a file that got its number."""
    done = run(closed, "-n", "-t", "-r", path, "--print", "-w", tmp_path / "copy.pcap")
    assert (tmp_path / "copy.pcap").read_bytes() in (path.read_bytes(), path.read_bytes()[:24])
    if "1>&-" not in closed:
        assert (done.returncode, done.stdout) == (0, f"{UDP_TEXT}\n")
        return
    assert done.returncode == 1
    if "2>&-" not in closed:
        assert "standard output: can't write: Bad file descriptor" in done.stderr


@pytest.mark.parametrize("words", [["--version"], ["-h"], ["-r", "FILE", "--count"]], ids=" ".join)
def test_what_was_asked_for_has_nowhere_to_go(path: Path, words: list[str]) -> None:
    done = run("1>&-", *(path if word == "FILE" else word for word in words))
    assert done.returncode == 1
    assert "standard output is closed: there is nowhere to print to" in done.stderr


@pytest.mark.parametrize("words", [["-r", "-"], ["-V", "-"], ["-F", "-", "-d"], ["sql", "select 1", "-"]],
                         ids=" ".join)
def test_what_was_to_be_read_is_nowhere(words: list[str]) -> None:
    done = run("0<&-", *words)
    assert done.returncode in (1, 2) and done.stdout == ""
    assert "standard input is closed" in done.stderr and "internal error" not in done.stderr
