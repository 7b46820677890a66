"""What all tests share: where the corpus is, and the list of skipped tests at the end of a run."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

# a run in the background of a shell starts with it ignored, and so would every command that is to be ended by it
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of captures that lies beside the repository, or where PTCPDUMP_CORPUS says."""
    path = Path(os.environ.get("PTCPDUMP_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not path.is_dir():
        pytest.skip(f"no corpus of captures at {path} (PTCPDUMP_CORPUS names another place)")
    return path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With several workers (pytest -n 2), one of them has all that work on the host itself, in turn.

    Devices, cgroups, container runtimes and the loopback interface are there once; other modules run beside them.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneForTheHost(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "live" if nodeid.startswith("tests/live/") else nodeid.partition("::")[0]

    return OneForTheHost(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List why tests were skipped, and how many."""
    reasons: Counter[tuple[Path, str]] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        where, _, reason = report.longrepr
        folder = Path(where).relative_to(ROOT) if Path(where).is_relative_to(ROOT) else Path(where)
        reasons[folder.parent, reason.removeprefix("Skipped: ")] += 1
    if reasons:
        terminalreporter.section("skipped tests")
        for (folder, reason), count in sorted(reasons.items()):
            terminalreporter.line(f"{count:5}  {folder}: {reason}")
