"""What other packages add, by entry points in the groups ptcpdump.printers, .sinks and .sources (docs/recipes.md)."""

import os
import sys

from ptcpdump.errors import PtcpdumpError, SavefileError, reason_of
from ptcpdump.lazy import lazy_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

with lazy_modules:
    from importlib import metadata  # costs as much as importing all that we need


def entry_points(group: str) -> "tuple[metadata.EntryPoint, ...]":
    """The entry points of a group; found quickly where no package has any, as is the rule."""
    if not _installed(group):
        return ()
    return tuple(metadata.entry_points(group=group))


class Addition:
    """What another package does with one file of its kind. Mistakes in it are said of that package."""

    def __init__(self, path: str, entry: "metadata.EntryPoint") -> None:
        package = f" of package {entry.dist.name} {entry.dist.version}" if entry.dist else ""
        self._what = f"{path}: entry point {entry.name} ({entry.value}) in {entry.group}{package}"
        self._path = path
        blamed = None
        try:
            self._function: Callable[[str], Any] = entry.load()
        except BaseException as error:
            blamed = self.blame(error, "can't be loaded")
        if blamed:
            raise blamed

    def call(self) -> "Any":
        """What it makes of the file. Raises SavefileError for what goes wrong in it, OSError that names a file."""
        try:
            return self._function(self._path)
        except BaseException as error:
            blamed = self.blame(error)
        raise blamed

    def blame(self, error: BaseException, what: str = "failed") -> BaseException:
        """The error to raise for what its code has raised, SystemExit too: itself if it speaks for itself."""
        if isinstance(error, PtcpdumpError | KeyboardInterrupt):
            return error        # said in our words, or ^C
        if isinstance(error, OSError):
            # the pipe that broke is not the one that our own output goes to
            named = error.filename is not None and not isinstance(error, BrokenPipeError)
            said = error if named else SavefileError(f"{self._what}: {error.strerror or error}")
        else:
            said = SavefileError(f"{self._what} {what}: {reason_of(error)}; tell its authors, or remove the package")
        if said is not error:
            said.__cause__ = error
        return said


def for_ending(group: str, path: str) -> Addition | None:
    """What an entry point does with files whose names end as `path` does; None without one. Its name is that ending.

    Raises SavefileError when it can't be loaded.
    """
    ending = os.path.splitext(path)[1].removeprefix(".")
    entry = next((entry for entry in entry_points(group) if entry.name == ending), None) if ending else None
    return Addition(path, entry) if entry else None


def _installed(group: str) -> bool:
    """Whether any package has entry points of a group, without parsing what all packages say of themselves."""
    mark = f"[{group}]".encode()
    return any(mark in _entry_points_of(folder or ".") for folder in sys.path)


def _entry_points_of(folder: str) -> bytes:
    """What all packages in a folder of sys.path say of their entry points."""
    try:
        names = os.listdir(folder)
    except OSError:     # a zip file, or nothing at all
        return b""
    return b"\n".join(
        _contents(f"{folder}/{name}/entry_points.txt") for name in names if name.endswith((".dist-info", ".egg-info")))


def _contents(path: str) -> bytes:
    try:
        with open(path, "rb") as file:      # noqa: PTH123  without pathlib, as above
            return file.read()
    except OSError:     # most packages have none
        return b""
