"""The matrix of all kernels that were run, at the end: what docs/kernels.md has."""

import pytest

from tests.kernels import matrix

FOUND = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FOUND] = {}


@pytest.fixture
def found(pytestconfig: pytest.Config) -> dict[str, str]:
    """What matrix.main() has printed, by kernel."""
    return pytestconfig.stash[FOUND]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[FOUND]:
        terminalreporter.section("what each backend sees, and whose it says that is")
        for line in matrix.table(config.stash[FOUND]):
            terminalreporter.line(line)
