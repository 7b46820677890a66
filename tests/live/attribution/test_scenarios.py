"""All scenarios on all backends: no packet is anybody's whose it is not, and only what can't be known is unknown."""

from collections.abc import Iterator

import pytest

from tests.live.attribution import SCENARIOS
from tests.live.attribution.scenario import BACKENDS, Expected, Scenario, Stage, Verdict
from tests.live.harness import Link, needs_privileges, veth_pair

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x16) as pair:
        yield pair


@pytest.fixture(scope="module")
def played(link: Link, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Stage, list[Expected]]]:
    """Scenarios that have been played, once for all backends."""
    return {}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_owners(scenario: Scenario, backend: str, link: Link, played: dict[str, tuple[Stage, list[Expected]]],
                tmp_path_factory: pytest.TempPathFactory, record_property: object) -> None:
    if scenario.name not in played:
        stage = Stage(link, tmp_path_factory.mktemp(scenario.name))
        played[scenario.name] = stage, scenario.play(stage)
    stage, expected = played[scenario.name]
    if backend in scenario.unseen:
        return
    verdict = Verdict().judge(stage.packets[backend], expected)
    text = "\n".join(verdict.lines)
    assert not verdict.wrong, text
    assert not verdict.missing, f"{verdict.missing} packets were not seen:\n" + "\n".join(
        f"{p.direction} {p.line}" for p in stage.packets[backend])
    assert not verdict.unknown or backend in scenario.unknown, text
