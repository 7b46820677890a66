"""Where a runtime listens, and for whom it may speak.

A daemon of the system may tell of any container. One that an ordinary user runs, or whose socket belongs to him, may
tell of his own processes alone: it is as trustworthy as he is.
"""

import os
import socket
import stat
import struct
import threading
from collections.abc import Callable

from ptcpdump.context.containers.source import TIMEOUT, RuntimeFailure
from ptcpdump.net.listeners import who_listens
from ptcpdump.records import dataclass, field

_UCRED = struct.Struct("=iII")      # struct ucred of SO_PEERCRED (unix(7)): pid, uid, gid
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one daemon may cost. answer: bytes of one answer. look: of all that one list is made of. line: bytes of one
    event. entries: containers of a list. pace: events a second."""

    answer: int
    look: int
    line: int
    entries: int
    pace: int


OF_SYSTEM = Bounds(16 * _MIB, 64 * _MIB, _MIB, 16384, 500)
OF_USER = Bounds(_MIB, 4 * _MIB, _MIB // 16, 1024, 20)


@dataclass(slots=True)
class Endpoint:
    """The address of a daemon: the absolute path of a socket, or a unix://, tcp:// or http:// address.

    owner: uid of the user whom the socket must belong to, -1 for any. The socket is opened when this is made and stays
    the same whatever the path leads to later. Raises OSError, RuntimeFailure when the path leads to no such socket.
    """

    address: str
    owner: int = -1
    path: str = ""              # by which the open socket is reached; "" for addresses of a network
    speaker: int = 0            # uid of the user for whose processes alone it speaks; 0: the system
    shares_pids: bool = True    # whether its process ids mean the same here
    # what a daemon that only others may connect to (-Z) answers to a GET of a path
    ask: Callable[[str], bytes] | None = None
    left: int = 0               # bytes that answers to the look under way may still have
    _descriptor: int = field(default=-1, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._open()
        self.begin_look()

    def _open(self) -> None:
        scheme, found, rest = self.address.partition("://")
        if found and scheme != "unix":
            return
        name = rest if found else self.address
        self._descriptor = os.open(name, os.O_PATH | os.O_CLOEXEC)
        status = os.fstat(self._descriptor)
        if not stat.S_ISSOCK(status.st_mode):
            self.close()
            raise RuntimeFailure("it is no socket")
        if self.owner not in (-1, status.st_uid):
            self.close()
            raise RuntimeFailure(f"it belongs to user {status.st_uid} instead of user {self.owner}")
        self.speaker = status.st_uid
        self.path = f"/proc/self/fd/{self._descriptor}"

    @property
    def network(self) -> str:
        """Where it is on a network: HOST:PORT."""
        return self.address.partition("://")[2].rstrip("/")

    @property
    def bounds(self) -> Bounds:
        """What it may cost."""
        return OF_USER if self.speaker else OF_SYSTEM

    def begin_look(self) -> None:
        """A look at all that there is begins: its answers have a size together, too."""
        self.left = self.bounds.look

    def connect(self) -> socket.socket:
        """A connection to the socket; from then on `speaker` takes into account who serves it.

        Raises OSError, TimeoutError, and RuntimeFailure when two different users have to do with it.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(TIMEOUT)
            connection.connect(self.path)
            self._examine(*_UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))
        except BlockingIOError:     # nobody takes connections, and many wait already
            connection.close()
            raise TimeoutError from None
        except BaseException:
            connection.close()
            raise
        return connection

    def examine_tcp(self, connection: socket.socket) -> None:
        """Take into account who serves a TCP connection. Raises RuntimeFailure when it is another user than before.

        On this host any user may listen at a port where no daemon runs. Elsewhere process ids mean others.
        """
        uid = who_listens(connection)
        if uid is None:
            self.shares_pids = False
        elif self.speaker and uid != self.speaker:
            raise RuntimeFailure(f"user {self.speaker} has served it, now user {uid} does")
        else:
            self.speaker = uid

    def _examine(self, pid: int, uid: int, _: int) -> None:
        if self.speaker and uid and uid != self.speaker:
            raise RuntimeFailure(f"the socket belongs to user {self.speaker}, but user {uid} serves it")
        self.speaker = self.speaker or uid
        self.shares_pids = pid != 0 and _pid_namespace(pid) in ("", _pid_namespace("self"))

    def close(self) -> None:
        """Let go of the socket; a second call, in whatever thread, does nothing."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _pid_namespace(pid: int | str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""       # the process that opened the socket has ended, or is hidden from us
