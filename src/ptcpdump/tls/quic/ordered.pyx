"""Bytes that come in pieces with offsets, in any order, as those of QUIC's streams and handshakes do.

In Cython, as a piece may have one byte, or none: a small capture may hold millions of them.
"""

from libc.stdint cimport int64_t

from ptcpdump.tls.quic.frames cimport Datagram, Reset, StreamData

from collections import OrderedDict
from heapq import heappop, heappush

cdef enum:
    COST = 160                  # bytes that holding a piece costs beside its data
    MOST_STREAMS = 1 << 13      # of a connection that are known at a time
    MOST_OVER = 1 << 11         # of one type that are over before those which begin before them
    STREAM_COST = 512           # bytes of one, with what reads it
    TYPES = 8                   # two directions of four types each (RFC 9000, 2.1)


cdef class Ordered:
    """Hands bytes on in order. held: what is kept back behind a hole costs so many bytes."""

    cdef readonly int64_t offset        # of the next byte that is handed on
    cdef readonly int64_t held
    cdef int64_t end            # where it ends; -1: not known yet
    cdef list at                # offsets of what is kept back, as a heap; None before there is any
    cdef dict pieces            # and that

    def __cinit__(self):
        self.end = -1

    cpdef bytes add(self, int64_t offset, bytes data):
        """Take bytes; returns those that are in order now."""
        cdef list parts
        cdef bytes piece
        cdef int64_t start
        if offset > self.offset:
            self.keep(offset, data)
            return b""
        if offset < self.offset:
            data = data[self.offset - offset:]
        self.offset += len(data)
        if not self.at:
            return data
        parts = [data]
        while self.at and <int64_t>self.at[0] <= self.offset:
            start = heappop(self.at)
            piece = self.pieces.pop(start)
            self.held -= len(piece) + COST
            piece = piece[self.offset - start:]
            parts.append(piece)
            self.offset += len(piece)
        return b"".join(parts)

    cdef int keep(self, int64_t offset, bytes data) except -1:
        """Keep a piece back; of two at one offset the longer one."""
        cdef bytes before
        if self.at is None:
            self.at, self.pieces = [], {}
        before = self.pieces.get(offset)
        if before is None and data:
            heappush(self.at, offset)
            self.held += len(data) + COST
        elif before is None or len(before) >= len(data):
            return 0
        else:
            self.held += len(data) - len(before)
        self.pieces[offset] = data
        return 0


cdef class Piece:
    """Bytes that come next in a stream of a direction; last: it ends there. stream -1: those of a datagram."""

    @property
    def data(self):
        return self.whole()

    cdef bytes whole(self):
        if self.more is not None:
            self.first = self.first + b"".join(self.more)
            self.more = None
        return self.first


cdef int put(list pieces, int direction, int64_t stream, bytes data, bint last) except -1:
    """Add bytes: behind what they follow, if that was the last thing that came."""
    cdef Piece piece
    if pieces:
        piece = <Piece?>pieces[len(pieces) - 1]
        if piece.stream == stream and piece.direction == direction and not piece.last:
            if piece.more is None:
                piece.more = []
            piece.more.append(data)
            piece.last = last
            return 0
    piece = Piece.__new__(Piece)
    piece.direction, piece.stream, piece.first, piece.last = direction, stream, data, last
    pieces.append(piece)
    return 0


cdef class StreamTable:
    """The streams of a connection, by direction and number. held: what all of them keep back costs so many bytes."""

    cdef readonly int64_t held
    cdef object known               # Ordered of those that are not over, by number and direction
    # by direction and type, streams in the order of their numbers: up to which all others are over, and which behind
    # that are
    cdef int64_t below[TYPES]
    cdef readonly dict over
    cdef int64_t last_key           # of the stream that was looked for last, and that
    cdef Ordered last_stream

    def __init__(self):
        self.known = OrderedDict()
        self.over = {}

    @property
    def cost(self):
        """Bytes of memory, beside what is held."""
        return STREAM_COST * len(self.known)

    def add(self, int direction, StreamData frame not None):
        """Take in a frame; returns what is in order now."""
        cdef list pieces = []
        self.take_data(direction, frame, pieces)
        return pieces

    def take(self, int direction, list frames not None, Py_ssize_t at, list pieces not None):
        """Take in frames from this one on, as far as they are of streams, or datagrams; where the next one is.

        What is in order now is added to the pieces: what follows each other in a stream, as one.
        """
        cdef object frame
        for at in range(at, len(frames)):
            frame = frames[at]
            if type(frame) is StreamData:
                self.take_data(direction, <StreamData>frame, pieces)
            elif type(frame) is Datagram:
                put(pieces, direction, -1, (<Datagram>frame).data, False)
            elif type(frame) is Reset:
                self.reset(direction, (<Reset>frame).stream, pieces)
            else:
                return at
        return len(frames)

    cdef Ordered find(self, int64_t key):
        if self.last_stream is None or self.last_key != key:
            self.last_stream = self.known.get(key)
            self.last_key = key
        return self.last_stream

    cdef int take_data(self, int direction, StreamData frame, list pieces) except -1:
        cdef int64_t key = frame.stream << 1 | direction, before, given_up
        cdef Ordered stream = self.find(key)
        cdef bytes data
        cdef bint over
        if stream is None:
            if not (frame.data or frame.last) or self.is_over(key):
                return 0        # it says nothing, or comes again, long after its end
            if frame.last and not frame.offset:         # all of it
                self.mark_over(key)
                return put(pieces, direction, frame.stream, frame.data, True)
            stream = self.last_stream = self.known[key] = Ordered.__new__(Ordered)
            if len(self.known) > MOST_STREAMS:
                given_up, oldest = self.known.popitem(last=False)
                self.held -= (<Ordered?>oldest).held
                self.below[given_up & 7] = max(self.below[given_up & 7], (given_up >> 3) + 1)
        before = stream.held
        data = stream.add(frame.offset, frame.data)
        self.held += stream.held - before
        if frame.last:
            stream.end = frame.offset + len(frame.data)
        over = 0 <= stream.end <= stream.offset
        if over:
            self.finish(key, stream)
        if data or over:
            put(pieces, direction, frame.stream, data, over)
        return 0

    cdef int reset(self, int direction, int64_t number, list pieces) except -1:
        """The sender gives a stream up: what waits is of no use any more."""
        cdef int64_t key = number << 1 | direction
        cdef Ordered stream = self.find(key)
        if stream is None:
            return 0
        self.finish(key, stream)
        return put(pieces, direction, number, b"", True)

    cdef bint is_over(self, int64_t key) except -1:
        cdef int kind = key & 7
        return key >> 3 < self.below[kind] or (key >> 3) in self.over.get(kind, ())

    cdef int finish(self, int64_t key, Ordered stream) except -1:
        self.held -= stream.held
        del self.known[key]
        self.last_stream = None
        return self.mark_over(key)

    cdef int mark_over(self, int64_t key) except -1:
        """A stream is over: nothing but its number is remembered, and that only while others before it are not."""
        cdef int kind = key & 7
        cdef int64_t below = self.below[kind]
        cdef set over
        if key >> 3 == below and not self.over.get(kind):       # in order, as most are
            self.below[kind] = below + 1
            return 0
        over = self.over.setdefault(kind, set())
        over.add(key >> 3)
        while below in over:
            over.remove(below)
            below += 1
        if len(over) > MOST_OVER:
            below = max(below, <int64_t>sorted(over)[MOST_OVER // 2])
            self.over[kind] = {index for index in over if index >= below}
        self.below[kind] = below
        return 0
