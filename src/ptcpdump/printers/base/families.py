"""Fills the registry of printers: with our own rows, then with those of third-party packages.

A package adds its own through the entry point group "ptcpdump.printers": each entry point names a callable that takes
no argument and calls :func:`ptcpdump.printers.base.calling.register`.
"""

import importlib

from ptcpdump.plugins import entry_points
from ptcpdump.printers.base import calling, core
from ptcpdump.printers.base.registry import PRINTERS, UNDECODED

GROUP = "ptcpdump.printers"     # of entry points


def load() -> None:
    """Fill the registry; a second call does nothing."""
    if core.loaded:
        return
    core.loaded = True
    for name in UNDECODED:
        core.forced_key(name)
    for row in PRINTERS:
        calling.register_row(row.layer, row.keys, f"ptcpdump.printers.{row.printer}", row.rank, row.type)
    for entry in entry_points(GROUP):
        try:
            entry.load()()
        except KeyboardInterrupt:
            raise
        except BaseException as error:      # another package's mistake, SystemExit too, is no reason to capture nothing
            calling.say_failed(f"entry point {entry.name} ({entry.value}) of {GROUP}", error,
                               "its printers are not there: tell its authors, or remove their package")


def import_printers() -> None:
    """Import every printer now. For runs that may not be able to read our files any more when a packet comes (-Z)."""
    load()
    for target in calling.not_imported():
        try:
            importlib.import_module(target.partition(":")[0])
        except KeyboardInterrupt:
            raise
        except BaseException:       # of another package's it is told when the first such packet comes
            if target.startswith("ptcpdump."):
                raise
