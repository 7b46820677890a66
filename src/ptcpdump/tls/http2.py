"""HTTP/2 in a connection's plaintext (RFC 9113), its headers by the package hpack: requests, responses, sizes; gRPC.

As tolerant as an observer has to be: what makes no sense ends the reading of a direction, and nothing else.
"""

from collections import OrderedDict
from dataclasses import dataclass

from hpack import Decoder, HPACKError

from ptcpdump.tls.messages import Message, url

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PUSH_PROMISE, _CONTINUATION = 0, 1, 3, 4, 5, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x01, 0x01, 0x04, 0x08, 0x20
_HEADER_TABLE_SIZE = 1      # a setting
_MOST_FRAME = 1 << 20       # bytes of a frame
_MOST_BLOCK = 1 << 18       # bytes of the headers of one message, as they are sent
_MOST_HEADERS = 1 << 16     # bytes of them, decoded
_MOST_TABLE = 1 << 20       # bytes of a table of headers
_MOST_STREAMS = 4096        # requests that are under way


@dataclass(slots=True)
class _Stream:
    """A request and its response."""

    protocol: str = "HTTP/2"
    method: str = ""
    host: str = ""
    path: str = ""
    asked: int | None = None        # when, in ns
    status: int = 0
    told: bool = False              # the size of the response has been told with its headers
    size: int = 0                   # bytes of the response's body so far


class _Side:
    def __init__(self) -> None:
        self.broken = False
        self.begun = False
        self.data = bytearray()
        self.block: tuple[int, int, bytearray] | None = None    # of headers: stream, flags, what has come of them
        self.decoder = Decoder(max_header_list_size=_MOST_HEADERS)


