"""The names that a capture carries, also those that go over several packets: hellos, HTTP heads, DNS messages.

Packets are fed in the order of capture; TCP streams are put together (ptcpdump.dissect.streams), QUIC's handshakes of
their CRYPTO frames. Of a stream that begins with a hello or with an HTTP head, that one message is told; of DNS over
TCP every message. What is lost ends a message early: it is then told as far as it came, if that says anything.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from ptcpdump.dissect.decode import read_hello, read_http
from ptcpdump.dissect.dns_message import read_message
from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.model import Dns, Endpoint, Http, Tls
from ptcpdump.dissect.quic import HandshakeBytes, read_initials
from ptcpdump.dissect.stream_events import Data, Event, Gap, Start
from ptcpdump.dissect.streams import Key, Streams

MESSAGE_MAX = 1 << 16           # bytes of a message that are put together
TOTAL = 64 << 20                # bytes of unfinished messages of all streams
HANDSHAKES = 4096               # QUIC connections whose handshakes are put together at a time
_PORT_DNS = 53
_HANDSHAKE = 22                 # content type of a TLS record
_HELLOS = (1, 2)                # types of handshake messages: Client and Server Hello
_RECORD_HEADER, _MESSAGE_HEADER = 5, 4


@dataclass(frozen=True, slots=True)
class Message:
    """A message that carries names, and who sent it to whom."""

    source: Endpoint
    destination: Endpoint
    content: Dns | Tls | Http


class _Reader:
    """The start of one direction of a stream, until its message is there."""

    def __init__(self, source: Endpoint, destination: Endpoint) -> None:
        self.source, self.destination = source, destination
        self.dns = _PORT_DNS in (source.port, destination.port)
        self.buffer = bytearray()
        self.done = False

    def add(self, data: bytes) -> list[Dns | Tls | Http]:
        """Take what comes next; returns the messages that are complete now."""
        if self.done:
            return []
        self.buffer += data
        if self.dns:
            return self._dns_messages()
        return self.finish() if len(self.buffer) >= MESSAGE_MAX or self._complete() else []

    def finish(self) -> list[Dns | Tls | Http]:
        """Nothing more is wanted, or will come: what there is of a message."""
        message: Tls | Http | None = None
        if self.buffer and not self.dns:
            tls = self.buffer[0] == _HANDSHAKE
            message = read_hello(self._handshake()) if tls else read_http(bytes(self.buffer))
        self.buffer, self.done = bytearray(), True
        return [] if message is None else [message]

    def _complete(self) -> bool:
        """Whether the first message is there, or what is there is the start of none."""
        if not self.buffer:
            return False
        if self.buffer[0] == _HANDSHAKE:
            handshake = self._handshake()
            size = int.from_bytes(handshake[1:_MESSAGE_HEADER]) + _MESSAGE_HEADER
            return len(handshake) >= _MESSAGE_HEADER and (len(handshake) >= size or handshake[0] not in _HELLOS)
        return not ord("A") <= self.buffer[0] <= ord("Z") or b"\n\r\n" in self.buffer or b"\n\n" in self.buffer

    def _handshake(self) -> bytes:
        """What the TLS records at the start hold of handshake messages."""
        found, at = b"", 0
        while at + _RECORD_HEADER <= len(self.buffer) and self.buffer[at] == _HANDSHAKE:
            size = int.from_bytes(self.buffer[at + 3 : at + _RECORD_HEADER])
            found += self.buffer[at + _RECORD_HEADER : at + _RECORD_HEADER + size]
            at += _RECORD_HEADER + max(size, 1)
        return found

    def _dns_messages(self) -> list[Dns | Tls | Http]:
        """Messages behind their lengths (RFC 1035, 4.2.2)."""
        found: list[Dns | Tls | Http] = []
        while len(self.buffer) >= 2 and len(self.buffer) >= (size := 2 + int.from_bytes(self.buffer[:2])):
            message = read_message(bytes(self.buffer[2:size]))
            del self.buffer[:size]
            found += [] if message is None else [message]
        return found


class Names:
    """The names of a capture."""

    def __init__(self, streams: Streams | None = None) -> None:
        self._streams = Streams() if streams is None else streams
        self._readers: dict[Key, _Reader] = {}
        self._handshakes: OrderedDict[Key, tuple[bytes, HandshakeBytes | None]] = OrderedDict()     # None: told already
        self._kept = 0

    def feed(self, fields: Fields, time: int, scope: Hashable = None) -> list[Message]:
        """The messages that a packet completes, mostly none; time: ns, scope: as for Streams.feed()."""
        found: list[Message] = []
        source, destination = fields.source, fields.destination
        if source is None or destination is None:
            return found
        if fields.udp:
            found += [Message(source, destination, content) for content in self._datagram(fields, scope)]
        for key, event in self._streams.feed(fields, time, scope):
            if isinstance(event, Start):
                self._readers[key] = _Reader(source, destination)
            found += self._event(key, event)
        return found

    def close(self) -> list[Message]:
        """Nothing more will come: what is unfinished."""
        return [message for key, event in self._streams.close() for message in self._event(key, event)]

    def _event(self, key: Key, event: Event) -> list[Message]:
        reader = self._readers[key]
        before = len(reader.buffer)
        contents: list[Dns | Tls | Http] = []
        if isinstance(event, Data):
            contents = reader.add(event.data)
        elif not isinstance(event, Start):      # a gap, or the end
            contents = reader.finish()
            if not isinstance(event, Gap):
                del self._readers[key]
        found = [Message(reader.source, reader.destination, content) for content in contents]
        self._kept += len(reader.buffer) - before
        while self._kept > TOTAL:
            found += self._give_up()
        return found

    def _give_up(self) -> list[Message]:
        """Too much is unfinished: tell what there is of the oldest message."""
        reader = next(reader for reader in self._readers.values() if reader.buffer)
        self._kept -= len(reader.buffer)
        return [Message(reader.source, reader.destination, content) for content in reader.finish()]

    def _datagram(self, fields: Fields, scope: Hashable) -> list[Dns | Tls]:
        if fields.dns:
            return [fields.dns]
        datagram = fields.quic_initial
        flow, reverse = fields.flow, fields.reverse_flow
        if datagram is None or flow is None or reverse is None:
            return []
        key = scope, flow
        original, handshake = self._handshakes.get(key, (None, HandshakeBytes()))
        if original is None:        # a server's packets are opened with the id that the client began with
            original = self._handshakes.get((scope, reverse), (None, None))[0]
        if handshake is None:
            return []
        for initial in read_initials(datagram, original):
            original = initial.destination_id if original is None else original
            handshake.add(initial.frames or ())
        tls = handshake.hello()
        told = tls is not None and tls.complete
        if original is not None:
            self._handshakes[key] = original, None if told else handshake
            if len(self._handshakes) > HANDSHAKES:
                self._handshakes.popitem(last=False)
        return [tls] if tls is not None and told else []
