"""What is known of one direction of a TLS connection."""

from collections.abc import Callable

from ptcpdump.tls.ciphers import Protection
from ptcpdump.tls.resuming import Search


class Side:
    """One direction, as connection.py reads it."""

    __slots__ = ("early", "first", "lacking", "messages", "misfits", "next", "protection", "refused", "search",
                 "settled", "waiting", "wanted")

    def __init__(self) -> None:
        self.waiting = bytearray()      # of the stream: not read yet
        self.wanted = 0                 # so many of them are needed to go on: large records come in many segments
        self.messages = bytearray()     # of the handshake: not whole yet
        self.protection: Protection | None = None
        self.next: Callable[[], Protection] | None = None       # makes the protection that is needed next
        self.lacking = False            # records wait for a key
        self.early = False              # of the client: its first flight may hold data
        self.misfits = False            # such data does not fit its key
        self.refused = 0                # bytes of that data which the server does not take
        self.first: Protection | None = None    # what comes after that data: made by next()
        self.settled = False            # the handshake is over: a record more or less does not matter
        self.search: Search | None = None       # bytes are missing, and where it goes on is looked for
