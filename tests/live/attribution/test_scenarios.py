"""All scenarios on all backends: no packet is anybody's whose it is not, and only what can't be known is unknown.

With PTCPDUMP_ATTRIBUTION=1 in the environment the verdicts become docs/attribution.md (`make attribution`).
"""

import contextlib
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import pytest

from ptcpdump import Packet
from ptcpdump.kernel.loading.probes import kernel_version
from tests.live.attribution import SCENARIOS, table
from tests.live.attribution.recording import BACKENDS, LOOPBACK, Recording, recordings
from tests.live.attribution.scenario import Expected, Scenario, Stage, Verdict
from tests.live.harness import Link, needs_privileges, veth_pair

pytestmark = needs_privileges

PLAYED = [scenario for scenario in SCENARIOS if kernel_version() >= scenario.since]
PATIENCE = 10       # seconds that the last packets of a scenario may be on their way


@dataclass
class Played:
    """What is known of scenarios that have been played: once each, for all backends."""

    link: Link
    places: dict[str, Recording]
    begun: dict[str, Generator[None, None, list[Expected]]]
    results: dict[str, tuple[dict[str, list[Packet]], list[Expected]] | Exception] = field(default_factory=dict)
    verdicts: dict[str, dict[str, Verdict | None]] = field(default_factory=dict)

    def result(self, scenario: Scenario) -> tuple[dict[str, list[Packet]], list[Expected]]:
        """The packets of each backend, and what is expected of them; plays the scenario if it has not been played."""
        if scenario.name not in self.results:
            try:
                self.results[scenario.name] = self._play(scenario)
            except Exception as error:
                self.results[scenario.name] = error
        result = self.results[scenario.name]
        if isinstance(result, Exception):
            raise result
        return result

    def _play(self, scenario: Scenario) -> tuple[dict[str, list[Packet]], list[Expected]]:
        place = self.places[scenario.where]
        place.take()        # what others have left
        expected = finish(self.begun.pop(scenario.name, None) or scenario.begin(Stage(self.link)))
        packets: dict[str, list[Packet]] = {backend: [] for backend in BACKENDS}
        limit = time.monotonic() + PATIENCE
        while True:
            for backend, piece in place.take().items():
                packets[backend] += (p for p in piece if (p.interface.name == "lo") == (scenario.where == LOOPBACK))
            seen = (backend in scenario.unseen or Verdict.all_seen(packets[backend], expected) for backend in BACKENDS)
            if all(seen) or time.monotonic() > limit:
                return packets, expected

    def rows(self) -> list[tuple[Scenario, dict[str, Verdict | None]]]:
        """For the table; all or none."""
        return [(scenario, self.verdicts[scenario.name]) for scenario in PLAYED]


def finish(steps: Generator[None, None, list[Expected]]) -> list[Expected]:
    """What a scenario returns at its end."""
    try:
        next(steps)
    except StopIteration as end:
        return list(end.value)
    raise AssertionError("a scenario has one step before the captures at most")


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """Writes the table once all is played."""
    with contextlib.ExitStack() as stack:
        link = stack.enter_context(veth_pair(0x16))
        begun = {}
        for scenario in PLAYED:
            if scenario.begins_early:
                begun[scenario.name] = stack.enter_context(contextlib.closing(scenario.begin(Stage(link))))
                next(begun[scenario.name])
        everything = Played(link, stack.enter_context(recordings(link)), begun)
        yield everything
    if os.environ.get("PTCPDUMP_ATTRIBUTION"):
        kernel = ".".join(os.uname().release.split(".")[:2])
        table.DOCUMENT.write_text(table.document(kernel, everything.rows()))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("scenario", PLAYED, ids=lambda scenario: scenario.name)
def test_owners(scenario: Scenario, backend: str, played: Played) -> None:
    packets, expected = played.result(scenario)
    verdicts = played.verdicts.setdefault(scenario.name, {})
    verdicts[backend] = None
    if backend in scenario.unseen:
        return
    verdict = verdicts[backend] = Verdict().judge(packets[backend], expected)
    text = "\n".join(verdict.lines)
    assert not verdict.wrong, text
    assert not verdict.missing, f"{verdict.missing} packets were not seen:\n" + "\n".join(
        f"{p.direction} {p.line}" for p in packets[backend])
    assert not verdict.unknown or backend in scenario.unknown, text
