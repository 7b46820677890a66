"""Following a daemon: each fault is told once and costs that daemon alone."""

import threading
from collections.abc import Callable, Iterable
from types import SimpleNamespace

import pytest

from ptcpdump.context.containers import source as module
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.places import Place
from ptcpdump.context.containers.runtimes import BY_NAME
from ptcpdump.context.containers.source import Runtime, RuntimeFailure, Source
from ptcpdump.context.model import Container

LIMIT = 10
ID = "a" * 64


class Daemon(Runtime):
    """A runtime whose list and events the test decides."""

    def __init__(self, lists: Iterable[object], events: Callable[[], Iterable[Entry | None]] = tuple,
                 **endpoint: object) -> None:
        self.lists = iter(lists)
        self.events = events
        bounds = SimpleNamespace(entries=3, pace=50)
        self.endpoint = SimpleNamespace(**{"speaker": 0, "shares_pids": True, "bounds": bounds, "begin_look": tuple,
                                           **endpoint})

    def containers(self) -> list[Entry]:
        found = next(self.lists)
        if isinstance(found, Exception):
            raise found
        return found

    def events(self) -> Iterable[Entry | None]:
        """The test's own function takes its place."""

    def close(self) -> None:
        """Nothing is open."""


class Follower:
    """A source of one daemon, and what came of it."""

    def __init__(self, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("_RETRY", "_RETRY_MOST", "_BREATH"):
            monkeypatch.setattr(module, name, 0.001)
        self.lists: list[list[Entry]] = []
        self.learnt: list[Entry] = []
        self.said: list[str] = []
        self.came = threading.Semaphore(0)
        self.source = Source(Place(BY_NAME["Docker"], "x"), lambda _: daemon, self.take, self.learn, self.said.append)
        self.source.start()

    def take(self, name: str, entries: list[Entry]) -> None:
        self.lists.append(entries)
        self.came.release()

    def learn(self, name: str, entry: Entry) -> None:
        self.learnt.append(entry)
        self.came.release()

    def wait(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.came.acquire(timeout=LIMIT)


def entries(count: int) -> list[Entry]:
    return [Entry(Container(f"{number:064x}"), 0, pid=7) for number in range(count)]


def alternating(texts: Iterable[str]) -> Iterable[object]:
    for text in texts:
        yield RuntimeFailure(text)
        yield entries(1)


def test_a_fault_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it comes and goes."""
    follower = Follower(Daemon(alternating(["no"] * 20), lambda: [None]), monkeypatch)
    follower.wait(20)
    follower.source.stop()
    assert len([text for text in follower.said if "Docker at x: no; its containers may lack" in text]) == 1


def test_inventing_faults_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    follower = Follower(Daemon(alternating(map(str, range(100))), lambda: [None]), monkeypatch)
    follower.wait(50)
    follower.source.stop()
    assert len(follower.said) <= 8


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError(), UnicodeError("x"), TypeError("y")])
def test_nothing_else_suffers(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    follower = Follower(Daemon([error, entries(1)]), monkeypatch)
    follower.wait()
    follower.source.stop()
    assert len(follower.said) == 1


def test_long_lists_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    follower = Follower(Daemon([entries(5)]), monkeypatch)
    follower.wait()
    follower.source.stop()
    assert [len(found) for found in follower.lists] == [3]
    assert any("lists more than 3 containers" in text for text in follower.said)


def test_each_list_begins_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What answers may have together is granted anew, before any is asked for."""
    begun: list[int] = []
    seen: list[int] = []

    def lists() -> Iterable[list[Entry]]:
        while True:
            seen.append(len(begun))
            yield entries(1)

    follower = Follower(Daemon(lists(), lambda: [None], begin_look=lambda: begun.append(1)), monkeypatch)
    follower.wait(3)
    follower.source.stop()
    assert seen[:3] == [1, 2, 3]


def test_who_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Entry(Container(ID), 0, pid=8)
    follower = Follower(Daemon([entries(1)] * 9, lambda: [told], speaker=1000, shares_pids=False), monkeypatch)
    follower.wait(2)
    follower.source.stop()
    for entry in (*follower.lists[0], *follower.learnt):
        assert (entry.speaker, entry.runtime, entry.pid) == (1000, "Docker", 0)


def test_a_flood_of_events_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's own buffers fill up, not our memory."""
    taken = 0

    def flood() -> Iterable[None]:
        nonlocal taken
        while True:
            taken += 1
            yield None

    follower = Follower(Daemon([entries(1)] * 10_000, flood), monkeypatch)
    follower.wait()
    threading.Event().wait(0.5)     # a moment in which millions would be taken
    follower.source.stop()
    assert taken <= 100


@pytest.mark.parametrize("speaker", [0, 1000])
def test_a_users_daemon_gets_a_small_share_of_a_processor(monkeypatch: pytest.MonkeyPatch, speaker: int) -> None:
    """However much its lists give us to do: ten times as long it is left alone. That is not so for the system's."""
    monkeypatch.setattr(module, "_BREATH", 0.0)
    ended, rests = threading.Event(), []
    busy = [0.0]        # what the clock of the thread shows

    class Busy(Daemon):
        def containers(self) -> list[Entry]:
            busy[0] += 0.002
            if busy[0] > 0.02:
                ended.set()
            found.poke()
            return entries(1)

    monkeypatch.setattr(module.time, "thread_time", lambda: busy[0])
    found = Source(Place(BY_NAME["Docker"], "x"), lambda _: Busy([], speaker=speaker), lambda *_: None,
                   lambda *_: None, print)
    wait = found._stop.wait
    monkeypatch.setattr(found._stop, "wait", lambda seconds: (rests.append(seconds), wait(0))[1])
    found.start()
    assert ended.wait(LIMIT)
    found.stop()
    assert {round(rest, 3) for rest in rests if rest < 1} == ({0.02} if speaker else {0.0})
