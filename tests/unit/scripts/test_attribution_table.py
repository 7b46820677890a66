"""docs/attribution.md is what the scenarios have shown: those that there are, on the backends that there are."""

from ptcpdump.kernel.traits import BACKENDS
from tests.live.attribution import SCENARIOS, recording, table
from tests.live.attribution.scenario import Verdict


def test_backends() -> None:
    assert set(recording.BACKENDS) == set(BACKENDS)


def test_document_is_of_these_scenarios() -> None:
    rows = table.rows_of(table.DOCUMENT.read_text())
    assert list(rows) == [each.title for each in SCENARIOS], "run `make attribution`"
    for each in SCENARIOS:
        for backend, text in zip(recording.BACKENDS, rows[each.title], strict=True):
            word = text.partition(" (")[0]
            assert word in table.WORDS
            assert word != table.WRONG
            assert (word == table.UNSEEN) == (backend in each.unseen)
            assert word == table.RIGHT or backend in {*each.unknown, *each.unseen}


def test_reasons_are_those_of_the_scenarios() -> None:
    text = table.DOCUMENT.read_text()
    known = {reason for each in SCENARIOS for reason in each.unknown.values()}
    said = {line.partition(". ")[2] for line in text.splitlines() if line[:1].isdigit()}
    assert said <= known


def test_cells() -> None:
    assert [table.cell(verdict) for verdict in (
        None, Verdict(right=3), Verdict(right=1, unknown=1), Verdict(unknown=1), Verdict(right=9, wrong=1),
    )] == [table.UNSEEN, table.RIGHT, table.PARTLY, table.UNKNOWN, table.WRONG]
