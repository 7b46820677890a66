"""The root of the cgroup v2 hierarchy, where socket hooks are attached; in a cgroup namespace what is seen of it."""

import ctypes
import os

from ptcpdump.errors import UnsupportedError
from ptcpdump.net.mounts import cgroup2_mounts, cgroup2_mounts_of_init

# Numbers of the mount system calls (Linux 5.2); the same on every architecture that we run on.
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_FSCONFIG_CMD_CREATE = 6
_FSOPEN_CLOEXEC = _FSMOUNT_CLOEXEC = 1

_ROOT_INODE = 1     # kernfs numbers what it makes, the root first
_PART = ("this is a cgroup namespace, from which only a part of cgroup v2 can be seen: what processes outside of it do "
         "with sockets is not; start the container with --cgroupns host or --pid host")


def open_root() -> int:
    """A file descriptor of the cgroup v2 root; the caller closes it. Raises UnsupportedError.

    Where no cgroup v2 is mounted within sight (cgroup v1 only, ``ip netns exec``), one is mounted for us alone: it is
    attached nowhere and gone when the descriptor is closed.
    """
    root, lost = open_widest()
    if not lost:
        return root
    os.close(root)
    raise UnsupportedError(lost)


def open_widest() -> tuple[int, str]:
    """A descriptor of the root, or of as much of the hierarchy as can be had, and what is lost then.

    In a cgroup namespace (cgroup_namespaces(7); container runtimes make one) what is mounted, or can be, is the
    container's own part. The whole may still be there: bound into the container, or where its first process is the
    host's. Raises UnsupportedError where there is not even a part.
    """
    widest = None
    for path in (*cgroup2_mounts(), *cgroup2_mounts_of_init()):
        try:
            found = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        if _is_root(found):
            if widest is not None:
                os.close(widest)
            return found, ""
        if widest is None:
            widest = found
        else:
            os.close(found)
    if widest is None:
        widest = _mount_private()
    return widest, "" if _is_root(widest) else _PART


def is_detached(link: int) -> bool:
    """Whether a link (its descriptor) belongs to no control group any more; False where that can't be known (-Z)."""
    try:
        with open(f"/proc/self/fdinfo/{link}") as lines:    # noqa: PTH123 -- of a descriptor
            return "cgroup_id:\t0\n" in lines
    except OSError:
        return False


def _is_root(folder: int) -> bool:
    return os.fstat(folder).st_ino == _ROOT_INODE


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
