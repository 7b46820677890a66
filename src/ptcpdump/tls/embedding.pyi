"""TLS secrets in a pcapng file, each before the first packet that needs it (Decryption Secrets Block)."""

from ptcpdump.sinks.sink import Sink

PATIENCE: float     # seconds that packets wait for a secret
TLS_KEY_LOG: int    # pcapng's type of secrets

class Handshake: ...

class Held: ...

class EmbeddingSink(Sink):
    """Stands before a sink of pcapng files. add() may be called in any thread, all else in that of the run."""

    def __init__(self, inner: Sink) -> None: ...
    def add(self, label: str, random: bytes, secret: bytes) -> None:
        """Write a secret before the next packet; a second time it is passed over."""

