"""HTTP/2 in a connection's plaintext (RFC 9113): requests, responses, sizes; gRPC.

As tolerant as an observer has to be: what makes no sense ends the reading of a direction, and nothing else.
"""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.dissect.reader cimport get_be16, get_be24, get_be32
from ptcpdump.tls.headers cimport HeaderDecoder
from ptcpdump.tls.requests cimport Requests

cdef enum:
    DATA, HEADERS, PRIORITY_FRAME, RST_STREAM, SETTINGS, PUSH_PROMISE   # types of frames
    CONTINUATION = 9
    END_STREAM = 0x01           # flags
    ACK = 0x01
    END_HEADERS = 0x04
    PADDED = 0x08
    PRIORITY = 0x20
    HEADER_TABLE_SIZE = 1       # a setting
    HEAD = 9                    # bytes of a frame before its payload
    MOST_FRAME = 1 << 20        # bytes of a frame
    MOST_BLOCK = 1 << 18        # bytes of the headers of one message, as they are sent
    NONE = -1

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


cdef struct Payload:
    const uint8_t *at
    Py_ssize_t size


cdef class Side:
    cdef bint broken, begun
    cdef bytearray data
    cdef int flags              # of headers that are not whole yet, NONE: there are none
    cdef uint32_t stream        # of those,
    cdef bytearray block        # and what has come of them
    cdef HeaderDecoder decoder

    def __cinit__(self):
        self.data, self.decoder = bytearray(), HeaderDecoder.__new__(HeaderDecoder)
        self.flags = NONE


cdef class Exchange2:
    """Both directions of a connection. feed() tells the messages whose headers, or whose ends, have come."""

    cdef Side client, server
    cdef Requests requests

    def __init__(self):
        self.client, self.server = Side.__new__(Side), Side.__new__(Side)
        self.requests = Requests("HTTP/2")

    def feed(self, bint server, bytes data not None, time):
        """Take data that a side has sent at a time (ns; None: not known); None where it can't be read as HTTP/2."""
        cdef Side side = self.server if server else self.client
        cdef list messages = []
        cdef Py_ssize_t at = 0
        if side.broken:
            return None
        side.data += data
        if not side.begun and not server:
            if len(side.data) < len(PREFACE):
                return messages
            side.broken = not side.data.startswith(PREFACE)
            at = len(PREFACE)
        side.begun = True
        try:
            if not side.broken:
                at = self.frames(server, at, time, messages)
        except ValueError:
            side.broken = True
        if side.broken:
            side.data.clear()
        else:
            del side.data[:at]
        return messages if messages or not side.broken else None

    def lose(self, bint server):
        """Some of what a side has sent is missing: headers build on those before them, so its end is here."""
        cdef Side side = self.server if server else self.client
        side.broken = True
        side.data.clear()

    cdef Py_ssize_t frames(self, bint server, Py_ssize_t at, time, list messages) except -1:
        """Take the frames from here on, as far as they are whole; the offset behind them."""
        cdef Side side = self.server if server else self.client
        cdef const uint8_t *frame
        cdef Payload payload
        cdef uint32_t stream
        cdef Py_ssize_t end = len(side.data)
        cdef const uint8_t *begin = <const uint8_t *><char *>side.data
        while end - at >= HEAD:
            frame = begin + at
            payload.at, payload.size = frame + HEAD, get_be24(frame)
            if payload.size > MOST_FRAME:
                raise ValueError("a frame is too large")
            if end - at < HEAD + payload.size:
                break
            stream = get_be32(frame + 5) & 0x7fffffff
            at += HEAD + payload.size
            if frame[3] == SETTINGS and not frame[4] & ACK:
                self.settings(self.client if server else self.server, payload)
            elif frame[3] == DATA:
                if server:
                    self.body(stream, frame[4], payload, time, messages)
            elif frame[3] == RST_STREAM:
                self.requests.drop(stream)
            elif frame[3] == HEADERS or frame[3] == PUSH_PROMISE:
                self.begin(server, frame[3], frame[4], stream, payload, time, messages)
            elif frame[3] == CONTINUATION and side.flags != NONE and side.stream == stream:
                if len(side.block) + payload.size > MOST_BLOCK:
                    raise ValueError("headers are too large")
                side.block += payload.at[:payload.size]
                side.flags |= frame[4] & END_HEADERS
                if side.flags & END_HEADERS:
                    payload.at, payload.size = <const uint8_t *><char *>side.block, len(side.block)
                    self.take(server, stream, side.flags, payload, time, messages)
                    side.flags = NONE
        return at

    cdef int settings(self, Side other, Payload payload) except -1:
        """What an end says of itself; other: what the other end sends."""
        cdef const uint8_t *setting
        cdef Py_ssize_t at
        for at in range(0, payload.size - 5, 6):
            setting = payload.at + at
            if get_be16(setting) == HEADER_TABLE_SIZE:
                other.decoder.allow(get_be32(setting + 2))
        return 0

    cdef int begin(self, bint server, int kind, int flags, uint32_t stream, Payload payload, time, list messages,
                   ) except -1:
        """Headers begin; most end in the same frame."""
        cdef Side side = self.server if server else self.client
        side.flags = NONE
        payload = without_padding(flags, payload)
        if kind == HEADERS:
            payload = behind(payload, 5 if flags & PRIORITY else 0)
        else:       # the promised request, by a stream of its own
            stream = number(payload.at, min(4, payload.size)) & 0x7fffffff
            payload = behind(payload, 4)
            flags &= ~END_STREAM
        if payload.size > MOST_BLOCK:
            raise ValueError("headers are too large")
        if flags & END_HEADERS:
            return self.take(server, stream, flags, payload, time, messages)
        side.stream, side.flags = stream, flags
        side.block = bytearray(payload.at[:payload.size])
        return 0

    cdef int take(self, bint server, uint32_t stream, int flags, Payload block, time, list messages) except -1:
        """Take headers that are whole."""
        cdef Side side = self.server if server else self.client
        messages.extend(self.requests.headers(server, stream, side.decoder.decode(block.at, block.size), time,
                                              flags & END_STREAM))
        return 0

    cdef int body(self, uint32_t stream, int flags, Payload payload, time, list messages) except -1:
        """Take data of a response."""
        self.requests.body(stream, without_padding(flags, payload).size)
        if flags & END_STREAM:
            messages.extend(self.requests.end(stream, time))
        return 0


cdef inline uint32_t number(const uint8_t *at, Py_ssize_t size) noexcept nogil:
    """A number of so many bytes: of four, or of those that are left of them."""
    cdef uint32_t value = 0
    cdef Py_ssize_t i
    for i in range(size):
        value = value << 8 | at[i]
    return value


cdef inline Payload behind(Payload payload, Py_ssize_t size) noexcept nogil:
    """The rest of a payload, behind so many bytes of it."""
    size = min(size, payload.size)
    payload.at += size
    payload.size -= size
    return payload


cdef Payload without_padding(int flags, Payload payload) except *:
    """A payload without what makes it longer (RFC 9113, 6.1)."""
    if not flags & PADDED:
        return payload
    if not payload.size or payload.at[0] >= payload.size:
        raise ValueError("there is more padding than payload")
    payload.size -= payload.at[0]
    return behind(payload, 1)
