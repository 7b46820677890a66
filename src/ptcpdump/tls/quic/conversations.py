"""The QUIC connections of a capture, decrypted by known keys, as what is told of the HTTP/3 in them."""

from collections import Counter, OrderedDict
from itertools import groupby

from ptcpdump.context.escape import escape
from ptcpdump.dissect.fields import Fields
from ptcpdump.tls.keystore import KeyStore
from ptcpdump.tls.messages import Chosen, Message
from ptcpdump.tls.quic.connection import CLIENT, SERVER, Connection
from ptcpdump.tls.quic.http3 import Exchange3
from ptcpdump.tls.quic.ordered import Piece
from ptcpdump.tls.quic.packets import DATA, INITIAL, SMALLEST_FIRST, Packet, read_packets
from ptcpdump.tls.told import Told, reversed_flow

_MOST_CONNECTIONS = 1 << 13
_MOST_HELD = 64 << 20           # bytes that all connections together hold back
_MOST_NAMES = 128               # connection ids of one connection by which it is found
_MOST_FLOWS = 16                # of one connection: it moves from one to the other
_IDLE = 300_000_000_000         # ns after which a silent connection is forgotten


class _Conversation:
    """A connection with the flow of its client."""

    def __init__(self, keys: KeyStore, first_id: bytes, client: bytes) -> None:
        self.names: list[tuple[int, bytes]] = []        # connection ids that are new
        self.connection = Connection(keys.find, first_id, self._learn)
        self.client = client
        self.exchange: Exchange3 | None = None
        self.last = 0                                   # time of the last packet
        self.said = False
        self.ids: list[bytes] = []                      # the oldest one first
        self.flows: list[bytes] = []                    # likewise

    def _learn(self, side: int, name: bytes) -> None:
        self.names.append((side, name))

    def read(self, pieces: list[Piece], time: int | None) -> list[Message]:
        """The messages that pieces of streams complete."""
        if self.exchange is None:
            self.exchange = Exchange3()
        return self.exchange.take(pieces, time)


_Found = tuple[_Conversation, int]      # and the direction of a packet: CLIENT, SERVER


