"""All TCP streams of a capture put together, within bounds of bytes, streams and time.

A direction of a connection is known by a key: what the caller gives as `scope` (an interface, a network namespace; None
where addresses mean the same everywhere), and Fields.flow. Packets are fed in the order of capture; what comes back are
the keys and events of ptcpdump.dissect.stream_events, also those of other streams that had to be given up: the one that has been
silent for longest when there are too many, the one that has waited for longest when too much is held back.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from ptcpdump.dissect.fields cimport Fields
from ptcpdump.dissect.packet_fields cimport FOUND_TCP
from ptcpdump.dissect.stream cimport Stream

from collections import OrderedDict
from collections.abc import Hashable

from ptcpdump.dissect.stream import HOLD, LIMIT
from ptcpdump.dissect.stream_events import Event

cdef enum:
    SYN = 0x02

TOTAL = 64 << 20                # bytes that all streams together may hold back
STREAMS = 65_536                # directions that are known at a time
IDLE = 300_000_000_000          # ns after which a silent direction is forgotten

Key = tuple[Hashable, bytes]    # scope and flow of a direction


cdef class Streams:
    """The streams of a capture.

    hold: ns that data waits behind a hole; limit: bytes that one direction may hold back, total: all together;
    streams: directions that are known at a time; idle: ns after which a silent one is forgotten.
    """

    # OrderedDict, of which the first one is found at once, however many before it are gone
    cdef object known       # key: Stream, the one that was silent for longest first
    cdef object waiting     # those of them that hold data back, the one that began to do so first
    cdef int64_t hold, limit, total, idle, now
    cdef Py_ssize_t streams
    cdef readonly int64_t held          # what all of them hold back costs, in bytes

    def __init__(self, *, int64_t hold=HOLD, int64_t limit=LIMIT, int64_t total=TOTAL, Py_ssize_t streams=STREAMS,
                 int64_t idle=IDLE):
        self.known = OrderedDict()
        self.waiting = OrderedDict()
        self.hold, self.limit, self.total, self.idle, self.streams = hold, limit, total, idle, streams

    def __len__(self):
        return len(self.known)

    def feed(self, Fields fields not None, int64_t time, scope=None) -> list[tuple[Key, Event]]:
        """What a packet brings about; time: ns. Packets without a TCP header only let time pass."""
        cdef list events = self.expire(time)
        cdef uint32_t length = fields.f.payload_length
        cdef Stream stream
        cdef int64_t last
        if not fields.f.found & FOUND_TCP:
            return events
        key = scope, fields.flow
        stream = self.known.get(key)
        if stream is None:
            if length == 0 and not fields.f.tcp_flags & SYN:
                return events       # nothing begins here
            if len(self.known) >= self.streams:
                self.forget(next(iter(self.known)), "evicted", events)
            stream = self.known[key] = Stream(hold=self.hold, limit=self.limit)
        last = stream.last
        self.note(key, stream, stream.take(
            fields.f.seq, fields.f.tcp_flags, <const uint8_t *><const char *>fields.data + fields.f.payload.at,
            fields.f.payload.len, length, time), events)
        if stream.last != last:
            self.known.move_to_end(key)
        while self.held > self.total:
            self.skip_oldest_hole(events)
        return events

    def expire(self, int64_t time) -> list[tuple[Key, Event]]:
        """What happens because it is that late: holes and silent streams are given up."""
        cdef list events = []
        cdef Stream stream
        self.now = max(self.now, time)
        while self.waiting:
            stream = next(iter(self.waiting.values()))
            if self.now - stream.waiting_since() < self.hold:
                break
            self.skip_oldest_hole(events)
        while self.known:
            key, stream = next(iter(self.known.items()))
            if self.now - stream.last < self.idle:
                break
            self.forget(key, "idle", events)
        return events

    def close(self) -> list[tuple[Key, Event]]:
        """End all streams: nothing more will come."""
        cdef list events = []
        while self.known:
            self.forget(next(iter(self.known)), "closed", events)
        return events

    cdef int skip_oldest_hole(self, list events) except -1:
        cdef list found = []
        cdef Stream stream
        key, stream = next(iter(self.waiting.items()))
        stream.skip_hole(found)
        del self.waiting[key]       # what waits behind the next hole began to do so later
        self.note(key, stream, found, events)
        return 0

    cdef int note(self, key, Stream stream, list found, list events) except -1:
        """Take over what a stream has brought about, and what it holds back now."""
        events += [(key, event) for event in found]
        self.held += stream.held - stream.counted
        stream.counted = stream.held
        if stream.pieces:
            self.waiting.setdefault(key, stream)
        else:
            self.waiting.pop(key, None)
        return 0

    cdef int forget(self, key, str reason, list events) except -1:
        cdef Stream stream = self.known.pop(key)
        self.note(key, stream, stream.close(reason), events)
        return 0
