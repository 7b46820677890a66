"""Who reads from us: one that has stopped reading, one that leaves."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import COMMAND, LIMIT, Link, needs_privileges, veth_pair
from tests.live.test_many_devices import eventually

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def busy() -> Iterator[Link]:
    """A link on which something passes all the time."""
    with veth_pair(52) as pair, subprocess.Popen(
            ["ping", "-q", "-i", "0.002", "-s", "1000", pair.peer4], stdout=subprocess.DEVNULL) as sender:
        yield pair
        sender.terminate()


@pytest.mark.parametrize("flags", [["-n"], ["-w", "-"], ["--json"]], ids=" ".join)
def test_the_second_request_to_stop_waits_for_no_reader(busy: Link, flags: list[str]) -> None:
    """A pager, or a program that was stopped: the first ^C leaves it the time to read, the second one does not."""
    words = [*COMMAND, "-i", busy.here, *flags, "icmp"]
    reader, writer = os.pipe()
    with subprocess.Popen(words, stdout=writer, stderr=subprocess.PIPE) as process:
        try:
            assert eventually(lambda: "pipe_w" in Path(f"/proc/{process.pid}/wchan").read_text())    # it is full
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 130
        finally:
            process.kill()
            os.close(reader)
            os.close(writer)


@pytest.mark.parametrize("flags", [[], ["--print"], ["-C", "1m"]], ids=" ".join)
def test_a_reader_that_leaves(busy: Link, tmp_path: Path, flags: list[str]) -> None:
    """It has what it wanted; how many packets there were is said all the same."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    words = [*COMMAND, "-i", busy.here, "-w", fifo, *flags, "icmp"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        with fifo.open("rb", buffering=0) as reader:
            assert reader.read(1)
        _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert "packets captured\n" in said
