"""One direction of a TCP connection put together from its segments (RFC 9293, 3.4, 3.10): no input, no output, no clock.

A Stream is told of the segments in the order of capture, and tells what they bring about (stream_events.py). Where
segments overlap, the copy that came first wins, byte by byte, whatever the later one says. Bytes of a segment that the
snapshot length cut off are a gap. What comes before the first data of a stream that is joined midway is left out, as are
segments further ahead than any window (2^30 bytes, RFC 7323) and resets outside of what was sent.

Data behind a hole is held back until the hole is filled, for at most `hold` ns after the first of it came, and only while
what is held back costs at most `limit` bytes; then the hole is given up as a gap. Segments may be as large as GRO makes
them (512 KiB and more). The module `streams` does this for all connections of a capture.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from ptcpdump.dissect.stream_events import Data, End, Event, Gap, Start

cdef enum:
    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    WINDOW_MAX = 1 << 30        # RFC 7323, 2.3
    PIECE_COST = 160            # bytes that holding a piece costs beside its data

HOLD = 1_000_000_000            # ns that data waits behind a hole
LIMIT = 4 << 20                 # bytes that one direction may hold back


cdef class Piece:
    """Data that is held back, or, without data, bytes that were sent but not captured."""

    cdef int64_t start, end, time
    cdef bytes data


cdef class Stream:
    """One direction of a TCP connection.

    hold: ns that data waits behind a hole; limit: bytes that may be held back.
    """

    def __init__(self, *, int64_t hold=HOLD, int64_t limit=LIMIT):
        self.hold = hold
        self.limit = limit
        self.pieces = []
        self.finish = -1

    def segment(self, seq: int, flags: int, payload: bytes, time: int = 0, length: int | None = None) -> list[Event]:
        """The events that a segment brings about.

        seq: its sequence number; flags: those of its header; payload: as captured; length: bytes of payload on the wire;
        time: ns.
        """
        cdef const uint8_t *data = payload
        return self.take(seq, flags, data, <uint32_t>len(payload), len(payload) if length is None else length, time)

    def expire(self, time: int) -> list[Event]:
        """Give up holes that have kept data back for too long by that time."""
        cdef list events = []
        cdef int64_t now = time
        while self.pieces and now - self.waiting_since() >= self.hold:
            self.skip_hole(events)
        return events

    def close(self, reason: str = "closed") -> list[Event]:
        """End the stream: what is held back comes with gaps before it."""
        cdef list events = []
        if self.started and not self.ended:
            self.finish_with(reason, events)
        return events

    # ----------------------------------------------------------------------- for Cython

    cdef list take(self, uint32_t seq, uint32_t flags, const uint8_t *data, uint32_t captured, uint32_t length, int64_t time):
        cdef list events = []
        cdef int32_t ahead
        if flags & SYN:
            seq += 1
            if not self.started or self.ended:
                self.begin(seq, False, events)
            elif seq != <uint32_t>(self.next - <uint32_t>self.offset):
                self.finish_with("new", events)
                self.begin(seq, False, events)
        elif not self.started:
            if length == 0:
                return events
            self.begin(seq, True, events)
        if self.ended:
            return events
        ahead = <int32_t>(seq - self.next)
        if ahead > WINDOW_MAX or ahead < -WINDOW_MAX:
            return events
        if flags & RST:
            if 0 <= ahead <= self.extent() - self.offset:
                self.last = max(self.last, time)
                self.finish_with("rst", events)
            return events
        self.last = max(self.last, time)
        if flags & FIN and self.finish < 0 and self.offset + ahead + length >= self.extent():
            self.finish = self.offset + ahead + length
        if ahead == 0 and not self.pieces and captured >= length and self.finish < 0:
            if length:          # nearly every segment: what comes is what was to come
                events.append(Data(self.offset, data[:length]))
                self.offset += length
                self.next += length
            return events
        self.keep(self.offset + ahead, data, captured, length, time)
        self.deliver(events)
        while self.pieces and (self.held > self.limit or time - self.waiting_since() >= self.hold):
            self.skip_hole(events)
        return events

    cdef int64_t waiting_since(self):
        return (<Piece>self.pieces[0]).time if self.pieces else -1

    cdef int64_t extent(self):
        return (<Piece>self.pieces[len(self.pieces) - 1]).end if self.pieces else self.offset

    cdef int begin(self, uint32_t next, bint midstream, list events) except -1:
        self.started = True
        self.ended = False
        self.midstream = midstream
        self.next = next
        self.offset = 0
        self.finish = -1
        events.append(Start(midstream))
        return 0

    cdef int keep(self, int64_t start, const uint8_t *data, uint32_t captured, uint32_t length, int64_t time) except -1:
        """Hold back what is new of a segment: not delivered, and not in another piece."""
        cdef int64_t at = max(start, self.offset), end = start + length, until
        cdef Py_ssize_t index = self.piece_behind(at)
        cdef Piece piece
        if self.finish >= 0:
            end = min(end, self.finish)
        while at < end:
            piece = self.pieces[index] if index < len(self.pieces) else None
            if piece is not None and piece.start <= at:
                at = piece.end
                index += 1
                continue
            until = end if piece is None else min(end, piece.start)
            if at < start + captured:
                until = min(until, start + captured)
                self.add_piece(index, at, until, data[at - start:until - start], time)
            else:
                self.add_piece(index, at, until, None, time)
            index += 1
            at = until
        return 0

    cdef Py_ssize_t piece_behind(self, int64_t offset):
        """Index of the first piece that ends behind an offset."""
        cdef Py_ssize_t low = 0, high = len(self.pieces), middle
        while low < high:
            middle = (low + high) // 2
            if (<Piece>self.pieces[middle]).end <= offset:
                low = middle + 1
            else:
                high = middle
        return low

    cdef int add_piece(self, Py_ssize_t index, int64_t start, int64_t end, bytes data, int64_t time) except -1:
        cdef Piece piece = Piece.__new__(Piece)
        piece.start = start
        piece.end = end
        piece.time = time
        piece.data = data
        self.held += PIECE_COST + (len(data) if data is not None else 0)
        self.pieces.insert(index, piece)
        return 0

    cdef int deliver(self, list events) except -1:
        """Hand out the pieces that have come to be next, and the end."""
        cdef Piece piece
        cdef Py_ssize_t count = 0
        for piece in self.pieces:
            if piece.start != self.offset:
                break
            if piece.data is None:
                self.pass_over(piece.end, events)
            else:
                events.append(Data(self.offset, piece.data))
                self.next += <uint32_t>(piece.end - piece.start)
                self.offset = piece.end
            self.held -= PIECE_COST + (len(piece.data) if piece.data is not None else 0)
            count += 1
        if count:
            del self.pieces[:count]
        if 0 <= self.finish <= self.offset:
            self.end_here("fin", events)
        return 0

    cdef int pass_over(self, int64_t end, list events) except -1:
        """Report the bytes up to an offset as a gap, as one with a gap that was just reported."""
        cdef int64_t start = self.offset
        if events and type(events[len(events) - 1]) is Gap:
            start = events.pop().offset
        events.append(Gap(start, end - start))
        self.next += <uint32_t>(end - self.offset)
        self.offset = end
        return 0

    cdef bint skip_hole(self, list events) except -1:
        """Give up the first hole and hand out what stands behind it."""
        if not self.pieces:
            return False
        self.pass_over((<Piece>self.pieces[0]).start, events)
        self.deliver(events)
        return True

    cdef int finish_with(self, str reason, list events) except -1:
        while not self.ended and self.skip_hole(events):
            pass
        if not self.ended and self.finish > self.offset:
            self.pass_over(self.finish, events)
        if not self.ended:
            self.end_here("fin" if self.finish >= 0 and reason not in ("rst", "new") else reason, events)
        return 0

    cdef int end_here(self, str reason, list events) except -1:
        events.append(End(self.offset, reason))
        self.ended = True
        self.pieces = []
        self.held = 0
        return 0
