"""Whatever processes, containers and pods are called: it is shown on a line, forges nothing, and reads back.

PTCPDUMP_FUZZ_INPUTS and PTCPDUMP_FUZZ_SEED are those of the printers' run; a thirtieth of its inputs is used here.
"""

import os
from pathlib import Path

from outcome import run

INPUTS = int(os.environ.get("PTCPDUMP_FUZZ_INPUTS", "210000")) // 30 + 1
SEED = os.environ.get("PTCPDUMP_FUZZ_SEED", "1")
TIMEOUT = 60 + INPUTS // 100


def test_owners(tmp_path: Path) -> None:
    assert run("owner_worker.py", TIMEOUT, tmp_path / "trace", SEED, str(INPUTS)) == INPUTS
