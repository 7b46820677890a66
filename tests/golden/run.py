"""How a golden test prints a savefile: through the real command, as tcpdump's own suite does it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OWN = HERE / "captures"


def printed(savefile: Path, flags: str) -> bytes:
    """Standard output of `ptcpdump -# -n -r savefile -tttt flags`, times in UTC."""
    command = [sys.executable, "-m", "ptcpdump", "-#", "-n", "-r", str(savefile), "-tttt", *shlex.split(flags)]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"TZ": "GMT0"}, timeout=60)
    if done.returncode:
        raise AssertionError(f"{shlex.join(command)} failed with {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def text_file(name: str, flags: str) -> Path:
    """Where the expected text of one of our own captures lies."""
    suffix = "".join(flags.split()).replace("-", "_")
    return OWN / f"{name}{suffix}.txt"
