from collections.abc import Callable, Iterable

from ptcpdump.net.interface import Interface, Statistics

class Sink:
    """Takes packets from a source."""

    def add_interface(self, row: int, interface: Interface) -> int:
        """Say that a row of the run's interface table stands for this interface from now on."""

    def drop_interface(self, row: int) -> int:
        """Say that no packet of this row will come any more, until it stands for another interface."""

    def write_secrets(self, kind: int, secrets: bytes) -> int:
        """Pass on secrets that packets from here on may need; kind as in pcapng's Decryption Secrets Block."""

    def write_block(self, kind: int, body: bytes) -> int:
        """Pass on a pcapng block of names or of somebody's own, in this machine's byte order."""

    def set_statistics(self, row: int, statistics: Statistics) -> int:
        """Say what is known of an interface's packets so far; the last call counts."""

    def ask_statistics(self, ask: Callable[[], None] | None) -> int:
        """Have `ask` called, which calls set_statistics(), before the end of each file that another one follows.

        None: no more, for the last call of set_statistics() tells all.
        """

    def close(self) -> int:
        """Write what is left and close the output; a second call does nothing."""

class Tee(Sink):
    """Two sinks as one."""

    def __init__(self, first: Sink, second: Sink) -> None: ...

def tee(sinks: Iterable[Sink]) -> Sink:
    """One sink that stands for all of them, in that order."""