class Exchange2:
    """Both directions of a connection. feed() tells the messages whose headers, or whose ends, have come."""

    def __init__(self) -> None:
        self._sides = (_Side(), _Side())
        self._streams: OrderedDict[int, _Stream] = OrderedDict()

    def feed(self, server: bool, data: bytes, time: int) -> list[Message] | None:
        """Take data that a side has sent at a time (ns); None where it can't be read as HTTP/2."""
        side = self._sides[server]
        if side.broken:
            return None
        side.data += data
        messages: list[Message] = []
        if not side.begun and not server:
            if len(side.data) < len(PREFACE):
                return messages
            side.broken = not side.data.startswith(PREFACE)
            del side.data[:len(PREFACE)]
        side.begun = True
        try:
            while not side.broken and len(side.data) >= 9:
                size, kind, flags = int.from_bytes(side.data[:3], "big"), side.data[3], side.data[4]
                stream = int.from_bytes(side.data[5:9], "big") & 0x7FFFFFFF
                if size > _MOST_FRAME:
                    raise ValueError("a frame is too large")
                if len(side.data) < 9 + size:
                    return messages
                payload = bytes(side.data[9:9 + size])
                del side.data[:9 + size]
                messages += self._frame(server, kind, flags, stream, payload, time)
        except (HPACKError, ValueError, IndexError):
            side.broken = True
        if side.broken:
            side.data.clear()
        return messages if messages or not side.broken else None

    def lose(self, server: bool) -> None:
        """Some of what a side has sent is missing: headers build on those before them, so its end is here."""
        self._sides[server].broken = True
        self._sides[server].data.clear()

    def _frame(self, server: bool, kind: int, flags: int, number: int, payload: bytes, time: int) -> list[Message]:
        side = self._sides[server]
        if kind == _SETTINGS and not flags & _ACK:
            for at in range(0, len(payload) - 5, 6):
                if int.from_bytes(payload[at:at + 2], "big") == _HEADER_TABLE_SIZE:     # what its peer may use
                    size = min(int.from_bytes(payload[at + 2:at + 6], "big"), _MOST_TABLE)
                    self._sides[not server].decoder.max_allowed_table_size = size
        elif kind == _DATA:
            return self._data(server, flags, number, payload, time)
        elif kind in (_HEADERS, _PUSH_PROMISE):
            payload = _without_padding(flags, payload)
            if kind == _HEADERS:
                side.block = number, flags, bytearray(payload[5 if flags & _PRIORITY else 0:])
            else:       # the promised request, by a stream of its own
                number = int.from_bytes(payload[:4], "big") & 0x7FFFFFFF
                side.block = number, flags & ~_END_STREAM, bytearray(payload[4:])
        elif kind == _CONTINUATION and side.block is not None and side.block[0] == number:
            side.block[2].extend(payload)
            side.block = number, side.block[1] | flags & _END_HEADERS, side.block[2]
        elif kind == _RST_STREAM:
            self._streams.pop(number, None)
        if side.block is None:
            return []
        number, flags, block = side.block
        if len(block) > _MOST_BLOCK:
            raise ValueError("headers are too large")
        if not flags & _END_HEADERS:
            return []
        side.block = None
        fields: dict[bytes, str] = {}
        for name, value in side.decoder.decode(bytes(block), raw=True):
            fields.setdefault(bytes(name), bytes(value).decode("latin-1"))
        return self._headers(server, bool(flags & _END_STREAM), number, fields, time)

    def _headers(self, server: bool, last: bool, number: int, fields: dict[bytes, str], time: int) -> list[Message]:
        if b":method" in fields:
            return [self._request(number, fields, time)]
        stream = self._streams.get(number)
        if stream is None or not server:        # trailers of a request, or of what began before us
            return []
        found = []
        status = fields.get(b":status", "")
        if status.isdecimal() and len(status) == 3:
            informal = status.startswith("1")
            length = fields.get(b"content-length", "")
            stream.status = 0 if informal else int(status)
            stream.told = length.isdecimal() and len(length) < 19
            size = int(length) if stream.told else 0 if last else None
            stream.told = size is not None
            found.append(self._told(stream, status, int(status), size, _passed(stream, time)))
        elif b"grpc-status" in fields:
            stream.told = True
            text = f"status {fields[b'grpc-status']} of {stream.path}"
            found.append(self._told(stream, text, stream.status, stream.size, _passed(stream, time)))
        return found + (self._end(number, time) if last else [])

    def _request(self, number: int, fields: dict[bytes, str], time: int) -> Message:
        protocol = "gRPC" if fields.get(b"content-type", "").startswith("application/grpc") else "HTTP/2"
        method, path = fields[b":method"], fields.get(b":path", "")
        host = fields.get(b":authority", "") or fields.get(b"host", "")
        stream = self._streams[number] = _Stream(protocol, method, host, path, time)
        if len(self._streams) > _MOST_STREAMS:
            self._streams.popitem(last=False)
        becomes = f", for {fields[b':protocol']}" if b":protocol" in fields else ""     # RFC 8441
        return self._told(stream, f"{method} {url(host, path) or host}{becomes}")

    def _data(self, server: bool, flags: int, number: int, payload: bytes, time: int) -> list[Message]:
        stream = self._streams.get(number)
        if stream is None or not server:
            return []
        stream.size += len(_without_padding(flags, payload))
        return self._end(number, time) if flags & _END_STREAM else []

    def _end(self, number: int, time: int) -> list[Message]:
        """A response is over: its size, if its headers have not told it."""
        stream = self._streams.pop(number)
        if stream.told or not stream.status:
            return []
        text = f"end of the response to {stream.method} {url(stream.host, stream.path)}"
        return [self._told(stream, text, stream.status, stream.size, _passed(stream, time))]

    def _told(self, stream: _Stream, text: str, status: int = 0, size: int | None = None, after: int | None = None,
              ) -> Message:
        return Message(stream.protocol, text, stream.method, stream.host, stream.path, status, size, after)


def _passed(stream: _Stream, time: int) -> int | None:
    return None if stream.asked is None else time - stream.asked


def _without_padding(flags: int, payload: bytes) -> bytes:
    """A payload without what makes it longer (RFC 9113, 6.1)."""
    if not flags & _PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ValueError("there is more padding than payload")
    return payload[1:len(payload) - payload[0]]
