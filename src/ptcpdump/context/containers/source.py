"""A runtime that is followed in the background: listed, then listed anew whenever it says that something happened."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from ptcpdump.context.containers.entry import Entry
from ptcpdump.records import replace
from ptcpdump.threads import start_thread

if TYPE_CHECKING:
    from ptcpdump.context.containers.endpoint import Endpoint
    from ptcpdump.context.containers.places import Place

TIMEOUT = 5.0           # seconds that an answer may take
_REFRESH = 60.0         # after so many without news all is listed anew: a frozen daemon is noticed then
_RETRY = 1.0            # before a daemon that failed is asked again; doubled each time, up to the next
_RETRY_MOST = 15.0
_BREATH = 0.05          # between two lists: many events make one
_REST = 10.0            # times as long as what a user's daemon told kept us busy, until it is heard again
TOO_MUCH = "it answers with more than is accepted"
_FAULTS = 8             # different faults of a runtime that are told; a daemon may invent new ones for ever


class RuntimeFailure(Exception):  # noqa: N818 -- the daemon's failure, not an error of this program
    """A daemon does not answer, or not as it should; the text says how."""


class Runtime(ABC):
    """A client of one daemon. All methods may raise RuntimeFailure or OSError."""

    endpoint: "Endpoint"
    refused: str = ""       # why entries of the last list were left out, "" if none was
    more = False            # the last list had more than endpoint.bounds.entries, which were not even made entries
    by_http = False         # each question is a GET, which somebody else may send (Endpoint.ask)

    @abstractmethod
    def containers(self) -> list[Entry]:
        """All containers, running or not."""

    def complete(self, entries: list[Entry]) -> list[Entry]:
        """The same with the main process of each, where a list does not tell it and asking takes longer."""
        return entries

    @abstractmethod
    def events(self) -> Iterable[Entry | None]:
        """One item for each event that may change the list; ends when the daemon ends. May be empty at once.

        An entry where the event itself describes a new container: it is known then before its first process runs,
        while a list may have to wait for the runtime's locks.
        """

    @abstractmethod
    def close(self) -> None:
        """Break connections, also those that another thread waits for."""


class Source:
    """Follows a runtime in daemon threads, for as long as the run lasts; they never raise."""

    def __init__(self, place: "Place", make: Callable[["Place"], Runtime], take: Callable[[str, list[Entry]], None],
                 learn: Callable[[str, Entry], None], say: Callable[[str], None]) -> None:
        """make(place) makes the client, in the thread, for importing its library takes a while.

        take(name, entries) gets each list, learn(name, entry) what an event tells, say(text) each fault once.
        """
        self.name = str(place)
        self._place = place
        self._make = make
        self._runtime: Runtime | None = None
        self._take = take
        self._learn = learn
        self._say = say
        self._news = threading.Event()
        self._broken: BaseException | None = None   # what ended the events
        self._stop = threading.Event()
        self._told: set[str] = set()
        self._ask: Callable[[str, str], bytes] | None = None
        self._well = False          # the last attempt brought a list
        self.listed = threading.Event()     # the first list is there, or could not be had
        self.answered = False       # a list was had
        self.failure = ""           # what went wrong at last

    def start(self) -> None:
        """Start to follow. Raises PtcpdumpError where no thread can be started."""
        start_thread(self._run, self.name)

    def stop(self) -> None:
        """Ask the threads to end; does not wait for them, for they may wait for a daemon that hangs."""
        self._stop.set()
        self.poke()
        if self._runtime is not None:
            self._runtime.close()

    @property
    def by_privilege(self) -> str:
        """The address of a daemon of the system's, which can't be asked without privileges; "" if it is another."""
        runtime = self._runtime
        if runtime is None or not runtime.by_http or runtime.endpoint.speaker or not runtime.endpoint.path:
            return ""
        return self._place.address

    def ask_by(self, ask: Callable[[str, str], bytes]) -> None:
        """Have somebody else ask from now on: ask(address, path) gives what a GET answers."""
        self._ask = ask
        if self._runtime is not None:
            self._asked_by_others(self._runtime)

    def _asked_by_others(self, runtime: Runtime) -> None:
        if self._ask is not None and runtime.by_http and runtime.endpoint.path:
            runtime.endpoint.ask = partial(self._ask, self._place.address)

    def poke(self) -> None:
        """Look anew soon."""
        self._news.set()

    def _run(self) -> None:
        pause = _RETRY
        while not self._stop.is_set():
            try:
                self._follow()
            except Exception as error:
                if self._well:
                    pause = _RETRY
                self._well = False
                self._failed(error)
            self.listed.set()
            self._stop.wait(pause)
            pause = min(2 * pause, _RETRY_MOST)

    def _follow(self) -> None:
        self._broken = None
        self._news.clear()
        runtime = self._runtime = self._make(self._place)
        self._asked_by_others(runtime)
        try:
            self._refresh(runtime)      # a daemon that does not answer is not asked for events
            start_thread(partial(self._listen, runtime), f"{self.name}: events")
            while not self._stop.is_set():
                self._news.wait(_REFRESH)
                self._news.clear()
                if self._broken is not None:
                    raise self._broken
                if not self._stop.is_set():
                    start = time.thread_time()
                    self._refresh(runtime)
                    self._stop.wait(max(_BREATH, _rest(runtime, start)))
        finally:
            runtime.close()

    def _refresh(self, runtime: Runtime) -> None:
        runtime.endpoint.begin_look()
        entries = self._bounded(runtime, runtime.containers())
        if runtime.refused:
            self._tell(f"{runtime.refused}; what it says of that is left out")
        self._take(self.name, entries)
        self.answered = self._well = True
        self.listed.set()
        completed = self._stamped(runtime, runtime.complete(entries))
        if completed != entries:
            self._take(self.name, completed)

    def _bounded(self, runtime: Runtime, entries: list[Entry]) -> list[Entry]:
        most = runtime.endpoint.bounds.entries
        if runtime.more or len(entries) > most:
            self._tell(f"it lists more than {most} containers, of which no more are looked at")
        return self._stamped(runtime, entries[:most])

    def _stamped(self, runtime: Runtime, entries: list[Entry]) -> list[Entry]:
        """Entries with who says so, and without process ids that mean other processes here."""
        row, at = self._place.row.name, runtime.endpoint
        return [replace(entry, runtime=row, speaker=at.speaker, pid=entry.pid if at.shares_pids else 0)
                for entry in entries]

    def _listen(self, runtime: Runtime) -> None:
        try:
            started = False
            for entry in self._paced(runtime):
                started = True
                if entry is not None:
                    self._learn(self.name, self._stamped(runtime, [entry])[0])
                self._news.set()
            if started:
                raise RuntimeFailure("the connection was closed")
        except Exception as error:
            self._broken = error
            self._news.set()

    def _paced(self, runtime: Runtime) -> Iterator[Entry | None]:
        """Events, no more than the daemon may tell in a second: others wait in its own buffers."""
        count, since = 0, time.monotonic()
        for entry in runtime.events():
            count += 1
            start = time.thread_time()
            yield entry
            self._stop.wait(_rest(runtime, start))
            if count >= runtime.endpoint.bounds.pace:
                self._stop.wait(max(0.0, since + 1 - time.monotonic()))
                count, since = 0, time.monotonic()

    def _failed(self, error: Exception) -> None:
        reason = "it does not answer" if isinstance(error, TimeoutError) else str(error) or "it gives no reason"
        self.failure = f"{self.name}: {reason}"
        self._tell(f"{reason}; its containers may lack their names; it is asked again now and then")

    def _tell(self, text: str) -> None:
        if self._stop.is_set() or text in self._told or len(self._told) >= _FAULTS:
            return
        self._told.add(text)
        self._say(f"{self.name}: {text}")


def _rest(runtime: Runtime, start: float) -> float:
    """Seconds to leave a runtime alone that has kept this thread busy since start (time.thread_time())."""
    return _REST * (time.thread_time() - start) if runtime.endpoint.speaker else 0.0
