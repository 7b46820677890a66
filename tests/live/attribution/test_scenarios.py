"""All scenarios on all backends: no packet is anybody's whose it is not, and only what can't be known is unknown.

With PTCPDUMP_ATTRIBUTION=1 in the environment the verdicts become docs/attribution.md (`make attribution`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.live.attribution import SCENARIOS, table
from tests.live.attribution.scenario import BACKENDS, Expected, Scenario, Stage, Verdict
from tests.live.harness import Link, needs_privileges, veth_pair

pytestmark = needs_privileges


@dataclass
class Played:
    """What is known of scenarios that have been played: once each, for all backends."""

    stages: dict[str, tuple[Stage, list[Expected]]] = field(default_factory=dict)
    verdicts: dict[str, dict[str, Verdict | None]] = field(default_factory=dict)

    def rows(self) -> list[tuple[Scenario, dict[str, Verdict | None]]]:
        """For the table; all or none."""
        return [(scenario, self.verdicts[scenario.name]) for scenario in SCENARIOS]


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x16) as pair:
        yield pair


@pytest.fixture(scope="module")
def played(link: Link) -> Iterator[Played]:
    """Writes the table once all is played."""
    everything = Played()
    yield everything
    if os.environ.get("PTCPDUMP_ATTRIBUTION"):
        kernel = ".".join(os.uname().release.split(".")[:2])
        table.DOCUMENT.write_text(table.document(kernel, everything.rows()))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_owners(scenario: Scenario, backend: str, link: Link, played: Played,
                tmp_path_factory: pytest.TempPathFactory) -> None:
    if scenario.name not in played.stages:
        stage = Stage(link, tmp_path_factory.mktemp(scenario.name))
        played.stages[scenario.name] = stage, scenario.play(stage)
    stage, expected = played.stages[scenario.name]
    verdicts = played.verdicts.setdefault(scenario.name, {})
    verdicts[backend] = None
    if backend in scenario.unseen:
        return
    verdict = verdicts[backend] = Verdict().judge(stage.packets[backend], expected)
    text = "\n".join(verdict.lines)
    assert not verdict.wrong, text
    assert not verdict.missing, f"{verdict.missing} packets were not seen:\n" + "\n".join(
        f"{p.direction} {p.line}" for p in stage.packets[backend])
    assert not verdict.unknown or backend in scenario.unknown, text
