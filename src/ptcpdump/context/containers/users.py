"""Which processes are an ordinary user's own."""

import fcntl
import os
from pathlib import Path

_NS_GET_PARENT, _NS_GET_OWNER_UID = 0xB702, 0xB704      # ioctl_ns(2)
_DEPTH = 33     # user namespaces within one another, the first one included (user_namespaces(7): 32 below it)


def owns(user: int, pid: int, uid: int, proc: Path = Path("/proc")) -> bool:
    """Whether a process with this user id belongs to a user: it runs as him, or in a user namespace that he made.

    In such a namespace his containers have further ids, which the system has given to him (subuid(5)).
    """
    if uid == user:
        return True
    if uid in (0, -1) or uid_of(pid, proc) != uid:     # another process may have got the pid of one that ended
        return False
    try:
        descriptor = os.open(proc / str(pid) / "ns/user", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        for _ in range(_DEPTH):
            if _owner(descriptor) == user:
                return True
            above = fcntl.ioctl(descriptor, _NS_GET_PARENT)
            os.close(descriptor)
            descriptor = above
    except OSError:
        pass        # EPERM: there is no namespace above, or none that concerns us
    finally:
        os.close(descriptor)
    return False


def uid_of(pid: int, proc: Path = Path("/proc")) -> int:
    """The effective user id of a process; -1 when it is gone."""
    try:
        with (proc / str(pid) / "status").open(errors="replace") as lines:
            return next((int(line.split()[2]) for line in lines if line.startswith("Uid:")), -1)
    except OSError:
        return -1


def _owner(descriptor: int) -> int:
    """The user who made a user namespace."""
    return int.from_bytes(fcntl.ioctl(descriptor, _NS_GET_OWNER_UID, bytes(4)), "little")
