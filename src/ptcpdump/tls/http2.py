"""HTTP/2 in a connection's plaintext (RFC 9113), its headers by the package hpack: requests, responses, sizes; gRPC.

As tolerant as an observer has to be: what makes no sense ends the reading of a direction, and nothing else.
"""

from hpack import Decoder, HPACKError

from ptcpdump.tls.messages import Message
from ptcpdump.tls.requests import Requests

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PUSH_PROMISE, _CONTINUATION = 0, 1, 3, 4, 5, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x01, 0x01, 0x04, 0x08, 0x20
_HEADER_TABLE_SIZE = 1      # a setting
_MOST_FRAME = 1 << 20       # bytes of a frame
_MOST_BLOCK = 1 << 18       # bytes of the headers of one message, as they are sent
_MOST_HEADERS = 1 << 16     # bytes of them, decoded
_MOST_TABLE = 1 << 20       # bytes of a table of headers


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
        self._requests = Requests("HTTP/2")

    def feed(self, server: bool, data: bytes, time: int | None) -> list[Message] | None:
        """Take data that a side has sent at a time (ns; None: not known); None where it can't be read as HTTP/2."""
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

    def _frame(self, server: bool, kind: int, flags: int, number: int, payload: bytes, time: int | None,
               ) -> list[Message]:
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
            self._requests.drop(number)
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
        return self._requests.headers(server, number, fields, time, last=bool(flags & _END_STREAM))

    def _data(self, server: bool, flags: int, number: int, payload: bytes, time: int | None) -> list[Message]:
        if not server:
            return []
        self._requests.body(number, len(_without_padding(flags, payload)))
        return self._requests.end(number, time) if flags & _END_STREAM else []


def _without_padding(flags: int, payload: bytes) -> bytes:
    """A payload without what makes it longer (RFC 9113, 6.1)."""
    if not flags & _PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ValueError("there is more padding than payload")
    return payload[1:len(payload) - payload[0]]
