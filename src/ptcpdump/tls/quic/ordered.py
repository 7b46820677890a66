"""Bytes that come in pieces with offsets, in any order, as those of QUIC's streams and handshakes do."""

from bisect import bisect_left
from collections import OrderedDict
from typing import NamedTuple

from ptcpdump.tls.quic.frames import StreamData

_COST = 160                 # bytes that holding a piece costs beside its data
_MOST_STREAMS = 1 << 13     # of a connection that are known at a time
_MOST_OVER = 1 << 11        # of one type that are over before those which begin before them
_STREAM_COST = 512          # bytes of one, with what reads it


_NOTHING: dict[int, bytes] = {}


class Ordered:
    """Hands bytes on in order. held: what is kept back behind a hole costs so many bytes."""

    __slots__ = "_at", "_pieces", "end", "held", "offset"

    def __init__(self) -> None:
        self.offset = 0                 # of the next byte that is handed on
        self.held = 0
        self.end: int | None = None     # where it ends, once that is known
        self._at: list[int] | None = None       # offsets of what is kept back, in order; None before there is any
        self._pieces = _NOTHING

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
        if self._at is None:
            self._at, self._pieces = [], {}
        before = self._pieces.get(offset)
        if before is None and data:
            self._at.insert(bisect_left(self._at, offset), offset)
            self.held += len(data) + _COST
        elif before is None or len(before) >= len(data):
            return
        else:
            self.held += len(data) - len(before)
        self._pieces[offset] = data


class Piece(NamedTuple):
    """Bytes that come next in a stream of a direction; last: it ends there. stream -1: those of a datagram."""

    direction: int
    stream: int
    data: bytes
    last: bool = False


class StreamTable:
    """The streams of a connection, by direction and number. held: what all of them keep back costs so many bytes."""

    def __init__(self) -> None:
        self.held = 0
        self._known: OrderedDict[tuple[int, int], Ordered] = OrderedDict()      # those that are not over
        # by direction and type (RFC 9000, 2.1), streams in the order of their numbers: up to which all others are over,
        # and which behind that are
        self._below: dict[tuple[int, int], int] = {}
        self._over: dict[tuple[int, int], set[int]] = {}

    @property
    def cost(self) -> int:
        """Bytes of memory, beside what is held."""
        return _STREAM_COST * len(self._known)

    def add(self, direction: int, frame: StreamData) -> list[Piece]:
        """Take in a frame; returns what is in order now."""
        key = direction, frame.stream
        stream = self._known.get(key)
        if stream is None:
            if not (frame.data or frame.last) or self._is_over(key):
                return []       # it says nothing, or comes again, long after its end
            stream = self._known[key] = Ordered()
            if len(self._known) > _MOST_STREAMS:
                oldest, given_up = self._known.popitem(last=False)
                self.held -= given_up.held
                kind = oldest[0], oldest[1] & 3
                self._below[kind] = max(self._below.get(kind, 0), (oldest[1] >> 2) + 1)
        before = stream.held
        data = stream.add(frame.offset, frame.data)
        self.held += stream.held - before
        if frame.last:
            stream.end = frame.offset + len(frame.data)
        over = stream.end is not None and stream.offset >= stream.end
        if over:
            self._end(key, stream)
        return [Piece(direction, frame.stream, data, last=over)] if data or over else []

    def reset(self, direction: int, number: int) -> list[Piece]:
        """The sender gives a stream up: what waits is of no use any more."""
        stream = self._known.get((direction, number))
        if stream is None:
            return []
        self._end((direction, number), stream)
        return [Piece(direction, number, b"", last=True)]

    def _is_over(self, key: tuple[int, int]) -> bool:
        kind, index = (key[0], key[1] & 3), key[1] >> 2
        return index < self._below.get(kind, 0) or index in self._over.get(kind, ())

    def _end(self, key: tuple[int, int], stream: Ordered) -> None:
        """A stream is over: nothing but its number is remembered, and that only while others before it are not."""
        self.held -= stream.held
        del self._known[key]
        kind = key[0], key[1] & 3
        over, below = self._over.setdefault(kind, set()), self._below.get(kind, 0)
        over.add(key[1] >> 2)
        while below in over:
            over.remove(below)
            below += 1
        if len(over) > _MOST_OVER:
            below = max(below, sorted(over)[_MOST_OVER // 2])
            self._over[kind] = {index for index in over if index >= below}
        self._below[kind] = below
