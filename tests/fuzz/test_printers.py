"""Every printer family survives any bytes: no crash, no hang, bounded text without control characters.

PTCPDUMP_FUZZ_INPUTS is the number of inputs of the whole run, PTCPDUMP_FUZZ_SEED what they are made from. Seeds are the
project's golden captures, and the corpus where it is there.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ptcpdump.printers.base.registry import PRINTERS

HERE = Path(__file__).parent
TARGETS = sorted({row.printer.partition(":")[0] for row in PRINTERS})
INPUTS = int(os.environ.get("PTCPDUMP_FUZZ_INPUTS", "210000"))
SEED = os.environ.get("PTCPDUMP_FUZZ_SEED", "1")
TIMEOUT = 60 + INPUTS // len(TARGETS) // 100      # seconds: a hundred inputs a second are reached by any machine


def run(trace: Path, *arguments: str) -> int:
    """Run the worker; fails with the input that it died of."""
    worker = subprocess.Popen(
        [sys.executable, str(HERE / "worker.py"), *arguments, str(trace)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = worker.communicate(timeout=TIMEOUT)
        fate = signal.Signals(-worker.returncode).name if worker.returncode < 0 else f"status {worker.returncode}"
    except subprocess.TimeoutExpired:
        worker.kill()
        out, err = worker.communicate()
        fate = f"no end after {TIMEOUT} s"
    if worker.returncode == 0:
        return int(out)
    last = trace.read_bytes().partition(b"\0")[0].decode() if trace.exists() else ""
    trace.with_suffix(".json").write_text(last + "\n")
    pytest.fail(
        f"{' '.join(arguments)}: {fate}\n{err[-2000:]}\n"
        f"input, also in {trace.with_suffix('.json')} (add it to {HERE / 'crashes.jsonl'}):\n{last[:4000]}")


@pytest.mark.parametrize("family", TARGETS)
def test_family(family: str, tmp_path: Path) -> None:
    inputs = INPUTS // len(TARGETS) + 1
    assert run(tmp_path / "trace", family, SEED, str(inputs)) == inputs


def test_past_crashes(tmp_path: Path) -> None:
    assert run(tmp_path / "trace", "--replay", str(HERE / "crashes.jsonl")) > 0
