"""Which handshakes are on the wire in QUIC, by the hash of their first messages.

These are in Initial packets, which everyone on the path can open (RFC 9001, 5.2). Without `cryptography` none are seen.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.quic import HandshakeBytes, Initial, read_initials
from ptcpdump.tls.framing import UndecryptableError, take_messages
from ptcpdump.tls.told import reversed_flow
from ptcpdump.tls.transcripts import HELLOS, hashes_of, is_retry, whole_message

_MOST_CONNECTIONS = 1 << 12     # whose handshakes are under way


@dataclass(slots=True)
class _Handshake:
    """What both ends have sent so far: the client, the server. first_id: by which Initial packets are opened."""

    first_id: bytes
    ends: tuple[HandshakeBytes, HandshakeBytes] = field(default_factory=lambda: (HandshakeBytes(), HandshakeBytes()))
    told: tuple[int, int] = (0, 0)      # hellos of each that were there the last time


class QuicTranscripts:
    """Follows the handshakes in QUIC connections, until the Server Hello."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, _Handshake] = OrderedDict()     # by the flow of the client

    def packet(self, fields: Fields) -> Iterator[tuple[bytes, bytes]]:
        """The same as of Transcripts.packet()."""
        flow, datagram = fields.flow, fields.quic_initial
        if flow is None or datagram is None:
            return
        server = reversed_flow(flow) in self._known
        client = reversed_flow(flow) if server else flow
        handshake = self._known.get(client)
        initials = read_initials(datagram, handshake.first_id if handshake else None)
        if not server and _is_first(initials) and (handshake is None or not _opened(initials)):
            again = read_initials(datagram)         # it begins here, or after a Retry with the id which that has told
            if _opened(again):
                initials = again
                handshake = self._known[client] = _Handshake(initials[0].destination_id)
                if len(self._known) > _MOST_CONNECTIONS:
                    self._known.popitem(last=False)
        if handshake is None:
            return
        for initial in initials:
            handshake.ends[server].add(initial.frames or ())
        yield from self._hashes(client, handshake)

    def _hashes(self, client: bytes, handshake: _Handshake) -> Iterator[tuple[bytes, bytes]]:
        """What is new."""
        try:
            asked, answered = (_hellos(end.whole()) for end in handshake.ends)
        except UndecryptableError:
            del self._known[client]
            return
        if handshake.told == (len(asked), len(answered)):
            return
        handshake.told = len(asked), len(answered)
        yield from hashes_of(asked, answered)
        if answered and not is_retry(answered[-1]):
            del self._known[client]


def _is_first(initials: list[Initial]) -> bool:
    return bool(initials) and bool(initials[0].destination_id)


def _opened(initials: list[Initial]) -> bool:
    return any(initial.frames is not None for initial in initials)


def _hellos(handshake: bytes) -> list[bytes]:
    """The whole hellos at the start of what an end has sent. Raises UndecryptableError."""
    return [whole_message(kind, body) for kind, body in take_messages(bytearray(handshake)) if kind in HELLOS]
