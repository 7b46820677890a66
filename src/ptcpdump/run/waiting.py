"""When to look for packets that the kernel has put into shared memory.

To be woken costs whoever sends or receives more than his packet does, so a reader that is watched looks by itself every
few milliseconds while packets come. Only when it has found none twice it asks to be woken by the next one, and sleeps.
"""

import contextlib
import select
from collections.abc import Iterable

from ptcpdump.kernel.bindings.wakeup import WakeUp
from ptcpdump.run.settings import Delivery

_PATIENCE = 1.0                 # seconds without packets after which the run looks around nevertheless
_PROMPT = 0.006                 # seconds between two looks when somebody watches: with the rest below 10 ms
# seconds that a packet may wait for its batch when nobody does: while the kernel has to wake us, fewer
_LATENCY, _SHORTEST = 0.05, 0.002


class Waiting:
    """What a run waits for: packets, and whatever else listen() was told of."""

    def __init__(self, delivery: Delivery) -> None:
        self.unread = False             # nobody is left who could read what is written, see watch_output()
        self.woken = False              # whether packets have ended the last wait()
        self._delivery = delivery
        self._epoll = select.epoll()
        self._output = -1
        self._others: set[int] = set()
        self._packets: set[int] = set()
        self._wake_up: WakeUp | None = None
        self._pace = _LATENCY

    def packets(self, descriptors: Iterable[int], wake_up: WakeUp | None) -> None:
        """What becomes readable when packets come; wake_up: asks for that, None where each packet does it unasked."""
        self._wake_up = wake_up
        for descriptor in descriptors:
            # edge-triggered for batches: what counts is that the kernel woke us, not that something is there
            each = self._delivery is Delivery.EACH
            self._epoll.register(descriptor, select.EPOLLIN | (0 if each else select.EPOLLET))
            self._packets.add(descriptor)

    def listen(self, descriptor: int) -> None:
        """Let this descriptor's readability end the waiting from now on."""
        if descriptor not in self._others and not self._epoll.closed:
            self._epoll.register(descriptor, select.EPOLLIN)
            self._others.add(descriptor)

    def watch_output(self, descriptor: int) -> None:
        """Have `unread` tell when the readers of a pipe have gone, which ends the waiting, too."""
        with contextlib.suppress(PermissionError):      # a regular file: it can always be written
            self._epoll.register(descriptor, 0)         # errors alone
            self._output = descriptor

    def ignore(self, descriptor: int) -> None:
        """Its readability no longer means anything."""
        self._epoll.unregister(descriptor)
        self._others.discard(descriptor)

    def wait(self, seconds: float | None, *, found: bool) -> set[int]:
        """Wait until it is time to look, `seconds` at most; returns what has become readable.

        found: the last look has found packets.
        """
        longest = self._longest(found)
        ready = {descriptor for descriptor, _ in
                 self._epoll.poll(longest if seconds is None else min(seconds, longest))}
        self.unread = self.unread or self._output in ready
        self.woken = not ready.isdisjoint(self._packets)
        # waking us is paid by whoever sends: so we look a little more often than it would be needed
        self._pace = max(self._pace / 2, _SHORTEST) if self.woken else min(self._pace * 1.05, _LATENCY)
        return ready - self._packets - {self._output}

    def _longest(self, found: bool) -> float:
        """Seconds until the next look if nothing happens before."""
        if self._delivery is Delivery.BATCHES:
            return self._pace           # a batch too small to wake us is fetched so
        if self._delivery is Delivery.EACH:
            return 0 if found else _PATIENCE        # more may have come meanwhile
        if found:
            return _PROMPT
        if self.woken:
            return _SHORTEST            # what woke us was too young to be handed out
        if self._wake_up is not None and not self._wake_up.asked:
            self._wake_up.ask()
            return _PROMPT
        return _PATIENCE

    def close(self) -> None:
        """A second call does nothing."""
        self._epoll.close()
        if self._wake_up is not None:
            self._wake_up.close()
            self._wake_up = None
