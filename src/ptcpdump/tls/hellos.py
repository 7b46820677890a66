"""What the handshake messages say that decides how a connection is protected (RFC 8446, 4; RFC 5246, 7.4.1)."""

from collections.abc import Iterator
from typing import NamedTuple

from ptcpdump.tls.framing import UndecryptableError
from ptcpdump.tls.suites import SUITES, TLS13

_ALPN, _ENCRYPT_THEN_MAC, _EARLY_DATA, _SUPPORTED_VERSIONS = 16, 22, 42, 43     # types of extensions
_EARLY_DATA_TYPE = _EARLY_DATA.to_bytes(2)


class ServerHello(NamedTuple):
    """What a server has chosen. mac_last: the MAC is of what is encrypted (RFC 7366). alpn: "" where it is not said."""

    version: int
    suite: int
    random: bytes
    mac_last: bool = False
    alpn: str = ""


def offers_early_data(body: bytes) -> bool:
    """Whether the client of this Client Hello sends data with its first flight (RFC 8446, 4.2.10)."""
    if _EARLY_DATA_TYPE not in body:
        return False
    at = 34
    at += 1 + int.from_bytes(body[at:at + 1], "big")            # session id
    at += 2 + int.from_bytes(body[at:at + 2], "big")            # cipher suites
    at += 1 + int.from_bytes(body[at:at + 1], "big")            # compression methods
    return any(kind == _EARLY_DATA for kind, _ in _extensions(body, at + 2))


def read_server_hello(body: bytes) -> ServerHello:
    """Take in a Server Hello. Raises UndecryptableError for what can't be decrypted here."""
    at = 35 + (body[34] if len(body) > 34 else 0)
    if len(body) < at + 3:
        raise UndecryptableError("its Server Hello makes no sense")
    version, suite = int.from_bytes(body[:2], "big"), int.from_bytes(body[at:at + 2], "big")
    mac_last, alpn = False, ""
    for kind, data in _extensions(body, at + 5):
        if kind == _SUPPORTED_VERSIONS and len(data) == 2:
            version = int.from_bytes(data, "big")
        elif kind == _ENCRYPT_THEN_MAC:
            mac_last = True
        elif kind == _ALPN:
            alpn = _alpn(data)
    known = SUITES.get(suite)
    if (known is None or not 0x0301 <= version <= TLS13 or (version < 0x0303 and known.cipher is not None)
            or (version == TLS13 and known.cipher is None)):
        raise UndecryptableError(f"its cipher suite ({suite:#06x}, version {version:#06x}) is not known here")
    if body[at + 2]:
        raise UndecryptableError("its records are compressed")
    return ServerHello(version, suite, body[2:34], mac_last and known.cipher is None, alpn)


def alpn_of(body: bytes) -> str:
    """The application protocol that EncryptedExtensions name; "" without one."""
    return next((_alpn(data) for kind, data in _extensions(body, 2) if kind == _ALPN), "")


def _alpn(data: bytes) -> str:
    return data[3:3 + data[2]].decode("latin-1") if len(data) > 3 else ""


def _extensions(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Type and data of each extension from here on."""
    end = len(body) - 4
    while at <= end:
        size = body[at + 2] << 8 | body[at + 3]
        yield body[at] << 8 | body[at + 1], body[at + 4:at + 4 + size]
        at += 4 + size
