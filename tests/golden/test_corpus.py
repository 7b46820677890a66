"""tcpdump's own test captures, through the command, byte for byte. The score of each category ends the run."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

OWN_TIMES = "SPECIAL_t"  # the test chooses the time format itself


def rows() -> list[dict[str, str]]:
    root = Path(os.environ.get("PTCPDUMP_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    table = root / "tcpdump" / "TESTS.tsv"
    if not table.exists():
        return []
    with table.open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = rows()


def test_corpus_is_there(corpus: Path) -> None:
    assert ROWS


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_text_is_tcpdumps(row: dict[str, str], corpus: Path, record_property) -> None:
    record_property("category", row["category"])
    folder = corpus / "tcpdump"
    arguments = row["args"].split()
    time = [] if OWN_TIMES in arguments else ["-tttt"]
    arguments = [argument for argument in arguments if argument != OWN_TIMES]
    command = [sys.executable, "-m", "ptcpdump", "-#", "-n", "-r", str(folder / row["input"]), *time, *arguments]
    run = subprocess.run(command, env={**os.environ, "TZ": "GMT0"}, capture_output=True, timeout=60, check=False)
    expected = (folder / row["output"]).read_bytes()
    assert run.returncode == 0, run.stderr.decode()
    assert run.stdout.decode(errors="replace") == expected.decode(errors="replace")
    assert run.stdout == expected
