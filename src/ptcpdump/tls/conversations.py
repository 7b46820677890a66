"""The TLS connections of a capture, decrypted by known keys, as lines about the HTTP in them."""

from collections import OrderedDict

from ptcpdump.context.escape import escape
from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.stream import Data, End, Gap
from ptcpdump.dissect.streams import Streams
from ptcpdump.tls.connection import CLIENT, SERVER, Connection
from ptcpdump.tls.http1 import Exchange
from ptcpdump.tls.keylog import parse

_MOST_KEYS = 1 << 20
_MOST_CONNECTIONS = 1 << 16
_CLIENT_HELLO = 1


class KeyStore:
    """Secrets by label and the client's random; the oldest go where there are too many."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()

    def add(self, text: bytes) -> int:
        """Take in the lines of a key log; returns how many there are."""
        count = 0
        for label, random, secret in parse(text):
            count += 1
            self._known[label, random] = secret
            if len(self._known) > _MOST_KEYS:
                self._known.popitem(last=False)
        return count

    def find(self, label: str, random: bytes) -> bytes | None:
        """A secret, if it is known."""
        return self._known.get((label, random))


class _Conversation:
    """A connection whose client is known."""

    def __init__(self, client: bytes, keys: KeyStore) -> None:
        self.client = client
        self.connection = Connection(keys.find)
        self.exchange = Exchange()
        self.said = False


class Conversations:
    """All TLS connections of a capture."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._streams = Streams()
        self._known: OrderedDict[bytes, _Conversation] = OrderedDict()
        self.without_keys = 0       # connections that are over and had data for which no key was known

    def packet(self, fields: Fields, time: int) -> list[str]:
        """What a packet, captured at a time (ns), has completed: lines without line feed, escaped."""
        lines: list[str] = []
        for (_, flow), event in self._streams.feed(fields, time):
            if isinstance(event, Data):
                lines += self._data(flow, event, time)
            elif isinstance(event, Gap) and (found := self._find(flow)) is not None:
                found.connection.lose(SERVER if flow != found.client else CLIENT)
                lines += self._failure(found)
            elif isinstance(event, End) and event.reason != "fin":
                self._forget(flow)
        return [escape(line) for line in lines]

    def close(self) -> None:
        """Count what was left without keys."""
        for flow in list(self._known):
            self._forget(flow)

    def _find(self, flow: bytes) -> _Conversation | None:
        return self._known.get(flow) or self._known.get(_reversed(flow))

    def _data(self, flow: bytes, event: Data, time: int) -> list[str]:
        found = self._find(flow)
        if found is None:
            if event.offset or len(event.data) < 6 or event.data[:2] != b"\x16\x03" or event.data[5] != _CLIENT_HELLO:
                return []       # no TLS, or not from its beginning
            found = self._known[flow] = _Conversation(flow, self._keys)
            if len(self._known) > _MOST_CONNECTIONS:
                self._forget(next(iter(self._known)))
        direction = CLIENT if flow == found.client else SERVER
        lines: list[str] = []
        if found.connection.lacking:
            for side, plain in found.connection.retry():
                lines += _shown(found, side, plain, time)
        plain = found.connection.feed(direction, event.data)
        return lines + _shown(found, direction, plain, time) + self._failure(found)

    def _failure(self, found: _Conversation) -> list[str]:
        """Why the rest of a connection is not decrypted, once."""
        if found.said or not found.connection.failed:
            return []
        found.said = True
        return [f"TLS: the connection is not decrypted from here on: {found.connection.failed}"]

    def _forget(self, flow: bytes) -> None:
        found = self._known.pop(flow, None) or self._known.pop(_reversed(flow), None)
        if found is not None and found.connection.lacking:
            self.without_keys += 1


def _shown(found: _Conversation, direction: int, plain: bytes, time: int) -> list[str]:
    """Lines about plaintext: the HTTP messages in it, else how much it is."""
    if not plain:
        return []
    lines = found.exchange.feed(direction == SERVER, plain, time)
    return [f"TLS: {len(plain)} bytes of data"] if lines is None else lines


def _reversed(flow: bytes) -> bytes:
    """The flow of the other direction: addresses of 16 bytes and ports of 2 change places (struct Ends)."""
    return flow[16:32] + flow[:16] + flow[34:36] + flow[32:34] + flow[36:]
