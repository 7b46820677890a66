"""Bytes that come in pieces with offsets, in any order, as those of QUIC's streams and handshakes do."""

from ptcpdump.tls.quic.frames import Frame, StreamData

class Ordered:
    """Hands bytes on in order. held: what is kept back behind a hole costs so many bytes."""

    @property
    def offset(self) -> int: ...
    @property
    def held(self) -> int: ...
    def add(self, offset: int, data: bytes) -> bytes:
        """Take bytes; returns those that are in order now."""

class Piece:
    """Bytes that come next in a stream of a direction; last: it ends there. stream -1: those of a datagram."""

    @property
    def direction(self) -> int: ...
    @property
    def stream(self) -> int: ...
    @property
    def data(self) -> bytes: ...
    @property
    def last(self) -> bool: ...

class StreamTable:
    """The streams of a connection, by direction and number. held: what all of them keep back costs so many bytes."""

    @property
    def held(self) -> int: ...
    @property
    def cost(self) -> int:
        """Bytes of memory, beside what is held."""

    @property
    def over(self) -> dict[int, set[int]]: ...
    def __init__(self) -> None: ...
    def add(self, direction: int, frame: StreamData) -> list[Piece]:
        """Take in a frame; returns what is in order now."""

    def take(self, direction: int, frames: list[Frame], at: int, pieces: list[Piece]) -> int:
        """Take in frames from this one on, as far as they are of streams, or datagrams; where the next one is.

        What is in order now is added to the pieces: what follows each other in a stream, as one.
        """
