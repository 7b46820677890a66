"""HTTP/3 in a connection's streams (RFC 9114): requests, responses, sizes; gRPC.

As tolerant as an observer has to be: what makes no sense ends the reading of a stream, and nothing else.
"""

from ptcpdump.tls.messages import Message
from ptcpdump.tls.quic.ordered import Piece

class Exchange3:
    """All streams of a connection. feed() tells the messages whose headers, or whose ends, have come."""

    @property
    def kept(self) -> int: ...
    def __init__(self) -> None: ...
    def take(self, pieces: list[Piece], time: int | None) -> list[Message]:
        """The messages that pieces of streams complete; see feed()."""

    def feed(
        self, server: bool, stream: int, data: bytes, time: int | None, last: bool = False
    ) -> list[Message] | None:
        """Take data that a side has sent in a stream at a time (ns; None: not known).

        Returns None where it can't be read as HTTP/3.
        """
