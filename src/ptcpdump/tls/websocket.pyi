"""Frames of WebSocket in a connection's plaintext (RFC 6455, 5.2): kinds and sizes; payloads are passed over."""

from ptcpdump.tls.messages import Message

class Frames:
    """Both directions of a connection that has become one of WebSocket, by a request to this host and path."""

    def __init__(self, host: str, path: str) -> None: ...
    def feed(self, server: bool, data: bytes) -> list[Message] | None:
        """The frames whose heads have come; None where there are none any more that can be told apart."""

    def lose(self, server: bool) -> None:
        """Some of what a side has sent is missing: where a frame begins is not known any more."""
