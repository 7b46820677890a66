"""Process instances and what they ran when: the bounded store behind the process table."""

from collections import deque
from collections.abc import Iterator

from ptcpdump.procfs import TICK
from ptcpdump.records import dataclass, field

FOREVER = (1 << 63) - 1
KEEP_PAST = 60_000_000_000      # ns for which packets of a dead process, or of an earlier program, may still turn up
MOST = 64 << 20                 # bytes that all of it may take, about
MOST_IMAGES = 4096              # of one process
_LIFE, _IMAGE = 500, 300        # bytes of one without its texts, about


@dataclass(slots=True, eq=False)
class Program:
    """What one exec has brought: shared by the images of all who inherited it."""

    command: str                    # path of the executable, or as it was asked for while not settled
    args: bytes = b""               # argv, NUL-separated
    truncated: bool = False
    name: str = ""                  # whole, where the comm has no room for it; else ""
    namespace: int = 0              # inode of the mount namespace that the path belongs to; 0: not known
    settled: bool = True            # command is final; else it is as it was asked for, perhaps a symbolic link


@dataclass(slots=True, eq=False)
class Image:
    """What a process is from a time (CLOCK_MONOTONIC, ns) on: its program and the comm that it had then."""

    since: int
    program: Program
    comm: str


@dataclass(slots=True, eq=False)
class Life:
    """A process instance: a pid from a start (ns since boot) on, with its images, oldest first.

    exact: the kernel told the start; else it is /proc's, down to the clock tick.
    parent: pid, start and pid on the host as at birth or exec; pid 0: none.
    host_pid: 0 where it is not known, or where our pid namespace is the host's.
    """

    pid: int
    start: int
    exact: bool
    parent: tuple[int, int, int]
    host_pid: int = 0
    images: deque[Image] = field(default_factory=deque)
    ended: bool = False

    def image_at(self, time: int) -> tuple[Image | None, int]:
        """The image in force at a time and until when that holds; None where it is not known, or no longer."""
        until = FOREVER
        for image in reversed(self.images):
            if image.since <= time:
                return image, until
            until = image.since
        return None, until


class Lives:
    """All instances that were seen alive during a run, by pid.

    What ended or was replaced stays for a minute, and less when all of it takes more than `most` bytes: then the
    oldest is forgotten early, and counted.
    """

    def __init__(self, most: int = MOST) -> None:
        self.forgotten = 0          # ends and images whose packets may now lack something
        self._most = most
        self._size = 0
        self._count = 0
        self._lives: dict[int, list[Life]] = {}
        self._past: deque[tuple[int, Life, bool]] = deque()     # when it passed, whose; whether all of it or an image

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Life]:
        for lives in self._lives.values():
            yield from lives

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return self._size

    def find(self, pid: int, start: int) -> Life | None:
        """The instance with this start (ns). One known by its tick alone is that of the first who asks for its tick."""
        for life in reversed(self._lives.get(pid, ())):
            if life.start == start:
                return life
            if not life.exact and life.start == start - start % TICK:
                life.start, life.exact = start, True
                return life
        return None

    def latest(self, pid: int) -> Life | None:
        """The youngest instance of a pid."""
        lives = self._lives.get(pid)
        return lives[-1] if lives else None

    def add(self, life: Life) -> Life:
        """Take in an instance that is not known yet."""
        lives = self._lives.setdefault(life.pid, [])
        lives.append(life)
        if len(lives) > 1:
            lives.sort(key=lambda life: life.start)
        self._count += 1
        self._size += _LIFE + sum(map(_weight, life.images))
        return life

    def replace(self, life: Life, image: Image) -> None:
        """It has another image from now on."""
        if life.images:
            self._past.append((image.since, life, False))
        life.images.append(image)
        self._size += _weight(image)
        if len(life.images) > MOST_IMAGES:
            self._size -= _weight(life.images.popleft())
            self.forgotten += 1

    def end(self, life: Life, time: int) -> None:
        """It has ended. A second time nothing happens."""
        if not life.ended:
            life.ended = True
            self._past.append((time, life, True))

    def prune(self, now: int) -> None:
        """Let go of what is long past, and of more where there is too much."""
        while self._past and self._past[0][0] < now - KEEP_PAST:
            self._let_go(*self._past.popleft())
        while self._size > self._most and self._past:
            self.forgotten += self._let_go(*self._past.popleft())
        while self._size > self._most and self._count > 1:      # the living: /proc tells of them again when asked
            self._drop(next(iter(self)))
            self.forgotten += 1

    def _let_go(self, time: int, life: Life, whole: bool) -> int:
        """Forget what had passed at that time: all of it, or its first image; returns how much that was."""
        if whole:
            return self._drop(life)
        if len(life.images) < 2 or life.images[1].since > time:     # gone with the rest, or as one of too many
            return 0
        self._size -= _weight(life.images.popleft())
        return 1

    def _drop(self, life: Life) -> int:
        lives = self._lives.get(life.pid, [])
        if life not in lives:
            return 0
        lives.remove(life)
        if not lives:
            del self._lives[life.pid]
        self._count -= 1
        self._size -= _LIFE + sum(map(_weight, life.images))
        life.images.clear()
        return 1


def _weight(image: Image) -> int:
    program = image.program
    return _IMAGE + len(program.command) + len(program.args) + len(program.name)
