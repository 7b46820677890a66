"""Fills the registry of printers: with our own rows, then with those of third-party packages.

A package adds its own through the entry point group "ptcpdump.printers": each entry point names a callable that takes
no argument and calls :func:`ptcpdump.printers.base.view.register`.
"""

import importlib
import sys
from pathlib import Path

from ptcpdump.lazy import lazy_modules
from ptcpdump.printers.base import core, view
from ptcpdump.printers.base.registry import PRINTERS, UNDECODED

with lazy_modules:
    from importlib import metadata

GROUP = "ptcpdump.printers"     # of entry points


def load() -> None:
    """Fill the registry; a second call does nothing."""
    if core.loaded:
        return
    core.loaded = True
    for name in UNDECODED:
        core.forced_key(name)
    for row in PRINTERS:
        view.register_row(row.layer, row.keys, f"ptcpdump.printers.{row.printer}", row.rank, row.type)
    if _others_installed():
        for entry in metadata.entry_points(group=GROUP):
            try:
                entry.load()()
            except Exception as error:  # another package's mistake is no reason to capture nothing
                view.say_failed(f"entry point {entry.name} ({entry.value}) of {GROUP}", error,
                                "its printers are not there: tell its authors, or remove their package")


def import_printers() -> None:
    """Import every printer now. For runs that may not be able to read our files any more when a packet comes (-Z)."""
    load()
    for target in view.not_imported():
        importlib.import_module(target.partition(":")[0])


def _others_installed() -> bool:
    """Whether any installed package adds printers, found without parsing what all packages say of themselves."""
    mark = f"[{GROUP}]".encode()
    return any(
        mark in file.read_bytes()
        for folder in sys.path
        for pattern in ("*.dist-info/entry_points.txt", "*.egg-info/entry_points.txt")
        for file in Path(folder or ".").glob(pattern)
    )
