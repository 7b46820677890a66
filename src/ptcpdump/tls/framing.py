"""How handshake messages follow one another (RFC 8446, 4); for who can't decrypt, too: nothing optional is imported."""

from collections.abc import Iterator

from ptcpdump.errors import PtcpdumpError

# RFC 8446, 4.1.3: the random of a HelloRetryRequest
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_MOST_MESSAGE = 1 << 18             # bytes of one handshake message


class UndecryptableError(PtcpdumpError):
    """A record can't be decrypted: the key is not the right one, records before it are missing, or it is damaged."""


def take_messages(waiting: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take the handshake messages that are whole from what has come: type and body. Raises UndecryptableError."""
    while len(waiting) >= 4:
        size = int.from_bytes(waiting[1:4], "big")
        if size > _MOST_MESSAGE:
            raise UndecryptableError("its handshake makes no sense")
        if len(waiting) < 4 + size:
            return
        kind, body = waiting[0], bytes(waiting[4:4 + size])
        del waiting[:4 + size]
        yield kind, body
