"""HTTP/3 in a connection's streams (RFC 9114): requests, responses, sizes; gRPC.

As tolerant as an observer has to be: what makes no sense ends the reading of a stream, and nothing else.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from ptcpdump.tls.messages import Message
from ptcpdump.tls.quic.packets import read_number
from ptcpdump.tls.quic.qpack import Blocked, HeaderReader, Headers, UnreadableError
from ptcpdump.tls.requests import Requests

_DATA, _HEADERS, _SETTINGS = 0x00, 0x01, 0x04       # types of frames
_CONTROL, _ENCODER = 0x00, 0x02                     # types of streams in one direction
_QPACK_MAX_TABLE_CAPACITY = 0x01                    # a setting
_MOST_FRAME = 1 << 16       # bytes of a frame other than DATA
_MOST_KEPT = 1 << 22        # bytes of a connection that wait for more
_MOST_STREAMS = 8192        # of both directions
_ONE_WAY, _BY_SERVER = 2, 1     # bits of a stream's number (RFC 9000, 2.1)


@dataclass(slots=True)
class _Reading:
    """One direction of a stream."""

    data: bytearray = field(default_factory=bytearray)
    kind: int | None = None         # of a stream in one direction
    left: int = 0                   # bytes of a DATA frame, or of one that is passed over, to come
    counts: bool = False            # those are of a body
    blocked: list[int | None] = field(default_factory=list)        # headers wait: when they came
    last: bool = False
    broken: bool = False


class Exchange3:
    """All streams of a connection. feed() tells the messages whose headers, or whose ends, have come."""

    def __init__(self) -> None:
        self._readers = (HeaderReader(), HeaderReader())        # of what the client and the server send
        self._readings: OrderedDict[tuple[bool, int], _Reading] = OrderedDict()
        self._requests = Requests("HTTP/3")
        self._kept = 0          # bytes in all streams that wait for more

    def feed(self, server: bool, stream: int, data: bytes, time: int | None, *, last: bool = False,
             ) -> list[Message] | None:
        """Take data that a side has sent in a stream at a time (ns; None: not known).

        Returns None where it can't be read as HTTP/3.
        """
        key = server, stream
        reading = self._readings.get(key)
        if reading is None:
            reading = self._readings[key] = _Reading()
            if len(self._readings) > _MOST_STREAMS:
                self._kept -= len(self._readings.popitem(last=False)[1].data)
        if reading.broken or stream < 0:
            return None
        messages: list[Message] = []
        before = len(reading.data)
        reading.data += data
        reading.last = last
        try:
            if stream & _ONE_WAY:
                messages += self._one_way(server, reading, time)
            elif not stream & _BY_SERVER:
                messages += self._frames(server, stream, reading, time)
            if self._kept + len(reading.data) - before > _MOST_KEPT:
                raise UnreadableError("too much is not whole")
        except (UnreadableError, IndexError):
            reading.broken = True
            reading.data.clear()
        self._kept += len(reading.data) - before
        if last and not reading.blocked:
            self._kept -= len(reading.data)
            if server and not reading.broken:
                messages += self._requests.end(stream, time)
            self._readings.pop(key, None)
        return messages if messages or not reading.broken else None

    def _one_way(self, server: bool, reading: _Reading, time: int | None) -> list[Message]:
        """Settings, and instructions for headers."""
        if reading.kind is None:
            if not reading.data or len(reading.data) < 1 << (reading.data[0] >> 6):
                return []
            reading.kind, at = read_number(bytes(reading.data[:8]), 0)
            del reading.data[:at]
        data = bytes(reading.data)
        if reading.kind == _CONTROL:
            return self._frames(server, -1, reading, time)
        reading.data.clear()
        messages: list[Message] = []
        if reading.kind == _ENCODER:
            for stream in self._readers[server].instruct(data):
                messages += self._resume(server, stream)
        return messages

    def _resume(self, server: bool, stream: int) -> list[Message]:
        """Headers that waited for the table can be read, and what stands behind them."""
        reading = self._readings.get((server, stream))
        if reading is None or not reading.blocked:
            return []
        time, before = reading.blocked.pop(), len(reading.data)
        try:
            messages = self._headers(server, stream, self._readers[server].resume(stream), time)
            messages += self._frames(server, stream, reading, time)
        except Blocked:
            reading.blocked.append(time)
            return []
        except (UnreadableError, IndexError):
            reading.broken, messages = True, []
            reading.data.clear()
        self._kept += len(reading.data) - before
        if reading.last and not reading.blocked:
            self._kept -= len(reading.data)
            messages += self._requests.end(stream, time) if server else []
            self._readings.pop((server, stream), None)
        return messages

    def _frames(self, server: bool, stream: int, reading: _Reading, time: int | None) -> list[Message]:
        """Take the frames of a stream as far as they are there."""
        messages: list[Message] = []
        data = reading.data
        while not reading.blocked:
            if reading.left:
                passed = min(reading.left, len(data))
                del data[:passed]
                reading.left -= passed
                if reading.counts and server:
                    self._requests.body(stream, passed)
                if reading.left:
                    break
            try:
                head = bytes(data[:16])
                kind, at = read_number(head, 0)
                size, at = read_number(head, at)
            except IndexError:
                break
            if kind not in (_HEADERS, _SETTINGS):
                del data[:at]
                reading.left, reading.counts = size, kind == _DATA
                continue
            if size > _MOST_FRAME:
                raise UnreadableError("a frame is too large")
            if len(data) < at + size:
                break
            payload = bytes(data[at:at + size])
            del data[:at + size]
            if kind == _SETTINGS:
                self._settings(server, payload)
            elif stream >= 0:
                try:
                    messages += self._headers(server, stream, self._readers[server].read(stream, payload), time)
                except Blocked:
                    reading.blocked.append(time)
        return messages

    def _settings(self, server: bool, payload: bytes) -> None:
        at = 0
        while at < len(payload):
            name, at = read_number(payload, at)
            value, at = read_number(payload, at)
            if name == _QPACK_MAX_TABLE_CAPACITY:       # what its peer may use
                self._readers[not server].set_table(value)

    def _headers(self, server: bool, stream: int, headers: Headers, time: int | None) -> list[Message]:
        fields: dict[bytes, str] = {}
        for name, value in headers:
            fields.setdefault(name, value.decode("latin-1"))
        return self._requests.headers(server, stream, fields, time)
