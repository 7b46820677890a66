"""The requests of a connection that has many streams, HTTP/2's or HTTP/3's, and what is told of them; gRPC."""

from ptcpdump.tls.messages import Message

class Requests:
    """The requests under way, by stream. protocol: HTTP/2 or HTTP/3."""

    def __init__(self, protocol: str) -> None: ...
    def headers(
        self, server: bool, stream: int, fields: dict[bytes, str], time: int | None, last: bool = False
    ) -> list[Message]:
        """Take the headers, or trailers, that a side has sent. last: no body follows them."""

    def body(self, stream: int, size: int) -> None:
        """So many bytes of a response's body have come."""

    def end(self, stream: int, time: int | None) -> list[Message]:
        """A response is over: its size, if its headers have not told it."""

    def drop(self, stream: int) -> None:
        """A stream was given up."""
