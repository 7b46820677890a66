"""One direction of a QUIC connection: its keys by kind of packet, its packet numbers, its part of the handshake."""

from dataclasses import dataclass, field

from ptcpdump.tls.framing import UndecryptableError, take_messages
from ptcpdump.tls.quic.keys import HeaderProtection, Keys, whole_number
from ptcpdump.tls.quic.ordered import Ordered
from ptcpdump.tls.quic.packets import DATA, EARLY, HANDSHAKE, INITIAL, Packet
from ptcpdump.tls.suites import EARLY as EARLY_SUITES

_SPACES = {INITIAL: 0, HANDSHAKE: 1, EARLY: 2, DATA: 2}     # of packet numbers (RFC 9000, 12.3)
_KEY_PHASE = 0x04           # a bit of the first byte
_MOST_UPDATES = 3           # updates of keys of which no packet was captured
_MOST_MISFITS = 8           # packets that don't fit a key, without one that does
_MOST_CRYPTO = 1 << 16      # bytes of a handshake that are kept back behind a hole


class KeyChain:
    """The keys of one kind of packets, with their updates."""

    def __init__(self, keys: Keys) -> None:
        self._hidden: HeaderProtection = keys.header_protection()
        self._keys = keys
        self._before: Keys | None = None
        self._following: list[Keys] = []        # after one update, after two ...; as far as they were needed
        self._phase = False
        self.opened = 0             # packets
        self.misfits = 0

    def open(self, packet: Packet, number_at: int, largest: int) -> tuple[int, bytes]:
        """The number and the content of a packet; largest: the number seen before. Raises UndecryptableError."""
        header, truncated = self._hidden.remove(packet.data, number_at)
        size = (header[0] & 3) + 1
        number = whole_number(truncated, size, largest)
        protected = packet.data[number_at + size:]
        phase = bool(header[0] & _KEY_PHASE) if packet.kind == DATA else self._phase
        try:
            payload = self._try(phase, header, number, protected)
        except UndecryptableError:
            self.misfits += 1
            raise
        self.opened += 1
        return number, payload

    def _try(self, phase: bool, header: bytes, number: int, protected: bytes) -> bytes:
        """By the keys of this phase: the present ones or those before, else by those that follow."""
        known = self._keys if phase == self._phase else self._before
        if known is not None:
            try:
                return known.open(header, number, protected)
            except UndecryptableError:
                if phase == self._phase and self.opened == 0:
                    raise           # nothing fits so far
        keys, before = self._keys, self._keys
        for turn in range(1, _MOST_UPDATES + 1):
            if len(self._following) < turn:
                self._following.append(keys.updated())
            before, keys = keys, self._following[turn - 1]
            if (self._phase ^ bool(turn & 1)) != phase:
                continue
            try:
                payload = keys.open(header, number, protected)
            except UndecryptableError:
                continue
            self._keys, self._before, self._phase = keys, before, phase
            del self._following[:turn]
            return payload
        raise UndecryptableError("a packet does not fit its key")


@dataclass(slots=True)
class Side:
    """What is known of the end that sends in one direction."""

    ids: list[bytes] = field(default_factory=list)          # by which it may be addressed
    chains: dict[int, KeyChain] = field(default_factory=dict)       # by kind of packet
    largest: list[int] = field(default_factory=lambda: [-1, -1, -1])
    crypto: list[Ordered] = field(default_factory=lambda: [Ordered(), Ordered(), Ordered()])
    messages: list[bytearray] = field(default_factory=lambda: [bytearray(), bytearray(), bytearray()])
    early_misfits: int = 0          # packets of a first flight that its secret does not fit

    def is_reached(self, packet: Packet) -> bool:
        """Whether a packet is addressed to this end."""
        if packet.kind == DATA:
            return packet.data.startswith(tuple(self.ids), 1)
        return packet.destination in self.ids

    def number_at(self, packet: Packet) -> int:
        """Where the number of a packet to this end begins: behind its connection id, whose size only it knows."""
        if packet.kind != DATA:
            return packet.number_at
        last = self.ids[-1] if self.ids else b""
        return 1 + len(next((each for each in reversed(self.ids) if packet.data.startswith(each, 1)), last))

    def early_keys(self, secret: bytes, packet: Packet) -> Keys:
        """Those of a first flight: the suite is that of the session before, which only the packet can tell.

        Raises UndecryptableError.
        """
        for suite in EARLY_SUITES.get(len(secret), ()) if self.early_misfits < _MOST_MISFITS else ():
            keys = Keys(suite, secret, packet.version)
            try:
                KeyChain(keys).open(packet, packet.number_at, -1)
            except UndecryptableError:
                continue
            return keys
        self.early_misfits += 1
        raise UndecryptableError("the secret in the key log does not fit its first flight")

    def open(self, chain: KeyChain, packet: Packet, number_at: int) -> bytes:
        """The content of a packet of this side. Raises UndecryptableError."""
        space = _SPACES[packet.kind]
        number, payload = chain.open(packet, number_at, self.largest[space])
        self.largest[space] = max(self.largest[space], number)
        return payload

    def forget_initial(self) -> None:
        """The client begins again after a Retry, and some clients with another hello."""
        self.chains = {kind: known for kind, known in self.chains.items() if kind <= DATA}
        self.crypto[0] = Ordered()
        self.messages[0] = bytearray()

    def misfit(self, kind: int) -> bool:
        """Whether the key of such packets seems to be a wrong one."""
        chain = self.chains[kind]
        return chain.opened == 0 and chain.misfits >= _MOST_MISFITS

    def take_crypto(self, kind: int, offset: int, data: bytes) -> list[tuple[int, bytes]]:
        """The handshake messages, with their types, that some bytes complete. Raises UndecryptableError."""
        space = _SPACES[kind]
        messages = self.messages[space]
        messages += self.crypto[space].add(offset, data)
        if self.crypto[space].held > _MOST_CRYPTO:
            raise UndecryptableError("its handshake makes no sense")
        return take_messages(messages)
