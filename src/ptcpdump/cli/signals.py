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

_PATIENCE = 1.0     # seconds for the packet that a request to stop finds under way
_SAME = 0.2         # seconds in which a second request is the first once more: timeout(1) asks a process and its group


class Signals:
    """SIGINT, SIGTERM and SIGHUP ask for a stop, a second one ends at once; SIGUSR1 shows counters.

    SIGUSR2, at which tcpdump writes what waits in its buffer, ends nothing: the driver writes after each of its steps.
    A handler must not, for it may interrupt that very writing. With --dump-on signal, it asks for a savefile.

    A request to stop waits for the packet that is being printed or written. Where a printer or sink in Python does not
    come back from it within a second, it is interrupted, as by a second request.

    Use it as a context manager. asked: called at the first request to stop; held: whether the run is still at the
    packet where that found it; show: shows the counters; dump: asks for a savefile. `wake` becomes readable when a stop
    is asked for.
    """

    def __init__(self, *, asked: Callable[[], None], held: Callable[[], bool], show: Callable[[], None],
                 dump: Callable[[], None] | None = None) -> None:
        self._asked, self._held, self._show, self._dump = asked, held, show, dump
        self.stop = False
        self.abort = False
        self._since = 0.0       # when a stop was asked for
        self.number = signal.SIGINT
        self.wake, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> "Self":
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        signal.signal(signal.SIGUSR1, self._on_request)
        signal.signal(signal.SIGUSR2, self._on_request)
        # that SIGINT is ignored in a script's background jobs does not count: how else could they be ended in order?
        signal.signal(signal.SIGINT, self._ask)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:   # as under nohup(1)
            signal.signal(signal.SIGHUP, self._ask)
        signal.signal(signal.SIGTERM, self._ask)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.set_wakeup_fd(-1)
        signal.setitimer(signal.ITIMER_REAL, 0)

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
        now = time.monotonic()
        if self.stop:
            if now - self._since < _SAME:
                return
            self.abort = True
            raise KeyboardInterrupt
        self.stop = True
        self._since = now
        self.number = signal.Signals(number)
        self._asked()
        signal.signal(signal.SIGALRM, self._overdue)
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE)

    def _overdue(self, number: int, frame: "FrameType | None") -> None:
        if self._held() and frame is not None and _is_addition(frame.f_globals.get("__name__", "")):
            self.abort = True
            raise KeyboardInterrupt

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


def _is_addition(module: str) -> bool:
    """Whether code of this module may be a printer's or a plug-in's; ours waits for slow readers only."""
    return not module.startswith("ptcpdump.") or module.startswith("ptcpdump.printers.")
