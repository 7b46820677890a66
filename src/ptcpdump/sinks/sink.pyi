from collections.abc import Iterable

from ptcpdump.net.interface import Interface

class Sink:
    """Takes packets from a source."""

    def add_interface(self, interface: Interface) -> int:
        """Announce the next row of the run's interface table."""

    def write_secrets(self, kind: int, secrets: bytes) -> int:
        """Pass on secrets that packets from here on may need; kind as in pcapng's Decryption Secrets Block."""

    def set_statistics(self, interface: int, received: int, dropped: int) -> int:
        """Say how many packets an interface received and dropped so far."""

    def close(self) -> int:
        """Write what is left and close the output; a second call does nothing."""

class Tee(Sink):
    """Two sinks as one."""

    def __init__(self, first: Sink, second: Sink) -> None: ...

def tee(sinks: Iterable[Sink]) -> Sink:
    """One sink that stands for all of them, in that order."""
