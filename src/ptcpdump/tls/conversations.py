"""The TLS connections of a capture, decrypted by known keys, as what is told of the HTTP in them."""

from collections import OrderedDict

from ptcpdump.context.escape import escape
from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.stream_events import Data, End, Event, Gap, Start
from ptcpdump.dissect.streams import Streams
from ptcpdump.tls.connection import CLIENT, SERVER, Connection
from ptcpdump.tls.http1 import Exchange
from ptcpdump.tls.http2 import PREFACE, Exchange2
from ptcpdump.tls.keystore import KeyStore
from ptcpdump.tls.messages import Chosen, Message
from ptcpdump.tls.resuming import Trials
from ptcpdump.tls.told import Told, reversed_flow

_MOST_CONNECTIONS = 1 << 16
_MOST_HELD = 256 << 20      # bytes that all connections together hold back
_CLIENT_HELLO = 1
_RECORD = b"\x17\x03"       # how records of data begin: their type, and the version without its last number


class _Conversation:
    """A connection whose client is known. client, server: the flows of what they send."""

    __slots__ = "client", "connection", "counted", "ends", "exchange", "lossy", "said", "server"

    def __init__(self, client: bytes, keys: KeyStore, trials: Trials) -> None:
        self.client = client
        self.server = reversed_flow(client)
        self.connection = Connection(keys.find, trials)
        self.exchange: Exchange | Exchange2 | None = None
        self.said = False
        self.counted = 0    # bytes of all that are held back which are its own
        self.lossy = False
        self.ends = 0       # directions that are over

    def open(self, plain: bytes) -> Exchange | Exchange2:
        """Who reads the plaintext, by what was agreed upon, or by how it begins."""
        if self.exchange is None:
            second = self.connection.alpn == "h2" or plain.startswith(PREFACE)
            self.exchange = Exchange2() if second else Exchange()
        return self.exchange

    @property
    def protocol(self) -> str:
        """The application protocol: http, http2, or "" as long as it is not known."""
        return {Exchange: "http", Exchange2: "http2"}.get(type(self.exchange), "")


