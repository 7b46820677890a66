"""Frames of WebSocket in a connection's plaintext (RFC 6455, 5.2): kinds and sizes; payloads are passed over."""

from ptcpdump.tls.messages import Message

_KINDS = {0: "continued", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


class Frames:
    """Both directions of a connection that has become one of WebSocket, by a request to this host and path."""

    def __init__(self, host: str, path: str) -> None:
        self._about = host, path
        self._sides = (_Side(), _Side())

    def feed(self, server: bool, data: bytes) -> list[Message] | None:
        """The frames whose heads have come; None where there are none any more that can be told apart."""
        side = self._sides[server]
        if side.broken:
            return None
        found = []
        while (head := side.head(data)) is not None:
            kind, size = head
            data = b""
            found.append(Message("WebSocket", _KINDS.get(kind, f"frame of type {kind}"), "", *self._about, size=size))
        return found

    def lose(self, server: bool) -> None:
        """Some of what a side has sent is missing: where a frame begins is not known any more."""
        self._sides[server].broken = True


class _Side:
    def __init__(self) -> None:
        self.broken = False
        self._data = bytearray()
        self._left = 0          # bytes of a payload to come

    def head(self, data: bytes) -> tuple[int, int] | None:
        """Take more data; the type and the size of the next frame, None while its head is not whole."""
        self._data += data
        passed = min(self._left, len(self._data))
        del self._data[:passed]
        self._left -= passed
        if self._left or len(self._data) < 2:
            return None
        size, at = self._data[1] & 0x7F, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(self._data[2:at], "big")
        at += 4 if self._data[1] & 0x80 else 0      # the key that a client's payload is masked with
        if len(self._data) < at:
            return None
        kind = self._data[0] & 0x0F
        del self._data[:at]
        self._left = size
        return kind, size
