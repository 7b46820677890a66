"""The frames in a packet of QUIC (RFC 9000, 19; RFC 9221), as far as they matter to an observer."""

class Crypto:
    """Bytes of the TLS handshake."""

    @property
    def offset(self) -> int: ...
    @property
    def data(self) -> bytes: ...

class StreamData:
    """Bytes of a stream; last: it ends behind them."""

    @property
    def stream(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def data(self) -> bytes: ...
    @property
    def last(self) -> bool: ...
    def __init__(self, stream: int, offset: int, data: bytes, last: bool) -> None: ...

class Reset:
    """The sender gives a stream up."""

    @property
    def stream(self) -> int: ...

class NewId:
    """A connection id by which the sender may be addressed from now on."""

    @property
    def id(self) -> bytes: ...

class Datagram:
    """Data outside of all streams (RFC 9221)."""

    @property
    def data(self) -> bytes: ...

class Close:
    """The sender has ended the connection."""

Frame = Crypto | StreamData | Reset | NewId | Datagram | Close

def read_frames(payload: bytes, handshake: bool = False) -> list[Frame]:
    """The frames of a packet; what stands behind one that is not known, or cut off, is left out.

    handshake: of an Initial or Handshake packet, where few frames may stand, and few of them do: whoever wants can make
    such packets, and frames as small as they can be cost many times as much as large ones. Only there CRYPTO frames are
    told of: behind the handshake they say nothing to who looks on (RFC 8446, 4.6).
    """
