"""HTTP/1 messages in a connection's plaintext (RFC 9112): first lines, hosts, sizes; bodies are passed over.

As tolerant as an observer has to be: what makes no sense ends the reading of a direction, and nothing else.
"""

from ptcpdump.tls.messages import Message

class Exchange:
    """Both directions of a connection. feed() tells the messages whose heads have come."""

    def __init__(self) -> None: ...
    def feed(self, server: bool, data: bytes, time: int | None) -> list[Message] | None:
        """Take data that a side has sent at a time (ns; None: not known); None where it is no HTTP/1."""

    def lose(self, server: bool) -> None:
        """Some of what a side has sent is missing: it goes on with the next message that begins what is fed."""

    def waiting(self, server: bool) -> int:
        """Bytes of a side that wait for more."""
