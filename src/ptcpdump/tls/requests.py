"""The requests of a connection that has many streams, HTTP/2's or HTTP/3's, and what is told of them; gRPC."""

from collections import OrderedDict
from dataclasses import dataclass

from ptcpdump.tls.messages import Message, passed, url

_MOST = 4096        # requests that are under way


@dataclass(slots=True)
class _Request:
    """A request and its response."""

    protocol: str
    method: str
    host: str
    path: str
    asked: int | None               # when, in ns
    status: int = 0
    told: bool = False              # the size of the response has been told with its headers
    size: int = 0                   # bytes of the response's body so far


class Requests:
    """The requests under way, by stream. protocol: HTTP/2 or HTTP/3."""

    def __init__(self, protocol: str) -> None:
        self._protocol = protocol
        self._known: OrderedDict[int, _Request] = OrderedDict()

    def headers(self, server: bool, stream: int, fields: dict[bytes, str], time: int | None, *, last: bool = False,
                ) -> list[Message]:
        """Take the headers, or trailers, that a side has sent. last: no body follows them."""
        if b":method" in fields:
            return [self._ask(stream, fields, time)]
        request = self._known.get(stream)
        if request is None or not server:       # trailers of a request, or of what began before us
            return []
        found = []
        status = fields.get(b":status", "")
        if status.isdecimal() and len(status) == 3:
            length = fields.get(b"content-length", "")
            request.status = 0 if status.startswith("1") else int(status)
            request.told = length.isdecimal() and len(length) < 19
            size = int(length) if request.told else 0 if last else None
            request.told = size is not None
            found.append(_told(request, status, int(status), size, passed(request.asked, time)))
        elif b"grpc-status" in fields:
            request.told = True
            text = f"status {fields[b'grpc-status']} of {request.path}"
            found.append(_told(request, text, request.status, request.size, passed(request.asked, time)))
        return found + (self.end(stream, time) if last else [])

    def body(self, stream: int, size: int) -> None:
        """So many bytes of a response's body have come."""
        request = self._known.get(stream)
        if request is not None:
            request.size += size

    def end(self, stream: int, time: int | None) -> list[Message]:
        """A response is over: its size, if its headers have not told it."""
        request = self._known.pop(stream, None)
        if request is None or request.told or not request.status:
            return []
        text = f"end of the response to {request.method} {url(request.host, request.path)}"
        return [_told(request, text, request.status, request.size, passed(request.asked, time))]

    def drop(self, stream: int) -> None:
        """A stream was given up."""
        self._known.pop(stream, None)

    def _ask(self, stream: int, fields: dict[bytes, str], time: int | None) -> Message:
        protocol = "gRPC" if fields.get(b"content-type", "").startswith("application/grpc") else self._protocol
        host = fields.get(b":authority", "") or fields.get(b"host", "")
        request = self._known[stream] = _Request(protocol, fields[b":method"], host, fields.get(b":path", ""), time)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        becomes = f", for {fields[b':protocol']}" if b":protocol" in fields else ""     # RFC 8441, RFC 9220
        return _told(request, f"{request.method} {url(host, request.path) or host}{becomes}")


def _told(request: _Request, text: str, status: int = 0, size: int | None = None, after: int | None = None) -> Message:
    return Message(request.protocol, text, request.method, request.host, request.path, status, size, after)
