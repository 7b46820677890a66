"""What files made to cost much are put together of."""

from collections.abc import Callable

from savefiles import interface, packet, section

MB = 1 << 20
Bomb = Callable[[int], bytes]       # a file of about so many bytes
Piece = Callable[[int], bytes]      # a piece of one, by its number


def filled(size: int, piece: Piece, before: bytes = b"", after: bytes = b"") -> bytes:
    """A file of about this size, of numbered pieces."""
    pieces, length, number = [before], len(before), 0
    while length < size:
        pieces.append(piece(number))
        length += len(pieces[-1])
        number += 1
    return b"".join(pieces) + after


def of(piece: Piece) -> Bomb:
    """Pieces behind a section's header."""
    return lambda size: filled(size, piece, section())


def on_one_interface(piece: Piece, linktype: int = 1) -> Bomb:
    """Pieces behind the description of one interface, and a packet."""
    return lambda size: filled(size, piece, section() + interface(linktype=linktype), packet())
