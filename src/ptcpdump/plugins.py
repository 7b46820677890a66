"""What other packages add, by entry points in the groups ptcpdump.printers, .sinks and .sources (docs/recipes.md)."""

import os
import sys

from ptcpdump.errors import SavefileError
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


def for_ending(group: str, path: str) -> "Callable[[str], Any] | None":
    """What an entry point makes of files whose names end as `path` does; None without one. Its name is that ending.

    What it raises comes out as SavefileError with its name. Raises SavefileError when it can't be loaded.
    """
    ending = os.path.splitext(path)[1].removeprefix(".")
    entry = next((entry for entry in entry_points(group) if entry.name == ending), None) if ending else None
    if entry is None:
        return None
    what = f"{path}: entry point {entry.name} ({entry.value}) of {group}"
    try:
        found = entry.load()
    except Exception as error:  # whatever another package does wrong
        raise SavefileError(
            f"{what} can't be loaded: {type(error).__name__}: {error}; repair or remove its package") from error

    def call(path: str) -> "Any":
        try:
            return found(path)
        except (SavefileError, OSError):
            raise
        except Exception as error:
            raise SavefileError(f"{what} failed: {type(error).__name__}: {error}; tell its authors") from error

    return call


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
