"""One QUIC connection, decrypted from its packets (RFC 9000, RFC 9001, RFC 9369): no input, no output, no clock.

It is told of the packets of each direction, and tells what its streams carry, in order. Keys come from whoever knows
them by label and the client's random, as for TLS over TCP; packets whose keys are missing wait for them.
"""

from collections.abc import Callable

from ptcpdump.tls.framing import RETRY as RETRY_HELLO
from ptcpdump.tls.framing import UndecryptableError
from ptcpdump.tls.hellos import alpn_of, read_server_hello
from ptcpdump.tls.quic.frames import Close, Crypto, Frame, NewId, read_frames
from ptcpdump.tls.quic.keys import Keys, initial_keys
from ptcpdump.tls.quic.ordered import Piece, StreamTable
from ptcpdump.tls.quic.packets import DATA, EARLY, HANDSHAKE, INITIAL, RETRY, Packet
from ptcpdump.tls.quic.spaces import KeyChain, Side
from ptcpdump.tls.suites import SUITES, TLS13, Suite

CLIENT, SERVER = 0, 1
MOST_HELD = 4 << 20         # bytes that a connection may hold back: for keys, and behind holes in its streams
_COST = 256                 # bytes of a packet that waits beside its data
_CLIENT_HELLO, _SERVER_HELLO, _ENCRYPTED_EXTENSIONS = 1, 2, 8
_MOST_IDS = 64              # connection ids of one end
_LABELS = {
    EARLY: ("CLIENT_EARLY_TRAFFIC_SECRET", ""),
    HANDSHAKE: ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"),
    DATA: ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")}

Secrets = Callable[[str, bytes], bytes | None]


class Connection:
    """A QUIC connection. secrets(label, client's random): what a key log has, or None.

    failed: why nothing more of it is decrypted, "" while all is well. alpn: the application protocol, where it is said.
    opened: packets that were decrypted. closed: an end has ended it. ids(direction, id): told of each connection id by
    which an end may be addressed.
    """

    def __init__(self, secrets: Secrets, first_id: bytes, ids: Callable[[int, bytes], object] = lambda _side, _id: None,
                 ) -> None:
        self.failed = self.alpn = ""
        self.random = b""
        self.opened = 0
        self.closed = False
        self._secrets = secrets
        self._first_id = first_id
        self._announce = ids
        self._sides = (Side(), Side())
        self._suite: Suite | None = None
        self._version = 0               # that was agreed upon
        self._waiting: dict[tuple[int, int], list[Packet]] = {}        # for a key, by direction and kind
        self._held = 0                  # bytes of them
        self._streams = StreamTable()
        self._learn_id(SERVER, first_id)

    @property
    def begun(self) -> bool:
        """Whether the server has answered."""
        return self._suite is not None

    @property
    def lacking(self) -> bool:
        """Whether packets wait for a key."""
        return bool(self._waiting)

    @property
    def holes(self) -> bool:
        """Whether data waits for packets that have not come."""
        return self._streams.held > 0

    @property
    def held(self) -> int:
        """Bytes that it keeps back, and of streams that are not over."""
        return self._held + self._streams.held + self._streams.cost

    @property
    def misfits(self) -> bool:
        """Whether packets of a kind came, and none of them fits the key."""
        return any(chain.misfits and not chain.opened for side in self._sides for kind, chain in side.chains.items()
                   if kind <= DATA)

    def reaches(self, direction: int, packet: Packet) -> bool:
        """Whether a packet is addressed to this end."""
        return self._sides[direction].is_reached(packet)

    def begins_with(self, packet: Packet) -> bool:
        """Whether an Initial packet is the client's first one: it fits the key that belongs to where it is sent."""
        try:
            chain = self._chain(CLIENT, packet)
            assert chain is not None
            chain.open(packet, packet.number_at, -1)
        except UndecryptableError:
            return False
        return True

    def feed(self, direction: int, packet: Packet) -> list[Piece]:
        """Take a packet that an end (CLIENT, SERVER) has sent; returns what its streams have now."""
        if self.failed:
            return []
        try:
            if packet.kind == RETRY:        # what follows is derived from the id that the server has chosen
                if direction == SERVER and not self.begun:
                    self._learn_id(SERVER, packet.source)
                return []
            pieces = self._packet(direction, packet)
            pieces += self.retry()
        except UndecryptableError as error:
            self._fail(str(error))
            return []
        if self._held + self._streams.held > MOST_HELD:
            self._fail("no key for it is known" if self.lacking else "packets of it are missing")
        return pieces

    def retry(self) -> list[Piece]:
        """Go on where a key was missing."""
        pieces: list[Piece] = []
        again = bool(self._waiting) and not self.failed
        while again:            # what is opened may tell what is needed for others
            again = False
            for (direction, kind), packets in list(self._waiting.items()):
                if self._secret(direction, kind) is None:
                    continue
                del self._waiting[direction, kind]
                again = True
                for packet in packets:
                    self._held -= len(packet.data) + _COST
                    pieces += self._packet(direction, packet)
        return pieces

    def give_up(self, reason: str) -> None:
        """Decrypt nothing more of it, and hold nothing."""
        self._fail(reason)

    def _fail(self, reason: str) -> None:
        self.failed = reason
        self._waiting.clear()
        self._held = 0
        self._streams = StreamTable()

    def _packet(self, direction: int, packet: Packet) -> list[Piece]:
        side = self._sides[direction]
        try:
            chain = self._chain(direction, packet)
        except UndecryptableError:
            if packet.kind != EARLY:
                raise
            return []           # a first flight is not worth more
        if chain is None:
            self._waiting.setdefault((direction, packet.kind), []).append(packet)
            self._held += len(packet.data) + _COST
            return []
        try:
            payload = side.open(chain, packet, self._sides[1 - direction].number_at(packet))
        except UndecryptableError:
            # of another connection, damaged, or a stateless reset, which nobody but its receiver can tell
            if packet.kind == INITIAL:
                return self._initial_after_retry(direction, packet)
            if packet.kind != EARLY and side.misfit(packet.kind):
                raise
            return []
        self.opened += 1
        if packet.kind != DATA:
            self._learn_id(direction, packet.source)
        pieces: list[Piece] = []
        frames, at = read_frames(payload, packet.kind in (INITIAL, HANDSHAKE)), 0
        while (at := self._streams.take(direction, frames, at, pieces)) < len(frames):
            self._frame(direction, packet, frames[at])
            at += 1
        return pieces

    def _initial_after_retry(self, direction: int, packet: Packet) -> list[Piece]:
        """The client begins again, with the id that a Retry packet has told: keys are those of that id."""
        if direction == SERVER or self.begun or packet.destination == self._first_id:
            return []
        before, self._first_id = self._first_id, packet.destination
        chain = KeyChain(initial_keys(packet.version, self._first_id, CLIENT))
        try:
            chain.open(packet, packet.number_at, -1)
        except UndecryptableError:
            self._first_id = before
            return []
        for side in self._sides:
            side.forget_initial()
        return self._packet(direction, packet)

    def _chain(self, direction: int, packet: Packet) -> KeyChain | None:
        """The keys of a packet; None while they are not known."""
        kind, chains = packet.kind, self._sides[direction].chains
        if kind == INITIAL:         # in both versions, where an end changes from one to the other
            key = packet.version << 8 | kind
            if key not in chains:
                chains[key] = KeyChain(initial_keys(packet.version, self._first_id, direction))
            return chains[key]
        if kind not in chains:
            secret = self._secret(direction, kind)
            if secret is None:
                return None
            if kind == EARLY:
                keys = self._sides[direction].early_keys(secret, packet)
            else:
                assert self._suite is not None
                keys = Keys(self._suite, secret, self._version)
            chains[kind] = KeyChain(keys)
        return chains[kind]

    def _secret(self, direction: int, kind: int) -> bytes | None:
        """The secret for a kind of packets; None while it, or the suite that it is for, is not known."""
        if not self.random or (self._suite is None and kind != EARLY):
            return None
        return self._secrets(_LABELS[kind][direction], self.random)

    def _frame(self, direction: int, packet: Packet, frame: Frame) -> None:
        if isinstance(frame, Crypto):
            for kind, body in self._sides[direction].take_crypto(packet.kind, frame.offset, frame.data):
                self._message(direction, packet, kind, body)
        elif isinstance(frame, NewId):
            self._learn_id(direction, frame.id)
        elif isinstance(frame, Close):
            self.closed = True

    def _message(self, direction: int, packet: Packet, kind: int, body: bytes) -> None:
        """What of the handshake matters: the client's random, the suite, the application protocol."""
        if kind == _CLIENT_HELLO and direction == CLIENT and packet.kind == INITIAL and len(body) >= 34:
            self.random = body[2:34]
        elif kind == _SERVER_HELLO and direction == SERVER and body[2:34] != RETRY_HELLO and packet.kind == INITIAL:
            hello = read_server_hello(body)
            if hello.version != TLS13:
                raise UndecryptableError("its Server Hello makes no sense")
            self._suite = SUITES[hello.suite]
            self._version = packet.version
        elif kind == _ENCRYPTED_EXTENSIONS and direction == SERVER:
            self.alpn = alpn_of(body)

    def _learn_id(self, direction: int, name: bytes) -> None:
        ids = self._sides[direction].ids
        if name in ids:
            return
        ids.append(name)
        if len(ids) > _MOST_IDS:
            del ids[0]
        self._announce(direction, name)
