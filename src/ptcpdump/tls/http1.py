"""HTTP/1 messages in a connection's plaintext (RFC 9112): first lines, hosts, sizes; bodies are passed over.

As tolerant as an observer has to be: what makes no sense ends the reading of a direction, and nothing else.
"""

import re

from ptcpdump.tls.messages import Message, passed, url
from ptcpdump.tls.websocket import Frames

_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^ \r\n]{1,65536}) HTTP/1\.[01]\r?\n")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]{0,1024}))?\r?\n")
_FIELD = re.compile(rb"^(host|content-length|transfer-encoding|upgrade):[ \t]*([^\r\n]*?)[ \t]*\r?$",
                    re.IGNORECASE | re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")
_MOST_HEAD = 1 << 17        # bytes of a head
_LOOKED_AT = 64             # bytes by which a first line can be told before it is whole
_MOST_LINE = 1 << 14        # bytes of a line before a chunk
_MOST_ASKED = 256           # requests that wait for their responses


class Exchange:
    """Both directions of a connection. feed() tells the messages whose heads have come."""

    def __init__(self) -> None:
        self._asked: list[tuple[Message, int | None]] = []     # requests and their times
        self._sides = (_Side(), _Side())
        self._frames: Frames | None = None              # of WebSocket, once the connection has become one

    def feed(self, server: bool, data: bytes, time: int | None) -> list[Message] | None:
        """Take data that a side has sent at a time (ns; None: not known); None where it is no HTTP/1."""
        side = self._sides[server]
        if self._frames is not None:
            return self._frames.feed(server, data)
        if side.broken:
            return None
        side.data += data
        messages: list[Message] = []
        while (head := side.take_head()) is not None:
            message = self._response(side, head, time) if server else self._request(side, head, time)
            if message is None:
                side.broken = True
                side.data.clear()
                return messages or None
            messages.append(message)
            if self._frames is not None:
                rest = bytes(side.data)
                side.data.clear()
                return messages + (self._frames.feed(server, rest) or [])
        return None if side.broken and not messages else messages

    def lose(self, server: bool) -> None:
        """Some of what a side has sent is missing: it goes on with the next message that begins what is fed."""
        if self._frames is not None:
            self._frames.lose(server)
        self._asked.clear()     # which response belongs to which request is not certain any more
        self._sides[server].lose()

    def _request(self, side: "_Side", head: bytes, time: int | None) -> Message | None:
        first = _REQUEST.match(head)
        if first is None:
            return None
        fields = _fields(head)
        side.begin_body(fields, empty=True)
        method, host, path = first[1].decode(), fields.get("host", ""), first[2].decode("latin-1")
        message = Message("HTTP", f"{method} {url(host, path)}", method, host, path)
        if len(self._asked) < _MOST_ASKED:
            self._asked.append((message, time))
        return message

    def _response(self, side: "_Side", head: bytes, time: int | None) -> Message | None:
        first = _STATUS.match(head)
        if first is None:
            return None
        status, fields = int(first[1]), _fields(head)
        informal = 100 <= status < 200 and status != 101
        request, asked = self._asked[0] if self._asked else (Message("HTTP", ""), None)
        if self._asked and not informal:
            self._asked.pop(0)
        side.begin_body(fields, empty=informal or request.method == "HEAD" or status in (204, 304))
        if status == 101 and "websocket" in fields.get("upgrade", "").lower():
            self._frames = Frames(request.host, request.path)
        length = fields.get("content-length", "")
        return Message("HTTP", f"{status} {(first[2] or b'').decode('latin-1')}", request.method, request.host,
                       request.path, status, int(length) if length.isdecimal() and len(length) < 19 else None,
                       passed(asked, time))


class _Side:
    """What one direction sends."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.broken = False
        self._left = 0          # bytes of the body, or of a chunk with its line end; -1: all that comes
        self._chunked = False
        self._lost = False      # some data is missing, and no message has begun since
        self._searched = 0      # bytes in which no head ends
        self._begun = False     # they begin with the first line of a head

    def lose(self) -> None:
        """Begin anew: what comes next is taken for a message if it looks like one."""
        self._clear()
        self.broken, self._left, self._chunked, self._lost = False, 0, False, True

    def begin_body(self, fields: dict[str, str], *, empty: bool) -> None:
        """A head has come. empty: without a size there is no body; else it lasts as long as the connection."""
        length = fields.get("content-length", "")
        self._chunked = fields.get("transfer-encoding", "").lower().endswith("chunked")
        self._left = 0 if self._chunked else int(length) if length.isdecimal() and len(length) < 19 else -1
        if empty and (self._left < 0 or not (self._chunked or length)):
            self._left = 0
        if "upgrade" in fields and not empty:
            self._left = -1

    def take_head(self) -> bytes | None:
        """The next head, with the empty line; None while it is not whole."""
        if not self._pass_body():
            return None
        found = _END.search(self.data, self._searched)
        if self._lost and not (_REQUEST.match(self.data) or _STATUS.match(self.data)):
            self._clear()           # the rest of a body
            return None
        self._lost = False
        if found is None:           # what comes next is not searched from the beginning again
            first_line = not self._begun and self.data.find(b"\n", self._searched) >= 0
            self.broken = len(self.data) > _MOST_HEAD or (
                (first_line or self._searched < _LOOKED_AT) and not _may_be_head(self.data))
            self._searched, self._begun = max(0, len(self.data) - 3), self._begun or first_line
            if self.broken:
                self._clear()
            return None
        head = bytes(self.data[:found.end()])
        del self.data[:found.end()]
        self._searched, self._begun = 0, False
        return head

    def _clear(self) -> None:
        self.data.clear()
        self._searched, self._begun = 0, False

    def _pass_body(self) -> bool:
        """Leave out what belongs to a body; whether a head may begin."""
        while True:
            if self._left < 0:
                self.data.clear()
                return False
            passed = min(self._left, len(self.data))
            del self.data[:passed]
            self._left -= passed
            if self._left:
                return False
            if not self._chunked:
                return True
            end = self.data.find(b"\n", 0, _MOST_LINE)
            if end < 0:
                if len(self.data) > _MOST_LINE:
                    self.broken = True
                    self.data.clear()
                return False
            size = bytes(self.data[:end]).split(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
                self.broken = True
                return False
            del self.data[:end + 1]
            self._left = int(size, 16) + 2
            self._chunked = int(size, 16) > 0       # behind the last one stands an empty line; trailers are rare


def _may_be_head(data: bytearray) -> bool:
    """Whether this is, or could become, a request or a response."""
    end = data.find(b"\n")
    if end < 0:
        return all(32 <= byte < 127 or byte in b"\r\t" for byte in data[:_LOOKED_AT])
    line = bytes(data[:end + 1])
    return bool(_REQUEST.match(line) or _STATUS.match(line))


def _fields(head: bytes) -> dict[str, str]:
    """The header fields that matter here, by their names in small letters; of several the first."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(head):
        found.setdefault(name.decode().lower(), value.decode("latin-1"))
    return found
