"""What can't be known of owners stands in one table, and everywhere else by it."""

from pathlib import Path

import pytest

from ptcpdump.kernel.loading import probes
from ptcpdump.kernel.owners import unknown
from ptcpdump.kernel.traits import BACKENDS
from tests.live.attribution import SCENARIOS

ROOT = Path(__file__).parents[3]


def test_readme_holds_the_table() -> None:
    assert unknown.markdown() in (ROOT / "README.md").read_text(), "run `make readme`"


def test_what_no_kernel_knows_is_what_scenarios_have_shown() -> None:
    reasons = {(backend, what) for each in SCENARIOS for backend, what in each.unknown.items()}
    unseen = {backend for each in SCENARIOS for backend in each.unseen}
    for each in unknown.UNKNOWN:
        for backend in each.backends if each.before is None else ():
            assert backend is BACKENDS[backend.name]
            assert (backend.name, each.what) in reasons or (each is unknown.UNSEEN and backend.name in unseen) \
                    or each is unknown.CROWDED      # tests/live/attribution/test_crowded.py


@pytest.mark.parametrize(("version", "more"), [
    ((6, 18), 0), ((6, 9), 1), ((6, 2), 2), ((5, 17), 3), ((5, 15), 5), ((5, 10), 7),
])  # fmt: skip
def test_older_kernels_know_less(version: tuple[int, int], more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "programs_version", lambda: version)
    always = [each for each in unknown.UNKNOWN if each.before is None]
    assert unknown.here()[:len(always)] == always
    assert len(unknown.here()) == len(always) + more
