"""The root of the cgroup v2 hierarchy, where socket hooks are attached."""

import ctypes
import os

from ptcpdump.errors import UnsupportedError
from ptcpdump.net.mounts import cgroup2_mounts

# Numbers of the mount system calls (Linux 5.2); the same on every architecture that we run on.
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_FSCONFIG_CMD_CREATE = 6
_FSOPEN_CLOEXEC = _FSMOUNT_CLOEXEC = 1


def open_root() -> int:
    """A file descriptor of the cgroup v2 root; the caller closes it. Raises UnsupportedError.

    Where no cgroup v2 is mounted within sight (cgroup v1 only, ``ip netns exec``), one is mounted for us alone: it is
    attached nowhere and gone when the descriptor is closed.
    """
    for path in cgroup2_mounts():
        try:
            return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
    return _mount_private()


def _mount_private() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    context = libc.syscall(_FSOPEN, b"cgroup2", _FSOPEN_CLOEXEC)
    if context < 0:
        raise UnsupportedError(_reason("no cgroup v2 is mounted and none can be opened"))
    try:
        if libc.syscall(_FSCONFIG, context, _FSCONFIG_CMD_CREATE, None, None, 0) < 0:
            raise UnsupportedError(_reason("no cgroup v2 is mounted and none can be made"))
        root: int = libc.syscall(_FSMOUNT, context, _FSMOUNT_CLOEXEC, 0)
        if root < 0:
            raise UnsupportedError(_reason("no cgroup v2 is mounted and none can be mounted"))
        return root
    finally:
        os.close(context)


def _reason(what: str) -> str:
    return f"{what}: {os.strerror(ctypes.get_errno())}; the kernel needs CONFIG_CGROUP_BPF and cgroup v2"
