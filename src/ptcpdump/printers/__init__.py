"""Packet bytes to tcpdump's text: one module per protocol family, tied together by one registry.

Families on the hot path are Cython and register C functions; rare ones are plain Python functions that take a
:class:`View`. Which is which is seen only in the registry.

What is in ``__all__`` is for packages that add printers (docs/recipes.md) and stays as it is: View, what a printer
gets; register(), which tells what a printer serves; Truncated, raised when a packet ends before what is read of it.
"""

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ptcpdump.printers.base.calling import register
    from ptcpdump.printers.base.view import Truncated, View

__all__ = ["Truncated", "View", "register"]


def __getattr__(name: str) -> "Any":
    """Import on first use: nearly all who import this package want one of its modules."""
    if name in __all__:
        module = "calling" if name == "register" else "view"
        return getattr(importlib.import_module(f"ptcpdump.printers.base.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
