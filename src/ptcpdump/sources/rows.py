"""The interface table of a run as sources see it."""

from ptcpdump.net.interface import Interface, Statistics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object


class Rows(Protocol):
    """The interface table of a run as sources see it."""

    def row(self, interface: Interface, nth: int = 0) -> int:
        """The row of an interface, for packets of it: always the same for what is equal.

        nth: how many equal ones the caller tells apart from this one.
        """

    def release(self, row: int) -> None:
        """Let go of a row: no packet of it will come from the caller any more."""

    def count(self, row: int, statistics: Statistics) -> None:
        """Add to what is known of an interface's packets."""
