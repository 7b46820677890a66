"""Bytes that come in pieces with offsets, in any order, as those of QUIC's streams and handshakes do."""

from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass

from ptcpdump.tls.quic.frames import StreamData

_COST = 160                 # bytes that holding a piece costs beside its data
_MOST_STREAMS = 1 << 13     # of a connection that are remembered, those that are over among them


class Ordered:
    """Hands bytes on in order. held: what is kept back behind a hole costs so many bytes."""

    def __init__(self) -> None:
        self.offset = 0                 # of the next byte that is handed on
        self.held = 0
        self.end: int | None = None     # where it ends, once that is known
        self.over = False               # all of it has come
        self._at: list[int] = []        # offsets of what is kept back, in order
        self._pieces: dict[int, bytes] = {}

    def add(self, offset: int, data: bytes) -> bytes:
        """Take bytes; returns those that are in order now."""
        if offset > self.offset:
            self._keep(offset, data)
            return b""
        whole = data[self.offset - offset:]
        self.offset += len(whole)
        if not self._at:
            return whole
        parts = [whole]
        while self._at and self._at[0] <= self.offset:
            start = self._at.pop(0)
            piece = self._pieces.pop(start)
            self.held -= len(piece) + _COST
            parts.append(piece[self.offset - start:])
            self.offset += len(parts[-1])
        return b"".join(parts)

    def _keep(self, offset: int, data: bytes) -> None:
        """Keep a piece back; of two at one offset the longer one."""
        before = self._pieces.get(offset)
        if before is None and data:
            self._at.insert(bisect_left(self._at, offset), offset)
            self.held += len(data) + _COST
        elif before is None or len(before) >= len(data):
            return
        else:
            self.held += len(data) - len(before)
        self._pieces[offset] = data


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that come next in a stream of a direction; last: it ends there. stream -1: those of a datagram."""

    direction: int
    stream: int
    data: bytes
    last: bool = False


class StreamTable:
    """The streams of a connection, by direction and number. held: what all of them keep back costs so many bytes."""

    def __init__(self) -> None:
        self.held = 0
        self._known: OrderedDict[tuple[int, int], Ordered] = OrderedDict()
        self._forgotten: dict[tuple[int, int], int] = {}    # the last one, by direction and type (RFC 9000, 2.1)

    def add(self, direction: int, frame: StreamData) -> list[Piece]:
        """Take in a frame; returns what is in order now."""
        key = direction, frame.stream
        stream = self._known.get(key)
        if stream is None:
            if frame.stream <= self._forgotten.get((direction, frame.stream & 3), -1):
                return []       # it comes again, long after its end
            stream = self._known[key] = Ordered()
            if len(self._known) > _MOST_STREAMS:
                (direction_, number), oldest = self._known.popitem(last=False)
                self.held -= oldest.held
                kind = direction_, number & 3
                self._forgotten[kind] = max(number, self._forgotten.get(kind, -1))
        if stream.over:
            return []
        before = stream.held
        data = stream.add(frame.offset, frame.data)
        self.held += stream.held - before
        if frame.last:
            stream.end = frame.offset + len(frame.data)
        stream.over = stream.end is not None and stream.offset >= stream.end
        return [Piece(direction, frame.stream, data, last=stream.over)] if data or stream.over else []

    def reset(self, direction: int, number: int) -> list[Piece]:
        """The sender gives a stream up: what waits is of no use any more."""
        stream = self._known.get((direction, number))
        if stream is None or stream.over:
            return []
        self.held -= stream.held
        over = self._known[direction, number] = Ordered()
        over.over = True
        return [Piece(direction, number, b"", last=True)]
