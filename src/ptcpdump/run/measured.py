"""Warnings in numbers that somebody can read.

Much of what a capture warns of can be caused by strangers, as often as they like: interfaces that can't be attached to,
filters that are removed.
"""

import threading
import time
from collections.abc import Callable

_AT_ONCE = 32       # warnings
_PAUSE = 10.0       # seconds after which one more may be said


class Measured:
    """Hands warnings on, in any thread: many at once, later few; how many were left out is said."""

    def __init__(self, warn: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._warn = warn
        self._now = now
        self._room = float(_AT_ONCE)
        self._last = now()
        self._omitted = 0
        self._lock = threading.Lock()

    def __call__(self, text: str) -> None:
        """Warn of something, or count it."""
        with self._lock:
            now = self._now()
            self._room = min(_AT_ONCE, self._room + (now - self._last) / _PAUSE)
            self._last = now
            if self._room < 1:
                self._omitted += 1
                return
            self._room -= 1
            omitted, self._omitted = self._omitted, 0
        self._tell(omitted)
        self._warn(text)

    def finish(self) -> None:
        """Say how many were left out at last."""
        with self._lock:
            omitted, self._omitted = self._omitted, 0
        self._tell(omitted)

    def _tell(self, omitted: int) -> None:
        if omitted:
            self._warn(f"{omitted} more warning{'s' * (omitted > 1)} came so fast that they are left out here")
