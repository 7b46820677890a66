"""TLS secrets before the first packet that needs them: in pcapng files, and for --decrypt."""

from ptcpdump.sinks.sink import Sink

PATIENCE: float     # seconds that packets wait for a secret
TLS_KEY_LOG: int    # pcapng's type of secrets

class Held: ...

class EmbeddingSink(Sink):
    """Stands before a sink of pcapng files. add() may be called in any thread, all else in that of the run."""

    def __init__(self, inner: Sink) -> None: ...
    def add(self, label: str, random: bytes, secret: bytes) -> None:
        """Write a secret before the next packet; a second time it is passed over."""

    @property
    def held_bytes(self) -> int:
        """What packets that wait take, in bytes."""
