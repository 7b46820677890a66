"""Threads of our own: none ends by an exception, and what fails in one is said once, in words.

Those that follow something go on whatever happens: files or memory that are short now may be there again in a moment.
"""

import errno
import os
import threading
from collections.abc import Callable
from types import TracebackType

from ptcpdump.errors import PtcpdumpError

PAUSE = 1.0     # seconds before what failed is tried again, where nothing else sets the pace
_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_MOST = 8       # different faults of a thread that are told; somebody else may be able to make new ones for ever


def start_thread(run: Callable[[], None], name: str, *, daemon: bool = True) -> threading.Thread:
    """Start a thread; name: what it is for. Raises PtcpdumpError where the system gives no more."""
    thread = threading.Thread(target=run, name=name, daemon=daemon)
    try:
        thread.start()
    except (RuntimeError, MemoryError) as error:
        raise PtcpdumpError(f"no thread can be started ({name}): raise the limit of processes (ulimit -u) or of "
                            "memory (ulimit -v)") from error
    return thread


class OneAtATime:
    """Lets one thread at a time into a `with` block.

    Who is in it already, a signal handler for one, would wait for himself: that raises PtcpdumpError. subject: what is
    done inside, which the message begins with.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self) -> None:
        if self._inside == threading.get_ident():
            raise PtcpdumpError(f"{self._subject}: this thread waits for them already; leave it to what it has begun")
        self._lock.acquire()
        self._inside = threading.get_ident()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._inside = 0
        self._lock.release()

    @property
    def busy(self) -> bool:
        """Whether a thread is inside."""
        return self._lock.locked()


class Faults:
    """What fails in a thread that goes on: `with faults: ...` lets no exception out, and says each once.

    subject: what the thread does, which the message begins with. only: what is kept in; everything by default.
    """

    def __init__(self, subject: str, say: Callable[[str], None],
                 only: Callable[[Exception], bool] = lambda _: True) -> None:
        self._only = only
        self.failed = False     # whether the last block ended by an exception
        self._subject = subject
        self._say = say
        self._told: set[str] = set()

    def __enter__(self) -> None:
        self.failed = False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> bool:
        if not isinstance(error, Exception) or not self._only(error):
            return False
        self.failed = True
        text = _reason(error)
        if text not in self._told and len(self._told) < _MOST:
            self._told.add(text)
            self._say(f"{self._subject}: {text}; it is tried again")
        return True


def is_shortage(error: Exception) -> bool:
    """Whether files or memory are short, which may pass; a shared object's loader says so by words (dlerror(3))."""
    if isinstance(error, ImportError):
        return any(os.strerror(number) in str(error) for number in _SHORT)
    return isinstance(error, OSError) and error.errno in _SHORT


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return f"{error.filename}: {what}" if error.filename else what
    return str(error) if isinstance(error, PtcpdumpError) else f"{type(error).__name__}: {error}"
