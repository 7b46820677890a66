"""Which handshakes of TLS 1.3 are on the wire, by the hash of their first messages (RFC 8446, 4.4.1)."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.stream_events import Data, End
from ptcpdump.dissect.streams import Streams
from ptcpdump.tls.framing import RETRY, UndecryptableError, take_messages
from ptcpdump.tls.told import reversed_flow

_HANDSHAKE, _CLIENT_HELLO, _SERVER_HELLO, _MESSAGE_HASH = 22, 1, 2, 254     # a type of records, and of messages
HELLOS = _CLIENT_HELLO, _SERVER_HELLO
_SHA384 = 0x1302                # the cipher suite of TLS 1.3 whose hash it is; that of the others is SHA-256
_MOST_CONNECTIONS = 1 << 12     # whose handshakes are under way
_LONGEST = 1 << 17              # bytes of a direction that are looked at, data of a first flight included


class _Direction:
    """What one end has sent so far of its handshake."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.handshake = bytearray()
        self.messages: list[bytes] = []     # hellos
        self.seen = 0

    def feed(self, data: bytes) -> bool:
        """Take what comes next; whether there are more hellos than before."""
        before = len(self.messages)
        self.seen += len(data)
        self.bytes += data
        while len(self.bytes) >= 5 and len(self.bytes) >= (end := 5 + int.from_bytes(self.bytes[3:5], "big")):
            if self.bytes[0] == _HANDSHAKE:
                self.handshake += self.bytes[5:end]
            del self.bytes[:end]
        try:
            for kind, body in take_messages(self.handshake):
                if kind in HELLOS:
                    self.messages.append(whole_message(kind, body))
        except UndecryptableError:      # no handshake: nothing more is looked at
            self.seen = _LONGEST + 1
        return len(self.messages) > before


def whole_message(kind: int, body: bytes) -> bytes:
    """A handshake message as it is hashed: with its type and length before it."""
    return bytes([kind]) + len(body).to_bytes(3) + body


class Transcripts:
    """Follows the handshakes in TCP connections."""

    def __init__(self) -> None:
        self._streams = Streams()
        self._known: OrderedDict[bytes, tuple[_Direction, _Direction]] = OrderedDict()      # client, server

    def packet(self, fields: Fields, time: int) -> Iterator[tuple[bytes, bytes]]:
        """Hashes of handshakes that a packet, captured at a time (ns), has brought, with the client's random of each.

        That up to the Client Hello comes in both hashes, that up to the Server Hello in the one that was chosen.
        """
        for (_, flow), event in self._streams.feed(fields, time):
            if isinstance(event, Data):
                yield from self._data(flow, event)
            elif isinstance(event, End):
                self._known.pop(flow, None)

    def _data(self, flow: bytes, event: Data) -> Iterator[tuple[bytes, bytes]]:
        client = flow
        if flow not in self._known:
            client = reversed_flow(flow)
            if client not in self._known:
                if event.offset or event.data[:2] != b"\x16\x03" or event.data[5:6] != bytes([_CLIENT_HELLO]):
                    return
                client = flow
                self._known[flow] = _Direction(), _Direction()
                if len(self._known) > _MOST_CONNECTIONS:
                    self._known.popitem(last=False)
        ends = self._known[client]
        end = ends[client != flow]
        if end.feed(event.data):
            yield from hashes_of(ends[0].messages, ends[1].messages)
        if end.seen > _LONGEST or (ends[1].messages and not is_retry(ends[1].messages[-1])):
            del self._known[client]


def is_retry(hello: bytes) -> bool:
    """Whether a Server Hello asks for another Client Hello (RFC 8446, 4.1.4)."""
    return hello[6:38] == RETRY


def hashes_of(client: list[bytes], server: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """What Transcripts.packet() tells of the hellos so far, as far as they are those of a handshake."""
    random = client[0][6:38] if client else b""
    if len(random) < 32:
        return
    if not server:
        for algorithm in ("sha256", "sha384"):
            yield hashlib.new(algorithm, client[0]).digest(), random
        return
    hello = server[-1]
    at = 39 + (hello[38] if len(hello) > 38 else 0)     # of the cipher suite: behind version, random and session id
    algorithm = "sha384" if int.from_bytes(hello[at:at + 2], "big") == _SHA384 else "sha256"
    if len(server) == 1 and not is_retry(hello):
        yield hashlib.new(algorithm, client[0] + hello).digest(), random
    elif len(server) > 1 and len(client) > 1:
        first = hashlib.new(algorithm, client[0]).digest()
        whole = bytes([_MESSAGE_HASH, 0, 0, len(first)]) + first + server[0] + client[1] + hello
        yield hashlib.new(algorithm, whole).digest(), random
