"""A runtime that is followed in the background: listed, then listed anew whenever it says that something happened."""

import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from ptcpdump.context.containers.entry import Entry

TIMEOUT = 5.0           # seconds that an answer may take
_REFRESH = 60.0         # after so many without news all is listed anew: a frozen daemon is noticed then
_RETRY = 1.0            # before a daemon that failed is asked again; doubled each time, up to the next
_RETRY_MOST = 15.0


class RuntimeFailure(Exception):  # noqa: N818 -- the daemon's failure, not an error of this program
    """A daemon does not answer, or not as it should; the text says how."""


class Runtime(ABC):
    """A client of one daemon. All methods may raise RuntimeFailure or OSError."""

    @abstractmethod
    def list(self) -> list[Entry]:
        """All containers, running or not."""

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
    """Follows a runtime in daemon threads, for as long as the run lasts; never raises."""

    def __init__(self, name: str, make: Callable[[], Runtime], take: Callable[[str, list[Entry]], None],
                 learn: Callable[[str, Entry], None], say: Callable[[str], None]) -> None:
        """make() makes the client, in the thread, for importing its library takes a while.

        take(name, entries) gets each list, learn(name, entry) what an event tells; say(text) is told of a failure, once
        until all is well again.
        """
        self._name = name
        self._make = make
        self._runtime: Runtime | None = None
        self._take = take
        self._learn = learn
        self._say = say
        self._news: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._silent = False        # the failure has been told
        self.listed = threading.Event()     # the first list is there, or could not be had
        self.answered = False       # a list was had

    def start(self) -> None:
        """Start to follow."""
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """Ask the threads to end; does not wait for them, for they may wait for a daemon that hangs."""
        self._stop.set()
        self.poke()
        if self._runtime is not None:
            self._runtime.close()

    def poke(self) -> None:
        """Look anew soon."""
        self._news.put(None)

    def _run(self) -> None:
        pause = _RETRY
        while not self._stop.is_set():
            try:
                self._follow()
            except Exception as error:
                if self.answered and not self._silent:
                    pause = _RETRY
                self._failed(error)
            self.listed.set()
            self._stop.wait(pause)
            pause = min(2 * pause, _RETRY_MOST)

    def _follow(self) -> None:
        while not self._news.empty():
            self._news.get()
        runtime = self._runtime = self._make()
        try:
            self._refresh(runtime)      # a daemon that does not answer is not asked for events
            threading.Thread(target=self._listen, args=(runtime,), name=f"{self._name}: events", daemon=True).start()
            self._attend(runtime)
        finally:
            runtime.close()

    def _attend(self, runtime: Runtime) -> None:
        while not self._stop.is_set():
            try:
                news = self._news.get(timeout=_REFRESH)
                while news is None and not self._news.empty():      # many events, one list
                    news = self._news.get()
            except queue.Empty:
                news = None
            if news is not None:
                raise news
            if not self._stop.is_set():
                self._refresh(runtime)

    def _refresh(self, runtime: Runtime) -> None:
        self._take(self._name, runtime.list())
        self.answered = True
        self._silent = False
        self.listed.set()

    def _listen(self, runtime: Runtime) -> None:
        try:
            started = False
            for entry in runtime.events():
                started = True
                if entry is not None:
                    self._learn(self._name, entry)
                self._news.put(None)
            if started:
                self._news.put(RuntimeFailure("the connection was closed"))
        except Exception as error:
            self._news.put(error)

    def _failed(self, error: Exception) -> None:
        if self._silent or self._stop.is_set():
            return
        self._silent = True
        reason = "it does not answer" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        self._say(f"{self._name}: {reason}; its containers may lack their names; it is asked again now and then")