def _by_direction(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces in groups of one direction each, in order: those of a packet are one."""
    if len({piece.direction for piece in pieces}) < 2:
        return [pieces] if pieces else []
    return [list(group) for _, group in groupby(pieces, lambda piece: piece.direction)]


class QuicConversations:
    """All QUIC connections of a capture. chosen: of which messages is told; where it chooses, of nothing else."""

    def __init__(self, keys: KeyStore, chosen: Chosen = Chosen()) -> None:  # noqa: B008 -- it is frozen
        self._keys = keys
        self._chosen = chosen
        self._known: OrderedDict[_Conversation, None] = OrderedDict()   # the one that was silent for longest first
        self._by_flow: dict[bytes, _Found] = {}
        self._by_id: dict[bytes, _Found] = {}       # with the direction of packets that are addressed so
        self._lengths: Counter[int] = Counter()     # of those ids
        self._held = 0
        self.without_keys = 0       # connections that are over and had packets for which no key was known

    @property
    def active(self) -> bool:
        """Whether there are any: else packets with a short header tell nothing."""
        return bool(self._known)

    def packet(self, fields: Fields, time: int) -> Told:
        """What a packet of UDP, captured at a time (ns), has completed."""
        told = Told()
        flow, datagram = fields.flow, fields.payload
        if flow is None or fields.udp is None:
            return told
        while self._known and time - next(iter(self._known)).last > _IDLE:
            self._forget(next(iter(self._known)))
        if len(datagram) < fields.payload_length:
            if (known := self._by_flow.get(flow)) is not None:
                self._give_up(known[0], "its packets were captured in part only (-s)")
                self._tell_failure(told, known[0])
            return told
        begins = len(datagram) >= SMALLEST_FIRST        # a connection may begin here
        for packet in read_packets(datagram):
            found = self._find(flow, packet)
            if packet.kind == INITIAL and (found is None or found[1] == CLIENT):
                if len(datagram) < SMALLEST_FIRST:
                    continue            # no server takes it
                if found is None and begins:
                    found, begins = self._begin(flow, packet), False
            if found is not None:
                self._take(told, found, flow, packet, time)
        return told

    def close(self) -> Told:
        """Tell what waited for keys that came late; its lines say whose they are. What is left is counted."""
        whole = Told()
        for found in list(self._known):
            told = Told()
            self._tell(told, found, found.connection.retry(), None)
            if found.connection.misfits and not found.connection.failed:
                self._give_up(found, "its packets do not fit their key")
            self._tell_failure(told, found)
            if found.connection.holes and not self._chosen:
                told.lines.append("QUIC: packets of the connection are missing; what follows them in their streams is "
                                  "not shown")
            whole.add_late(told, found.client)
            self._forget(found)
        return whole

    # ------------------------------------------------------------------ which connection

    def _find(self, flow: bytes, packet: Packet) -> _Found | None:
        found = self._by_flow.get(flow)
        if found is not None and found[0].connection.reaches(1 - found[1], packet):
            return found
        if packet.kind == INITIAL:      # of another connection between the same ends, or after a Retry
            return None if found is None or (found[1] == CLIENT and found[0].connection.begun) else found
        if packet.kind != DATA:
            return self._by_id.get(packet.destination) or found
        for size in self._lengths:
            other = self._by_id.get(packet.data[1:1 + size])
            if other is not None:
                return other
        return found

    def _begin(self, flow: bytes, packet: Packet) -> _Found | None:
        """A connection that begins with this packet, if it is a client's first one: everyone can derive its key."""
        if not packet.destination:
            return None
        found = _Conversation(self._keys, packet.destination, flow)
        if not found.connection.begins_with(packet):
            return None
        self._known[found] = None
        if len(self._known) > _MOST_CONNECTIONS:
            self._forget(next(iter(self._known)))
        self._name(found, flow, CLIENT)
        return found, CLIENT

    def _name(self, found: _Conversation, flow: bytes, direction: int) -> None:
        """A connection has come to a flow."""
        client = flow if direction == CLIENT else reversed_flow(flow)
        found.client = client
        for each, side in ((client, CLIENT), (reversed_flow(client), SERVER)):
            self._by_flow[each] = found, side
            found.flows.append(each)
        while len(found.flows) > 2 * _MOST_FLOWS:
            self._drop_flow(found, found.flows.pop(0))

    def _take_names(self, found: _Conversation) -> None:
        """Connection ids that its ends have told each other."""
        for side, name in found.names:
            if name and name not in self._by_id:
                self._by_id[name] = found, 1 - side
                self._lengths[len(name)] += 1
                found.ids.append(name)
                if len(found.ids) > _MOST_NAMES:
                    self._drop_id(found.ids.pop(0))
        found.names.clear()

    def _drop_id(self, name: bytes) -> None:
        del self._by_id[name]
        self._lengths[len(name)] -= 1
        if not self._lengths[len(name)]:
            del self._lengths[len(name)]

    def _drop_flow(self, found: _Conversation, flow: bytes) -> None:
        if self._by_flow.get(flow, (None,))[0] is found and flow not in found.flows:
            del self._by_flow[flow]

    def _forget(self, found: _Conversation) -> None:
        del self._known[found]
        self._held -= found.connection.held
        if found.connection.lacking:
            self.without_keys += 1
        for name in found.ids:
            self._drop_id(name)
        while found.flows:
            self._drop_flow(found, found.flows.pop())

    # ------------------------------------------------------------------ what it says

    def _take(self, told: Told, found: _Found, flow: bytes, packet: Packet, time: int) -> None:
        known, direction = found
        known.last = time
        self._known.move_to_end(known)
        before, opened = known.connection.held, known.connection.opened
        pieces = known.connection.feed(direction, packet)
        self._held += known.connection.held - before
        self._take_names(known)
        if known.connection.opened > opened and self._by_flow.get(flow, (None,))[0] is not known:
            self._name(known, flow, direction)
        self._tell(told, known, pieces, time)
        self._tell_failure(told, known)
        while self._held > _MOST_HELD:
            self._give_up_oldest(told)
        if known.connection.closed and not known.connection.lacking:
            self._forget(known)

    def _give_up(self, found: _Conversation, reason: str) -> None:
        self._held -= found.connection.held
        found.connection.give_up(reason)
        found.exchange = None

    def _give_up_oldest(self, told: Told) -> None:
        """Too much is held back in all: that of the connection which was silent for longest goes."""
        oldest = next(each for each in self._known if each.connection.held)
        self._give_up(oldest, "too many packets of connections wait for their keys")
        self._tell_failure(other := Told(), oldest)
        told.add_late(other, oldest.client)

    def _tell(self, told: Told, found: _Conversation, pieces: list[Piece], time: int | None) -> None:
        """Tell of plaintext: the HTTP messages in it, else how much it is."""
        for parts in _by_direction(pieces):
            server = parts[0].direction == SERVER
            plain = b"".join([piece.data for piece in parts])
            web = found.connection.alpn.startswith("h3")
            messages = found.read(parts, time) if web else []
            sender = reversed_flow(found.client) if server else found.client
            wanted = messages
            if self._chosen:
                wanted = [message for message in messages if self._chosen.matches(message)]
            if plain and not web and not self._chosen:
                told.lines.append(f"QUIC: {len(plain)} bytes of data")
            if plain and (wanted or not self._chosen):
                told.plain.append((server, "", plain, sender))
            told.add_messages(wanted, sender)

    def _tell_failure(self, told: Told, found: _Conversation) -> None:
        """Why the rest of a connection is not decrypted, once."""
        if found.connection.failed and not found.said:
            found.said = True
            if not self._chosen:
                told.lines.append(escape(
                    f"QUIC: the connection is not decrypted from here on: {found.connection.failed}"))
