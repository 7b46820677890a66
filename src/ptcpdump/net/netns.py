"""Network namespaces: finding, opening and entering them.

A namespace is known by the inode of its nsfs file (as `readlink /proc/self/ns/net` shows it). It can be entered by any
path of that file: a bind mount made by ip-netns(8), Docker, Podman or a CNI plugin, or /proc/PID/ns/net.
"""

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from ptcpdump.errors import InterfaceError, PrivilegeError
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.mounts import mounts
from ptcpdump.records import dataclass, replace
from ptcpdump.threads import start_thread

with lazy_modules:
    import ctypes

T = TypeVar("T")

OWN_PATH = "/proc/self/ns/net"
NAMED = (Path("/run/netns"), Path("/run/docker/netns"))
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network namespace: inode, a path to enter it by, and its name where it has one."""

    inode: int
    path: str = OWN_PATH
    name: str = ""

    @property
    def own(self) -> bool:
        """Whether it is that of this process."""
        return self.path == OWN_PATH

    @property
    def shown(self) -> str:
        """How lines name it behind a device's name: by the name that somebody gave it, else by its inode."""
        return self.name or str(self.inode)

    def __str__(self) -> str:
        """Name it as messages do."""
        return self.name or (self.path if self.path.startswith("/proc/") else str(self.inode))


def own_namespace() -> Namespace:
    """The namespace that this process started in."""
    return Namespace(Path(OWN_PATH).stat().st_ino)


def mounted_namespaces() -> list[Namespace]:
    """Namespaces that somebody keeps by a bind mount, in the order of mounting.

    Read from /proc/self/mountinfo (proc_pid_mountinfo(5)), so that it does not matter who keeps them where; a plain
    file that was left behind in /run/netns is not taken for a namespace.
    """
    found: dict[int, Namespace] = {}
    for mount in mounts("nsfs"):
        if mount.root.startswith("net:["):
            inode = int(mount.root[5:-1])
            found.setdefault(inode, Namespace(inode, mount.point, Path(mount.point).name))
    # in /run/netns and in Docker's folder, say: a name that two have says nothing
    count = Counter(namespace.name for namespace in found.values())
    return [namespace if count[namespace.name] == 1 else replace(namespace, name="") for namespace in found.values()]


def process_namespaces() -> Iterator[Namespace]:
    """Namespaces of running processes, each once; those of processes that we may not look at are left out."""
    seen: set[int] = set()
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        path = f"/proc/{entry.name}/ns/net"
        try:
            inode = int(os.readlink(path)[5:-1])  # "net:[4026531840]"
        except OSError:  # it has ended, or is none of our business
            continue
        if inode not in seen:
            seen.add(inode)
            yield Namespace(inode, path)


def all_namespaces() -> list[Namespace]:
    """Our own namespace first, then the mounted ones, then those that only processes keep."""
    own = own_namespace()
    found = {own.inode: own}
    for namespace in [*mounted_namespaces(), *process_namespaces()]:
        found.setdefault(namespace.inode, namespace)
    return list(found.values())


def find_namespace(text: str) -> Namespace:
    """The namespace that a user means: a name, a path, the id of a process, or an inode.

    Raises InterfaceError that lists what there is, PrivilegeError.
    """
    own = own_namespace()
    if "/" in text:
        paths = [Path(text)]
    else:
        paths = [folder / text for folder in NAMED]
        if text.isdigit():
            paths.append(Path(f"/proc/{text}/ns/net"))
    for path in paths:
        inode = _inode(path)
        if inode is not None:
            return own if inode == own.inode else Namespace(inode, str(path), path.name if path.parent in NAMED else "")
    known = all_namespaces()
    for namespace in known:
        if text in (namespace.name, str(namespace.inode)):
            return namespace
    names = ", ".join(namespace.name for namespace in known if namespace.name) or "none"
    raise InterfaceError(f"there is no network namespace {text}; those with a name: {names}")


def enter(namespace: Namespace, function: Callable[[], T]) -> T:
    """Call function inside a namespace and return what it returns.

    It runs on a thread of its own that ends afterwards, so no other thread ever leaves its namespace. Raises what the
    function raises, InterfaceError when the namespace is gone, PrivilegeError (CAP_SYS_ADMIN is needed), PtcpdumpError
    where no thread can be started.
    """
    if namespace.own:
        return function()
    results: list[T] = []
    errors: list[BaseException] = []

    def inside() -> None:
        try:
            _set_namespace(namespace)
            results.append(function())
        except BaseException as error:  # handed on to the caller's thread
            errors.append(error)

    start_thread(inside, f"network namespace {namespace}").join()
    if errors:
        raise errors[0]
    return results[0]


def _set_namespace(namespace: Namespace) -> None:
    try:
        fd = os.open(namespace.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise       # it is there, but we may not open it
        raise InterfaceError(f"network namespace {namespace} is gone: {error.strerror}") from error
    try:
        if os.fstat(fd).st_ino != namespace.inode:  # another process has got the pid, or another mount the path
            raise InterfaceError(f"network namespace {namespace} is gone: {namespace.path} is another one now")
        _setns(fd)
    except PermissionError as error:
        raise PrivilegeError(
            f"network namespace {namespace} can't be entered: CAP_SYS_ADMIN is missing; run as root"
        ) from error
    finally:
        os.close(fd)


def _setns(fd: int) -> None:
    if hasattr(os, "setns"):  # Python 3.12
        os.setns(fd, _CLONE_NEWNET)
        return
    if ctypes.CDLL(None, use_errno=True).setns(fd, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _inode(path: Path) -> int | None:
    """Inode of a namespace file; None when the path is not one."""
    try:
        status = path.stat()
    except PermissionError as error:
        raise PrivilegeError(f"{path} can't be looked at: run as root") from error
    except OSError:
        return None
    return status.st_ino if status.st_dev == Path(OWN_PATH).stat().st_dev else None
