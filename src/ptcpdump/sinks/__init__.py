"""Where records go: text, pcapng, pcap. Only this package writes output.

PacketSink, the base of sinks that are written in Python, is for other packages (docs/recipes.md) and stays as it is.
"""

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ptcpdump.sinks.objects import PacketSink

__all__ = ["PacketSink"]


def __getattr__(name: str) -> "Any":
    """Import on first use."""
    if name in __all__:
        return getattr(importlib.import_module("ptcpdump.sinks.objects"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
