"""Processes of ours beside a capture, each forked from it for one duty that the capture can't have, or may not survive.

There are two. One removes clsact filters when the capture ends, however it ends, for the kernel does not
(kernel.backends.keeper): it starts before the first filter and holds nothing but these. The other one keeps root's
privileges when the capture gives them up (-Z, run.helper): it starts last, with all that is attached by then. They are
not one, so that each makes good the other's end: whichever of our processes is killed, filters go.
"""

import contextlib
import fcntl
import os
import signal
import stat
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from ptcpdump.errors import PtcpdumpError

_MEANT_FOR_CAPTURES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                       signal.SIGALRM, signal.SIGTSTP, signal.SIGPIPE)
_MOST = 1 << 16         # descriptors


def companion(serve: Callable[[], None], name: str, *, keep: Collection[int] | None = None) -> int:
    """Fork a process that calls serve() and ends; its process id, for waitpid(2). Call it before threads are started.

    name: what ps(1) shows, up to 15 bytes; killall(1) by the capture's name does not mean it. keep: descriptors that it
    keeps, None for all but files that are written; in either case it has no streams of ours. Raises PtcpdumpError where
    the system gives no more processes.
    """
    pid = fork(name)
    if pid:
        return pid
    status = 1
    try:
        _leave(name, keep)
        serve()
        status = 0
    finally:
        os._exit(status)


def fork(name: str) -> int:
    """As os.fork(); name: what the process is for. Raises PtcpdumpError where the system gives no more."""
    try:
        return os.fork()
    except OSError as error:
        raise PtcpdumpError(f"no process can be started ({name}): {error.strerror}: raise the limit of processes "
                            "(ulimit -u, or pids.max of the control group)") from error


def _leave(name: str, keep: Collection[int] | None) -> None:
    """Ignore signals that are meant for the capture, and hold nothing of its open."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in _MEANT_FOR_CAPTURES:
        signal.signal(number, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.excepthook = lambda *_: None        # there is nobody to tell
    if keep is None:
        _leave_files(nowhere)
    else:
        at = 3
        for kept in sorted(keep):
            os.closerange(at, kept)
            at = kept + 1
        os.closerange(at, min(os.sysconf("SC_OPEN_MAX"), _MOST))
    with contextlib.suppress(OSError):      # no /proc, or a read-only one
        Path("/proc/self/comm").write_text(name)


def _leave_files(nowhere: int) -> None:
    """Have /dev/null instead of files that the capture writes: the room of one that is removed meanwhile is free then.

    Their numbers stay taken, for objects that were forked with us close them at some time.
    """
    with contextlib.suppress(OSError):      # no /proc
        for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:
            with contextlib.suppress(OSError):      # the one by which they were listed
                written = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
                if written and stat.S_ISREG(os.fstat(descriptor).st_mode):
                    os.dup2(nowhere, descriptor)
