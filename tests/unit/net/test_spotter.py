"""When namespaces are looked for: once a process is seen in a new one, and soon after one may have gone."""

import pytest

from ptcpdump.net import spotter
from ptcpdump.net.netns import Namespace, own_namespace

OTHER = 4_000_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(spotter.time, "monotonic", lambda: now[0])
    return now


def looked(clock: list[float], *inodes: int) -> spotter.NamespaceSpotter:
    watch = spotter.NamespaceSpotter()
    watch.looked([Namespace(inode) for inode in inodes])
    clock[0] += 0.5
    assert not watch.due()
    return watch


def test_our_own_namespace_is_never_news(clock: list[float]) -> None:
    watch = looked(clock)
    for ended in (False, True):
        watch.on_event(own_namespace().inode, ended)
        watch.on_event(0, ended)    # a process whose namespaces are gone
    assert not watch.due()


def test_a_new_one_is_looked_for_at_once(clock: list[float]) -> None:
    watch = looked(clock)
    watch.on_event(OTHER, False)
    assert watch.due()
    watch.looked([Namespace(OTHER)])
    watch.on_event(OTHER, False)
    assert not watch.due()


def test_however_many_there_are_time_passes_between(clock: list[float]) -> None:
    watch = looked(clock)
    watch.looked([])
    watch.on_event(OTHER, False)
    assert not watch.due()
    clock[0] += 0.11
    assert watch.due()


def test_a_start_that_takes_long_delays_nothing(clock: list[float]) -> None:
    watch = spotter.NamespaceSpotter()
    clock[0] += 2
    watch.looked([], again=1)
    watch.on_event(OTHER, False)
    clock[0] += 0.11
    assert watch.due()


def test_an_end_is_looked_after_within_a_second(clock: list[float]) -> None:
    watch = looked(clock, OTHER)
    watch.on_event(OTHER, True)
    assert not watch.due()
    clock[0] += 0.5
    assert watch.due()


def test_one_that_came_and_went_between_is_new_again(clock: list[float]) -> None:
    watch = looked(clock)
    watch.on_event(OTHER, False)
    watch.looked([])
    clock[0] += 0.2
    watch.on_event(OTHER, False)
    assert watch.due()


def test_without_news_a_look_is_rare(clock: list[float]) -> None:
    watch = looked(clock)
    clock[0] += 9
    assert not watch.due()
    clock[0] += 1
    assert watch.due()
