"""The packets in a datagram of QUIC (RFC 9000, 12.2, 17; RFC 9369, 3.2): headers, as far as they are not protected."""

from collections.abc import Iterator
from typing import NamedTuple

VERSION_1, VERSION_2 = 0x00000001, 0x6B3343CF
INITIAL, EARLY, HANDSHAKE, RETRY, DATA = range(5)       # kinds of packets; EARLY: 0-RTT, DATA: 1-RTT
LONGEST_ID = 20                 # bytes of a connection id
# bytes of a datagram with an Initial packet of a client: servers discard what is smaller (RFC 9000, 14.1)
SMALLEST_FIRST = 1200
_LONG, _FIXED = 0x80, 0x40      # bits of the first byte
_KINDS = {VERSION_1: (INITIAL, EARLY, HANDSHAKE, RETRY), VERSION_2: (RETRY, INITIAL, EARLY, HANDSHAKE)}
_INTEGRITY = 16                 # bytes of the tag behind a Retry packet
_MOST_PACKETS, _TYPICAL = 4, 256        # packets of a datagram: so many, and one more for each so many bytes of it


class Packet(NamedTuple):
    """A packet. data: all of it; number_at: where its number begins, which is protected.

    Of a packet with a short header, version, ids and number_at are not known here: who knows its connection does.
    """

    kind: int
    data: bytes
    version: int = 0
    destination: bytes = b""
    source: bytes = b""
    number_at: int = 1


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer (RFC 9000, 16) and the offset behind it. Raises IndexError where data ends."""
    first = data[at]
    if first < 0x40:
        return first, at + 1
    size = 1 << (first >> 6)
    if at + size > len(data):
        raise IndexError("a number is cut off")
    return int.from_bytes(data[at:at + size], "big") & (1 << (8 * size - 2)) - 1, at + size


def read_packets(datagram: bytes) -> Iterator[Packet]:
    """The packets of a datagram, until one of another version, or one that does not end in it.

    Those that are addressed otherwise than the first one are nobody's (RFC 9000, 12.2).
    """
    at, destination = 0, None
    most = _MOST_PACKETS + len(datagram) // _TYPICAL
    try:
        while at < len(datagram) and most:
            most -= 1
            first = datagram[at]
            if not first & _LONG:
                if first & _FIXED or not at:        # else what fills a datagram up
                    yield Packet(DATA, datagram[at:])
                return
            version = int.from_bytes(datagram[at + 1:at + 5], "big")
            if version not in _KINDS:
                return
            packet = _read_long(datagram, at, _KINDS[version][first >> 4 & 3], version)
            at += len(packet.data)
            if destination is None:
                destination = packet.destination
            if packet.destination == destination:
                yield packet
    except IndexError:
        return


def _read_long(datagram: bytes, start: int, kind: int, version: int) -> Packet:
    """The packet with a long header that begins here (RFC 9000, 17.2). Raises IndexError where it is not whole."""
    destination, at = _read_id(datagram, start + 5)
    source, at = _read_id(datagram, at)
    if kind == RETRY:
        if len(datagram) - at < _INTEGRITY:
            raise IndexError("a Retry packet is cut off")
        return Packet(kind, datagram[start:], version, destination, source, at - start)
    if kind == INITIAL:
        token, at = read_number(datagram, at)
        at += token
    size, at = read_number(datagram, at)
    if at + size > len(datagram):
        raise IndexError("a packet is cut off")
    return Packet(kind, datagram[start:at + size], version, destination, source, at - start)


def _read_id(data: bytes, at: int) -> tuple[bytes, int]:
    size = data[at]
    if size > LONGEST_ID or at + 1 + size > len(data):
        raise IndexError("a connection id is too long")
    return data[at + 1:at + 1 + size], at + 1 + size
