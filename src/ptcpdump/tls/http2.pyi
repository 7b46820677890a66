"""HTTP/2 in a connection's plaintext (RFC 9113): requests, responses, sizes; gRPC.

As tolerant as an observer has to be: what makes no sense ends the reading of a direction, and nothing else.
"""

from ptcpdump.tls.messages import Message

PREFACE: bytes

class Exchange2:
    """Both directions of a connection. feed() tells the messages whose headers, or whose ends, have come."""

    def __init__(self) -> None: ...
    def feed(self, server: bool, data: bytes, time: int | None) -> list[Message] | None:
        """Take data that a side has sent at a time (ns; None: not known); None where it can't be read as HTTP/2."""

    def lose(self, server: bool) -> None:
        """Some of what a side has sent is missing: headers build on those before them, so its end is here."""
