"""What the scenarios have shown, as docs/attribution.md: a row each, a column for each backend.

Written by ``make attribution``, from verdicts alone; a test in ``tests/unit/scripts`` holds the document against the
list of scenarios.
"""

from pathlib import Path

from tests.live.attribution.recording import BACKENDS
from tests.live.attribution.scenario import Scenario, Verdict

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/attribution.md"
RIGHT, PARTLY, UNKNOWN, WRONG, UNSEEN = "right", "right or unknown", "unknown", "WRONG", "not seen"
WORDS = (RIGHT, PARTLY, UNKNOWN, WRONG, UNSEEN)

HEAD = """\
# Whose packets: what is known, and where

Written by `make attribution`; not by hand. Each row is a scenario of `tests/live/attribution`, played by real processes
that know themselves what they send and receive, and captured by all backends at once. What each packet was shown as
is held against that truth:

- *right*: the process (or the kernel, for sockets of its own) that the packet belongs to, on all packets;
- *unknown*: nobody is named, or the process at the other end, marked as `(peer)`;
- *wrong*: anybody else. No cell says that.

Seen on Linux {kernel}; what older kernels can't tell stands in the README under "What it needs".

"""


def cell(verdict: Verdict | None) -> str:
    """What a backend has shown of a scenario; None: it does not see such packets."""
    if verdict is None:
        return UNSEEN
    if verdict.wrong:
        return WRONG
    if not verdict.unknown:
        return RIGHT
    return PARTLY if verdict.right else UNKNOWN


def document(kernel: str, rows: list[tuple[Scenario, dict[str, Verdict | None]]]) -> str:
    """The text of the document. Reasons of cells that are not "right" stand below the table, each once."""
    reasons: list[str] = []
    lines = ["| | " + " | ".join(f"`{backend}`" for backend in BACKENDS) + " |", "|---" * (len(BACKENDS) + 1) + "|"]
    for scenario, verdicts in rows:
        cells = []
        for backend in BACKENDS:
            word = cell(verdicts[backend])
            reason = scenario.unknown.get(backend, "") if word in (PARTLY, UNKNOWN) else ""
            if reason and reason not in reasons:
                reasons.append(reason)
            cells.append(f"{word} ({reasons.index(reason) + 1})" if reason else word)
        lines.append(f"| {scenario.title} | " + " | ".join(cells) + " |")
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return HEAD.format(kernel=kernel) + "\n".join(lines) + "\n\nNot known is:\n\n" + "\n".join(notes) + "\n"


def rows_of(text: str) -> dict[str, list[str]]:
    """The document read back: the cells of each scenario, by its title."""
    rows = {}
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| |"):
            title, *cells = (part.strip() for part in line.strip("| ").split(" | "))
            rows[title] = cells
    return rows
