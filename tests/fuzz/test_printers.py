"""Every printer family survives any bytes: no crash, no hang, bounded text without control characters.

PTCPDUMP_FUZZ_INPUTS is the number of inputs of the whole run, PTCPDUMP_FUZZ_SEED what they are made from. Seeds are the
project's golden captures, and the corpus where it is there.
"""

import os
from pathlib import Path

import pytest
from outcome import run

from ptcpdump.printers.base.registry import PRINTERS

HERE = Path(__file__).parent
TARGETS = sorted({row.printer.partition(":")[0] for row in PRINTERS})
INPUTS = int(os.environ.get("PTCPDUMP_FUZZ_INPUTS", "210000"))
SEED = os.environ.get("PTCPDUMP_FUZZ_SEED", "1")
TIMEOUT = 60 + INPUTS // len(TARGETS) // 100      # seconds: a hundred inputs a second are reached by any machine


@pytest.mark.parametrize("family", TARGETS)
def test_family(family: str, tmp_path: Path) -> None:
    inputs = INPUTS // len(TARGETS) + 1
    assert run("worker.py", TIMEOUT, tmp_path / "trace", family, SEED, str(inputs)) == inputs


def test_families_in_turn(tmp_path: Path) -> None:
    """In one process, so that none leaves anything behind that another stumbles over."""
    inputs = INPUTS // 50 + 1
    assert run("worker.py", TIMEOUT, tmp_path / "trace", "all", SEED, str(inputs)) == inputs


def test_past_crashes(tmp_path: Path) -> None:
    assert run("worker.py", TIMEOUT, tmp_path / "trace", "--replay", str(HERE / "crashes.jsonl")) > 0
