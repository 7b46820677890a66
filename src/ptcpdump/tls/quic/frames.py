"""The frames in a packet of QUIC (RFC 9000, 19; RFC 9221), as far as they matter to an observer."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ptcpdump.tls.quic.packets import LONGEST_ID, read_number

_PING, _ACK, _ACK_ECN, _RESET_STREAM, _CRYPTO, _NEW_TOKEN, _NEW_ID = 0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x18
_PATH_CHALLENGE, _PATH_RESPONSE, _CLOSE, _CLOSE_APPLICATION, _RESET_AT = 0x1A, 0x1B, 0x1C, 0x1D, 0x24
_STREAM_FIRST, _STREAM_LAST, _DATAGRAM, _DATAGRAM_SIZED = 0x08, 0x0F, 0x30, 0x31
_FIN, _SIZED, _OFFSET = 1, 2, 4             # bits of STREAM's type
_TOKEN = 16                                 # bytes behind a new connection id
# frames that are numbers and nothing else: how many; those that packages of today know beside RFC 9000's are
# ACK_FREQUENCY (0xaf) and IMMEDIATE_ACK (0x1f)
_NUMBERS = {0x01: 0, 0x05: 2, 0x10: 1, 0x11: 2, 0x12: 1, 0x13: 1, 0x14: 1, 0x15: 2, 0x16: 1, 0x17: 1, 0x19: 1, 0x1E: 0,
            0x1F: 0, 0xAF: 4}


_OF_HANDSHAKES = frozenset((_ACK, _ACK_ECN, _CRYPTO, _CLOSE))       # and PADDING and PING (RFC 9000, 12.4)
_FEW, _TYPICAL = 24, 48         # so many frames of a handshake's packet, and one more for each so many bytes
_SIZES = bytes(1 << (first >> 6) for first in range(256))       # of a number in bytes, by its first one
_NOTHING = re.compile(rb"[\x00\x01]*")       # PADDING and PING


class Crypto(NamedTuple):
    """Bytes of the TLS handshake."""

    offset: int
    data: bytes


class StreamData(NamedTuple):
    """Bytes of a stream; last: it ends behind them."""

    stream: int
    offset: int
    data: bytes
    last: bool


class Reset(NamedTuple):
    """The sender gives a stream up."""

    stream: int


class NewId(NamedTuple):
    """A connection id by which the sender may be addressed from now on."""

    id: bytes


class Datagram(NamedTuple):
    """Data outside of all streams (RFC 9221)."""

    data: bytes


class Close(NamedTuple):
    """The sender ends the connection."""


Frame = Crypto | StreamData | Reset | NewId | Datagram | Close


def read_frames(payload: bytes, *, handshake: bool = False) -> Iterator[Frame]:
    """The frames of a packet; what stands behind one that is not known, or cut off, is left out.

    handshake: of an Initial or Handshake packet, where few frames may stand, and few of them do: whoever wants can make
    such packets, and frames as small as they can be cost many times as much as large ones.
    """
    at, left = 0, _FEW + len(payload) // _TYPICAL
    try:
        while at < len(payload):
            if payload[at] <= _PING:
                passed = _NOTHING.match(payload, at)
                assert passed is not None
                at = passed.end()
                continue
            kind, at = read_number(payload, at)
            if handshake:
                left -= 1
                if kind not in _OF_HANDSHAKES or not left:
                    return
            if kind in _NUMBERS:
                at = _pass(payload, at, _NUMBERS[kind])     # behind the end: nothing is left to read
                continue
            frame, at = _read(kind, payload, at)
            if at > len(payload):
                return
            if frame is not None and not _says_nothing(frame):
                yield frame
    except IndexError:
        return


def _says_nothing(frame: Frame) -> bool:
    """Whether it has no bytes, and no end either."""
    if isinstance(frame, StreamData):
        return not frame.data and not frame.last
    return isinstance(frame, Crypto | Datagram) and not frame.data


def _read(kind: int, payload: bytes, at: int) -> tuple[Frame | None, int]:
    """A frame, or None for one that does not matter; and the offset behind it. Raises IndexError for an unknown one."""
    if _STREAM_FIRST <= kind <= _STREAM_LAST:
        return _read_stream(kind, payload, at)
    if kind == _CRYPTO:
        offset, at = read_number(payload, at)
        size, at = read_number(payload, at)
        return Crypto(offset, payload[at:at + size]), at + size
    if kind in (_ACK, _ACK_ECN):
        at = _pass(payload, at, 2)
        ranges, at = read_number(payload, at)
        if ranges > len(payload):
            raise IndexError("ranges are cut off")
        return None, _pass(payload, at, 2 * ranges + 1 + 3 * (kind == _ACK_ECN))
    if kind in (_RESET_STREAM, _RESET_AT):
        stream, at = read_number(payload, at)
        return Reset(stream), _pass(payload, at, 2 + (kind == _RESET_AT))
    if kind == _NEW_ID:
        at = _pass(payload, at, 2)
        size = payload[at]
        if not 1 <= size <= LONGEST_ID:
            raise IndexError("a connection id is too long")
        return NewId(payload[at + 1:at + 1 + size]), at + 1 + size + _TOKEN
    if kind in (_DATAGRAM, _DATAGRAM_SIZED):
        size = len(payload) - at
        if kind == _DATAGRAM_SIZED:
            size, at = read_number(payload, at)
        return Datagram(payload[at:at + size]), at + size
    if kind in (_PATH_CHALLENGE, _PATH_RESPONSE):
        return None, at + 8
    if kind in (_NEW_TOKEN, _CLOSE, _CLOSE_APPLICATION):
        size, at = read_number(payload, _pass(payload, at, {_NEW_TOKEN: 0, _CLOSE: 2, _CLOSE_APPLICATION: 1}[kind]))
        return None if kind == _NEW_TOKEN else Close(), at + size
    raise IndexError("a frame is not known")


def _read_stream(kind: int, payload: bytes, at: int) -> tuple[StreamData, int]:
    stream, at = read_number(payload, at)
    offset = 0
    if kind & _OFFSET:
        offset, at = read_number(payload, at)
    size = len(payload) - at
    if kind & _SIZED:
        size, at = read_number(payload, at)
    return StreamData(stream, offset, payload[at:at + size], bool(kind & _FIN)), at + size


def _pass(payload: bytes, at: int, numbers: int) -> int:
    """The offset behind so many numbers; it may be one behind the end. Raises IndexError where they are fewer."""
    for _ in range(numbers):
        at += _SIZES[payload[at]]
    return at
