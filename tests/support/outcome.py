"""Fuzz runs in a process of their own, which may crash or hang."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1] / "fuzz"


def run(script: str, timeout: float, trace: Path, *arguments: str) -> int:
    """Run a worker of this folder and return the number that it prints; fails with the input that it died of.

    trace: the file that the worker writes each input to before it uses it; timeout: seconds that it may take.
    """
    worker = subprocess.Popen(
        [sys.executable, str(HERE / script), *arguments, str(trace)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = worker.communicate(timeout=timeout)
        fate = signal.Signals(-worker.returncode).name if worker.returncode < 0 else f"status {worker.returncode}"
    except subprocess.TimeoutExpired:
        worker.kill()
        out, err = worker.communicate()
        fate = f"no end after {timeout} s"
    if worker.returncode == 0:
        return int(out)
    last = trace.read_bytes().partition(b"\0")[0].decode() if trace.exists() else ""
    trace.with_suffix(".json").write_text(last + "\n")
    pytest.fail(
        f"{script} {' '.join(arguments)}: {fate}\n{err[-2000:]}\n"
        f"input, also in {trace.with_suffix('.json')} (add it to the recorded ones):\n{last[:4000]}")
