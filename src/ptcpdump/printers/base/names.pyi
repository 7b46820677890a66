"""Names of addresses and ports for the hot path."""

from collections.abc import Callable

def load_services() -> int:
    """Read services(5) into the port tables; returns how many ports have a name."""

def install(resolver: Callable[[bytes], bytes | None] | None) -> None:
    """Ask `resolver` for names from now on; None: no names any more."""

def changed() -> None:
    """Tell that an answer came in: addresses without one are asked about again."""
