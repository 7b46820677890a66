"""HTTP/3 in a connection's streams (RFC 9114): requests, responses, sizes; gRPC.

As tolerant as an observer has to be: what makes no sense ends the reading of a stream, and nothing else. In Cython, as
a frame may have two bytes, and a stream's part none.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from ptcpdump.tls.cursor cimport Cursor
from ptcpdump.tls.quic.frames cimport number
from ptcpdump.tls.quic.ordered cimport Piece
from ptcpdump.tls.quic.qpack cimport HeaderReader
from ptcpdump.tls.requests cimport Requests

from collections import OrderedDict

from ptcpdump.tls.headerstrings import NAMES
from ptcpdump.tls.quic.qpack import Blocked, UnreadableError

cdef enum:
    DATA, HEADERS               # types of frames
    SETTINGS = 0x04
    CONTROL = 0x00              # types of streams in one direction
    ENCODER = 0x02
    QPACK_MAX_TABLE_CAPACITY = 0x01     # a setting
    MOST_FRAME = 1 << 16        # bytes of a frame other than DATA
    MOST_KEPT = 1 << 22         # bytes of a connection that wait for more
    MOST_STREAMS = 8192         # of both directions
    ONE_WAY = 2                 # bits of a stream's number (RFC 9000, 2.1)
    BY_SERVER = 1
    NONE = -1
    MOST_BLOCKS = 256           # headers that are remembered
    LARGEST_BLOCK = 256         # bytes of those

cdef object MATTER = frozenset(NAMES)


cdef class Reading:
    """One direction of a stream."""

    cdef bytearray data
    cdef int64_t kind           # of a stream in one direction; NONE: not known yet
    cdef int64_t left           # bytes of a DATA frame, or of one that is passed over, to come
    cdef bint counts            # those are of a body
    cdef bint blocked           # headers wait,
    cdef object came            # and when they came
    cdef bint last, broken

    def __cinit__(self):
        self.data, self.kind = bytearray(), NONE

    cdef int end(self) except -1:
        """It makes no sense."""
        self.broken = True
        self.data.clear()
        return 0


cdef class Exchange3:
    """All streams of a connection. feed() tells the messages whose headers, or whose ends, have come."""

    cdef HeaderReader client, server    # of what each of them sends
    cdef object readings        # by stream and direction
    cdef Requests requests
    cdef readonly int64_t kept  # bytes in all streams that wait for more
    cdef dict blocks            # headers that refer to no table of the connection, and what matters of them

    def __init__(self):
        self.client, self.server, self.readings = HeaderReader(), HeaderReader(), OrderedDict()
        self.requests, self.blocks = Requests("HTTP/3"), {}

    def take(self, list pieces not None, time):
        """The messages that pieces of streams complete; see feed()."""
        cdef Piece piece
        cdef list messages = []
        for piece in pieces:
            messages += self.feed(piece.direction, piece.stream, piece.whole(), time, piece.last) or ()
        return messages

    cpdef list feed(self, bint server, int64_t stream, bytes data, time, bint last=False):
        """Take data that a side has sent in a stream at a time (ns; None: not known).

        Returns None where it can't be read as HTTP/3.
        """
        cdef int64_t key = 2 * stream + server
        cdef Reading reading = self.readings.get(key)
        cdef list messages = []
        cdef Py_ssize_t before
        cdef bint is_new = reading is None
        if is_new:
            reading = Reading.__new__(Reading)
            if not last:            # else it is not needed any more in a moment
                self.keep(key, reading)
        if reading.broken or stream < 0:
            return None
        before = len(reading.data)
        reading.last = last
        try:
            if data:
                reading.data += data
                if stream & ONE_WAY:
                    self.one_way(server, reading, time, messages)
                elif not stream & BY_SERVER:
                    self.frames(server, stream, reading, time, messages)
        except UnreadableError:
            reading.end()
        if self.kept + len(reading.data) - before > MOST_KEPT:
            reading.end()
        self.kept += len(reading.data) - before
        if last and not reading.blocked:
            if server and not reading.broken:
                messages.extend(self.requests.end(stream, time))
            self.forget(key, reading)
        elif last and is_new:
            self.keep(key, reading)
        return messages if messages or not reading.broken else None

    cdef HeaderReader reader(self, bint server):
        return self.server if server else self.client

    cdef int keep(self, int64_t key, Reading reading) except -1:
        """A stream goes on, or its headers have to wait."""
        self.readings[key] = reading
        if len(self.readings) > MOST_STREAMS:
            self.kept -= len((<Reading?>self.readings.popitem(last=False)[1]).data)
        return 0

    cdef int forget(self, int64_t key, Reading reading) except -1:
        """A stream is over."""
        self.kept -= len(reading.data)
        self.readings.pop(key, None)
        return 0

    cdef int one_way(self, bint server, Reading reading, time, list messages) except -1:
        """Settings, and instructions for headers."""
        cdef Cursor c
        cdef uint64_t kind
        cdef bytes data
        if reading.kind == NONE:
            c = whole(reading.data)
            if not number(&c, &kind):
                return 0
            reading.kind = <int64_t>kind
            del reading.data[:c.at - whole(reading.data).at]
        if reading.kind == CONTROL:
            return self.frames(server, NONE, reading, time, messages)
        data = bytes(reading.data)
        reading.data.clear()
        if reading.kind == ENCODER:
            for stream in self.reader(server).instruct(data):
                self.resume(server, stream, messages)
        return 0

    cdef int resume(self, bint server, int64_t stream, list messages) except -1:
        """Headers that waited for the table can be read, and what stands behind them."""
        cdef int64_t key = 2 * stream + server
        cdef Reading reading = self.readings.get(key)
        cdef list found = []
        cdef Py_ssize_t before
        if reading is None or not reading.blocked:
            return 0
        time, before = reading.came, len(reading.data)
        reading.blocked = False
        try:
            headers = self.reader(server).resume(stream)
            found += self.requests.headers(server, stream, matter(headers), time)
            self.frames(server, stream, reading, time, found)
        except Blocked:
            reading.blocked = True
            return 0
        except UnreadableError:
            reading.end()
        self.kept += len(reading.data) - before
        if reading.last and not reading.blocked:
            if server:
                found += self.requests.end(stream, time)
            self.forget(key, reading)
        messages.extend(found)
        return 0

    cdef int frames(self, bint server, int64_t stream, Reading reading, time, list messages) except -1:
        """Take the frames of a stream as far as they are there."""
        cdef Cursor c = whole(reading.data), head
        cdef const uint8_t *begin = c.at
        cdef uint64_t kind, size
        cdef int64_t passed
        while not reading.blocked:
            if reading.left:
                passed = min(reading.left, <int64_t>(c.end - c.at))
                c.at += passed
                reading.left -= passed
                if reading.counts and server:
                    self.requests.body(stream, passed)
                if reading.left:
                    break
            head = c
            if not number(&head, &kind) or not number(&head, &size):
                break
            if kind != HEADERS and kind != SETTINGS:
                c = head
                reading.left, reading.counts = <int64_t>size, kind == DATA
                continue
            if size > MOST_FRAME:
                raise UnreadableError("a frame is too large")
            if <uint64_t>(head.end - head.at) < size:
                break
            c.at = head.at + size
            head.end = c.at
            if kind == SETTINGS:
                self.settings(server, &head)
            elif stream >= 0:
                self.headers(server, stream, reading, head.at[:size], time, messages)
        del reading.data[:c.at - begin]
        return 0

    cdef int settings(self, bint server, Cursor *c) except -1:
        cdef uint64_t name, value
        while c.at < c.end:
            if not number(c, &name) or not number(c, &value):
                raise UnreadableError("settings are cut off")
            if name == QPACK_MAX_TABLE_CAPACITY:        # what its peer may use
                self.reader(not server).set_table(value)
        return 0

    cdef int headers(self, bint server, int64_t stream, Reading reading, bytes block, time, list messages) except -1:
        """Take headers, which may have to wait for the table."""
        cdef dict fields = self.blocks.get(block)
        if fields is None:
            try:
                fields = matter(self.reader(server).read(stream, block))
            except Blocked:
                reading.blocked, reading.came = True, time
                return 0
            # the first number tells how much of the table there has to be (RFC 9204, 4.5.1.1)
            if len(block) <= LARGEST_BLOCK and block[0] == 0:
                if len(self.blocks) == MOST_BLOCKS:
                    self.blocks.clear()
                self.blocks[block] = fields
        messages.extend(self.requests.headers(server, stream, fields, time))
        return 0


cdef inline Cursor whole(bytearray data):
    cdef Cursor c
    c.at = <const uint8_t *><char *>data
    c.end = c.at + len(data)
    return c


cdef dict matter(list headers):
    """The fields that matter, of several with one name the first."""
    cdef dict fields = {}
    cdef bytes name, value
    for name, value in headers:
        if name in <frozenset>MATTER and name not in fields:
            fields[name] = value.decode("latin-1")
    return fields
