"""How handshake messages follow one another (RFC 8446, 4); for who can't decrypt, too: nothing optional is imported."""

from ptcpdump.errors import PtcpdumpError

# RFC 8446, 4.1.3: the random of a HelloRetryRequest
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_MOST_MESSAGE = 1 << 18             # bytes of one handshake message


class UndecryptableError(PtcpdumpError):
    """A record can't be decrypted: the key is not the right one, records before it are missing, or it is damaged."""


def take_messages(waiting: bytearray) -> list[tuple[int, bytes]]:
    """Take the handshake messages that are whole from what has come: type and body. Raises UndecryptableError."""
    at, end = 0, len(waiting)
    found: list[tuple[int, bytes]] = []
    while end - at >= 4:
        body = at + 4
        behind = body + (waiting[at + 1] << 16 | waiting[at + 2] << 8 | waiting[at + 3])
        if behind - body > _MOST_MESSAGE and not found:
            raise UndecryptableError("its handshake makes no sense")
        if behind > end:
            break
        found.append((waiting[at], bytes(waiting[body:behind])))
        at = behind
    del waiting[:at]
    return found
