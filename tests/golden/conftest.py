"""The score by category."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "category":
                    total[value] += 1
                    passed[value] += outcome == "passed"
    if total:
        terminalreporter.section("golden tests by category")
        for category in sorted(total):
            terminalreporter.line(f"{category:20} {passed[category]:4} of {total[category]}")
        terminalreporter.line(f"{'all':20} {passed.total():4} of {total.total()}")
