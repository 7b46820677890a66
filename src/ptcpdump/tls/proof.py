"""Whether probes of C libraries read the client's random where it is: it has to be that of a Client Hello on the wire.

Where a library's object has the random is found in its code (offsets.py), which can be wrong for a version that nobody
has tried. So the first secrets of a library wait until a captured Client Hello has their random, which proves the
place for good: a hello is captured before its secrets are made. Where it doesn't come although hellos of that very
process do, the place is wrong, and these secrets would name connections that don't exist: they are left out. Where no
hello of the process comes (its interface is not captured, say), nothing speaks against the secrets.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptcpdump.kernel.loading.secrets import Secret

PATIENCE = 2.0              # seconds that secrets of a library wait for its proof: packets come within a tenth of that
_MOST_RANDOMS = 1 << 16     # of hellos, and of secrets, that are remembered
_MOST_PROCESSES = 1 << 12   # that have sent or got hellos
_HELLOS = 16                # of one process
_MOST_WAITING = 1 << 14     # secrets


class OffsetProof:
    """Hands secrets on to take(), those of libraries once they are proven; in any thread, but in one at a time.

    refuse(text) is told of each library whose keys are left out, once.
    """

    def __init__(self, take: Callable[["Secret"], None], refuse: Callable[[str], None]) -> None:
        self._take = take
        self._refuse = refuse
        self._lock = threading.Lock()
        self._hellos: OrderedDict[bytes, None] = OrderedDict()      # randoms on the wire
        self._answered: OrderedDict[bytes, None] = OrderedDict()    # randoms that secrets have come with
        self._by_process: OrderedDict[int, deque[bytes]] = OrderedDict()
        self._proven: set[int] = set()
        self._refused: set[int] = set()
        self._waiting: deque[tuple[float, Secret]] = deque()

    @property
    def waiting(self) -> int:
        """How many secrets wait."""
        return len(self._waiting)

    def secret(self, secret: "Secret") -> None:
        """Take in what a probe has read."""
        with self._lock:
            _remember(self._answered, secret.random)
            if not secret.library or secret.library in self._proven:
                self._take(secret)
            elif secret.random in self._hellos:
                self._prove(secret.library)
                self._take(secret)
            else:
                self._waiting.append((time.monotonic() + PATIENCE, secret))
                if len(self._waiting) > _MOST_WAITING:
                    self._decide(self._waiting.popleft()[1])

    def hello(self, processes: Iterable[int], random: bytes) -> None:
        """A Client Hello was captured. processes: whose packet it is, at either end, as far as known."""
        with self._lock:
            _remember(self._hellos, random)
            for pid in processes:
                seen = self._by_process.setdefault(pid, deque(maxlen=_HELLOS))
                self._by_process.move_to_end(pid)
                if random not in seen:
                    seen.append(random)
            if len(self._by_process) > _MOST_PROCESSES:
                self._by_process.popitem(last=False)
            for _, secret in self._waiting:
                if secret.random == random:
                    self._prove(secret.library)
                    break

    def look(self, *, over: bool = False) -> None:
        """Decide on what has waited for long enough; over: on all, as no packet will come any more."""
        if not self._waiting:
            return
        now = time.monotonic()
        with self._lock:
            while self._waiting and (over or self._waiting[0][0] <= now):
                self._decide(self._waiting.popleft()[1])

    def _prove(self, library: int) -> None:
        """The random is where it was looked for: let go what waits of this library."""
        self._proven.add(library)
        waiting, self._waiting = self._waiting, deque()
        for until, secret in waiting:
            if secret.library == library:
                self._take(secret)
            else:
                self._waiting.append((until, secret))

    def _decide(self, secret: "Secret") -> None:
        """No hello has its random: leave it out if there should be one."""
        others = [random for random in self._by_process.get(secret.pid, ()) if random not in self._answered]
        if not others:
            self._take(secret)
        elif secret.library not in self._refused:
            self._refused.add(secret.library)
            self._refuse(f"TLS keys of {secret.path} are not taken: it keeps the client's random elsewhere, for what "
                         f"was read as such is in none of the Client Hellos of process {secret.pid} "
                         f"({len(others)} captured)")


def _remember(randoms: "OrderedDict[bytes, None]", random: bytes) -> None:
    randoms[random] = None
    randoms.move_to_end(random)
    if len(randoms) > _MOST_RANDOMS:
        randoms.popitem(last=False)
