"""What signals mean to a run, as to tcpdump's."""

import os
import select
import signal
import time
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Self


class Signals:
    """SIGINT, SIGTERM and SIGHUP ask for a stop, a second one ends at once; SIGUSR1 shows counters.

    SIGUSR2, at which tcpdump writes what waits in its buffer, ends nothing: the driver writes after each of its steps.
    A handler must not, for it may interrupt that very writing. With --dump-on signal, it asks for a savefile.

    Use it as a context manager. asked: called at the first request to stop; show: shows the counters; dump: asks for a
    savefile. `wake` becomes readable when a stop is asked for.
    """

    def __init__(self, *, asked: Callable[[], None], show: Callable[[], None],
                 dump: Callable[[], None] | None = None) -> None:
        self._asked, self._show, self._dump = asked, show, dump
        self.stop = False
        self.abort = False
        self.number = signal.SIGINT
        self.wake, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> "Self":
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        # that SIGINT is ignored in a script's background jobs does not count: how else could they be ended in order?
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:   # as under nohup(1)
            signal.signal(signal.SIGHUP, self._ask)
        signal.signal(signal.SIGUSR1, self._on_request)
        signal.signal(signal.SIGUSR2, self._on_request)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.set_wakeup_fd(-1)

    def wait(self, seconds: float) -> None:
        """Let time pass, until a stop is asked for."""
        end = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.wake, select.POLLIN)
        while not self.stop and (left := end - time.monotonic()) > 0:
            poll.poll(left * 1000)
            if not self.stop:
                self._drain()

    def _ask(self, number: int, frame: "FrameType | None") -> None:
        if self.stop:
            self.abort = True
            raise KeyboardInterrupt
        self.stop = True
        self.number = signal.Signals(number)
        self._asked()

    def _on_request(self, number: int, frame: "FrameType | None") -> None:
        self._drain()
        if number == signal.SIGUSR1:
            self._show()
        elif self._dump is not None:
            self._dump()

    def _drain(self) -> None:
        try:
            while os.read(self.wake, 64):
                pass
        except BlockingIOError:
            pass
