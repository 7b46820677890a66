"""Where runtimes listen now. What does not exist costs nothing: a client is imported for a socket that is there."""

import os
import stat
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.runtimes import RUNTIMES, RuntimeRow
from ptcpdump.context.containers.source import Runtime, RuntimeFailure
from ptcpdump.records import dataclass

# The host's files in a container: where they are mounted by custom, and those of its first process (--pid host).
HOST_ROOTS = ("/host", "/proc/1/root")
_MOST = 64      # sockets of users that are followed, of each runtime


@dataclass(frozen=True, slots=True)
class Place:
    """A socket that is there. owner: uid of the user whom it must belong to, -1 for any."""

    row: RuntimeRow
    address: str
    owner: int = -1

    def __str__(self) -> str:
        """Name it as messages do."""
        return f"{self.row.name} at {self.address}"


def places(given: Mapping[str, str], *, users: bool = True) -> Iterator[Place]:
    """The sockets that are there. given: addresses by name of the runtime.

    users: also those below /run/user, which may be on file systems that keep us waiting. Raises OSError where it can't
    be looked there.
    """
    for row in RUNTIMES:
        patterns = [given[row.name]] if row.name in given else [_where_it_is(path) for path in row.sockets]
        if row.name not in given and row.as_well in given:
            patterns.append(given[row.as_well])
        for pattern in patterns:
            address = pattern.removeprefix("unix://")
            if "*" in pattern:
                if users:
                    yield from _of_users(row, pattern)
            elif not address.startswith("/") or is_socket(Path(address)):
                yield Place(row, address)


def _where_it_is(path: str) -> str:
    """A default place as we see it: of the host, where we run in a container that has not got it."""
    if "*" in path:
        return path
    return next((root + path for root in ("", *HOST_ROOTS) if is_socket(Path(root + path))), path)


def _of_users(row: RuntimeRow, pattern: str) -> Iterator[Place]:
    """Sockets in folders that the system made for users; a link to a socket of somebody else is none of these."""
    above, _, below = pattern.partition("/*/")
    try:
        names = sorted(os.listdir(above))[:_MOST]
    except FileNotFoundError:       # nobody has logged in since the host's start
        return
    for name in names:
        folder = Path(above, name)
        path = folder / below
        try:
            owner = folder.stat().st_uid
            if stat.S_ISSOCK(path.lstat().st_mode):
                yield Place(row, str(path), owner)
        except OSError:
            continue


def is_socket(path: Path) -> bool:
    """Whether there is a socket, perhaps behind symbolic links."""
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def open_runtime(place: Place) -> Runtime:
    """A client of the runtime that listens there. Raises RuntimeFailure, OSError."""
    try:
        module = import_module(f"ptcpdump.context.containers.{place.row.module}")
    except ImportError as error:
        raise RuntimeFailure(f"the Python package {error.name} is missing; install ptcpdump[containers]") from None
    endpoint = Endpoint(place.address, place.owner)
    try:
        runtime: Runtime = module.connect(endpoint)
    except BaseException:
        endpoint.close()
        raise
    return runtime