class Conversations:
    """All TLS connections of a capture. chosen: of which messages is told; where it chooses, of nothing else."""

    def __init__(self, keys: KeyStore, chosen: Chosen = Chosen()) -> None:  # noqa: B008 -- it is frozen
        self._keys = keys
        self._chosen = chosen
        self._streams = Streams()
        self._trials = Trials()
        self._known: OrderedDict[bytes, _Conversation] = OrderedDict()
        self._by_server: dict[bytes, _Conversation] = {}        # the same, by the flow of what the server sends
        self._held = 0
        self._time = 0              # of the last packet
        self.without_keys = 0       # connections that are over and had data for which no key was known
        self.begun_before = 0       # connections that had begun before their first packet here
        self._midstream: OrderedDict[bytes, bool] = OrderedDict()   # such directions, and whether they are counted

    def packet(self, fields: Fields, time: int) -> Told:
        """What a packet, captured at a time (ns), has completed."""
        told = Told()
        self._time = time
        events = self._streams.feed(fields, time)
        if not events:
            return told
        own = fields.flow
        for (_, flow), event in events:
            if flow == own or flow == fields.reverse_flow:  # noqa: PLR1714 -- the other one is made where it is needed
                self._take(told, flow, event)
            else:           # of another connection: it has waited for long enough
                self._take(other := Told(), flow, event)
                told.add_late(other, flow)
        return told

    def _take(self, told: Told, flow: bytes, event: Event) -> None:
        if isinstance(event, Data):
            self._data(told, flow, event, self._time)
        elif isinstance(event, Start):
            if event.midstream:
                self._midstream[flow] = False
                if len(self._midstream) > _MOST_CONNECTIONS:
                    self._midstream.popitem(last=False)
        elif isinstance(event, Gap) and (found := self._find(flow)) is not None:
            found.connection.lose(SERVER if flow != found.client else CLIENT, event.length)
            self._count(told, found)
        elif isinstance(event, End) and (found := self._find(flow)) is not None:
            found.ends += 1
            # both have ended, or it was broken off; what waits for keys stays
            if event.reason not in ("fin", "closed") or (found.ends > 1 and not found.connection.lacking):
                self._forget(flow)

    def close(self) -> Told:
        """Tell what still waits for packets that are lost, and for keys that came late; its lines say whose they are.

        What is left without keys is counted.
        """
        whole = Told()
        told = Told()
        for (_, flow), event in self._streams.close():
            self._take(told, flow, event)
            if told:
                whole.add_late(told, flow)
                told = Told()
        for found in list(self._known.values()):
            if found.connection.lacking:
                self._retry(told := Told(), found, None)
                whole.add_late(told, found.client)
            self._forget(found.client)
        return whole

    def _find(self, flow: bytes) -> _Conversation | None:
        return self._known.get(flow) or self._by_server.get(flow)

    def _data(self, told: Told, flow: bytes, event: Data, time: int) -> None:
        found = self._find(flow)
        if found is None:
            if event.offset or len(event.data) < 6 or event.data[:2] != b"\x16\x03" or event.data[5] != _CLIENT_HELLO:
                self._count_begun(flow, event.data)
                return              # no TLS, or not from its beginning
            found = self._known[flow] = _Conversation(flow, self._keys, self._trials)
            self._by_server[found.server] = found
            if len(self._known) > _MOST_CONNECTIONS:
                self._forget(next(iter(self._known)))
        connection = found.connection
        direction = CLIENT if flow == found.client else SERVER
        if connection.lacking:
            self._retry(told, found, time)
        records = connection.feed(direction, event.data)
        if records or connection.resumed:
            self._tell(told, found, direction, records, time)
        if direction == SERVER and connection.lacking:      # what the client's first flight waited for
            self._retry(told, found, time)
        self._count(told, found)

    def _count_begun(self, flow: bytes, data: bytes) -> None:
        """Whether it is TLS is seen where a segment begins with a record; a connection is counted once."""
        if data.startswith(_RECORD) and self._midstream.get(flow) is False:
            self._midstream[flow] = True
            self.begun_before += not self._midstream.get(reversed_flow(flow))

    def _count(self, told: Told, found: _Conversation) -> None:
        """A connection may hold more back now, or less; where all hold too much, the oldest one is given up."""
        if found.connection.failed and not found.said:
            self._tell_failure(told, found)
        held = found.connection.held
        if held == found.counted:
            return
        self._held += held - found.counted
        found.counted = held
        while self._held > _MOST_HELD:
            oldest = next(each for each in self._known.values() if each.counted)
            oldest.connection.give_up("too many packets of connections wait for their keys")
            self._held -= oldest.counted
            oldest.counted = 0
            self._tell_failure(other := Told(), oldest)
            told.add_late(other, oldest.client)

    def _retry(self, told: Told, found: _Conversation, time: int | None) -> None:
        for direction, records in found.connection.retry():
            self._tell(told, found, direction, records, time)

    def _tell(self, told: Told, found: _Conversation, direction: int, records: list[bytes], time: int | None) -> None:
        """Tell of plaintext: the HTTP messages in it, else how much it is."""
        server, lines = direction == SERVER, []
        messages: list[Message] | None = None
        plain = b"".join(records)
        if found.connection.resumed:
            found.connection.resumed = False
            lines.append("TLS: packets of the connection are missing here; it is decrypted again from this one on")
            found.lossy = True
            if found.exchange is not None:
                found.exchange.lose(server)
        if plain:
            # behind a loss, messages are looked for where records begin
            for data in records if found.lossy else [plain]:
                if (more := found.open(data).feed(server, data, time)) is not None:
                    messages = (messages or []) + more
            if messages is None and not self._chosen:
                lines.append(f"TLS: {len(plain)} bytes of data")
        sender = found.server if server else found.client
        wanted = messages or []
        if self._chosen:
            wanted = [message for message in wanted if self._chosen.matches(message)]
        if not self._chosen:
            told.lines += map(escape, lines)
        if plain and (wanted or not self._chosen):
            told.plain.append((server, found.protocol if messages is not None else "", plain, sender))
        told.add_messages(wanted, sender)

    def _tell_failure(self, told: Told, found: _Conversation) -> None:
        """Why the rest of a connection is not decrypted, once."""
        if not found.said and found.connection.failed:
            found.said = True
            if not self._chosen:
                told.lines.append(escape(
                    f"TLS: the connection is not decrypted from here on: {found.connection.failed}"))

    def _forget(self, flow: bytes) -> None:
        found = self._find(flow)
        if found is None:
            return
        del self._known[found.client], self._by_server[found.server]
        self._held -= found.counted
        if found.connection.lacking:
            self.without_keys += 1
