"""The dissection into fields survives any bytes: no crash, no hang, no read outside the packet, nothing impossible.

PTCPDUMP_FUZZ_INPUTS and PTCPDUMP_FUZZ_SEED are those of the printers' run; a seventh of its inputs is used here.
"""

import os
from pathlib import Path

from outcome import run

INPUTS = int(os.environ.get("PTCPDUMP_FUZZ_INPUTS", "210000")) // 7 + 1
SEED = os.environ.get("PTCPDUMP_FUZZ_SEED", "1")
TIMEOUT = 60 + INPUTS // 100
RECORDED = Path(__file__).parent / "fields_crashes.jsonl"


def test_fields(tmp_path: Path) -> None:
    assert run("fields_worker.py", TIMEOUT, tmp_path / "trace", SEED, str(INPUTS)) == INPUTS


def test_past_crashes(tmp_path: Path) -> None:
    assert run("fields_worker.py", TIMEOUT, tmp_path / "trace", "--replay", str(RECORDED)) > 0
