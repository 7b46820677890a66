"""The hellos in QUIC's Initial packets, whose keys everyone on the path can derive (RFC 9001, 5.2; RFC 9369, 3.3).

Only this needs a cipher: the package `cryptography` is imported when the first such packet is asked for its content.
Without it, Initial packets are seen but not opened.
"""

import hmac
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from ptcpdump.dissect.decode import read_hello
from ptcpdump.dissect.hkdf import expand_label
from ptcpdump.dissect.model import Quic, Tls

VERSION_1, VERSION_2 = 0x00000001, 0x6B3343CF
HELLO_MAX = 1 << 14             # bytes of a hello that are put together
_SALTS = {
    VERSION_1: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
    VERSION_2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
}
_LABELS = {VERSION_1: "quic ", VERSION_2: "quicv2 "}
_INITIAL = {VERSION_1: 0, VERSION_2: 1}     # the type in the first byte
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0x00, 0x01, 0x02, 0x03, 0x06
_SAMPLE = 16
_HASH = "sha256"


class _Broken(Exception):  # noqa: N818 -- a condition of the packet, not an error of the program
    """The packet ends too early, or can't be opened."""


@dataclass(frozen=True, slots=True)
class Initial:
    """An Initial packet; frames: what its CRYPTO frames hold, as (offset in the handshake, bytes)."""

    version: int
    destination_id: bytes
    source_id: bytes
    frames: tuple[tuple[int, bytes], ...] | None    # None: not opened


@dataclass(frozen=True, slots=True)
class _Header:
    version: int
    destination_id: bytes
    source_id: bytes
    number_at: int              # offset of the packet number, which is protected
    end: int                    # offset behind the packet


def _cipher() -> tuple[ModuleType, ModuleType] | None:
    try:
        from cryptography.hazmat.primitives import ciphers  # noqa: PLC0415  optional, and slow to import
        from cryptography.hazmat.primitives.ciphers import aead  # noqa: PLC0415
    except ImportError:
        return None
    return ciphers, aead


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer (RFC 9000, 16) and the offset behind it."""
    if at >= len(data):
        raise _Broken
    size = 1 << (data[at] >> 6)
    if at + size > len(data):
        raise _Broken
    return int.from_bytes(data[at : at + size]) & (1 << (8 * size - 2)) - 1, at + size


def _connection_id(data: bytes, at: int) -> tuple[bytes, int]:
    if at >= len(data) or data[at] > 20 or at + 1 + data[at] > len(data):
        raise _Broken
    return data[at + 1 : at + 1 + data[at]], at + 1 + data[at]


def _read_header(data: bytes, at: int) -> _Header | None:
    """The long header at an offset (RFC 9000, 17.2); None if it is not that of an Initial packet of a known version."""
    if at + 6 > len(data) or data[at] & 0xC0 != 0xC0:
        return None
    version = int.from_bytes(data[at + 1 : at + 5])
    if version not in _SALTS or data[at] >> 4 & 3 != _INITIAL[version]:
        return None
    destination_id, at = _connection_id(data, at + 5)
    source_id, at = _connection_id(data, at)
    token, at = _number(data, at)
    size, at = _number(data, at + token)
    return _Header(version, destination_id, source_id, at, at + size)


@lru_cache(maxsize=64)
def _keys(version: int, connection_id: bytes, side: bytes) -> tuple[bytes, bytes, bytes]:
    """Key, initialization vector and header protection key; side: b"client in" or b"server in"."""
    secret = expand_label(hmac.digest(_SALTS[version], connection_id, _HASH), side.decode(), 32, _HASH)
    label = _LABELS[version]
    key, vector, protection = (expand_label(secret, label + name, size, _HASH)
                               for name, size in (("key", 16), ("iv", 12), ("hp", 16)))
    return key, vector, protection


def _open(data: bytes, at: int, header: _Header, keys: tuple[bytes, bytes, bytes]) -> bytes | None:
    """The frames of a packet (RFC 9001, 5.3, 5.4); None when the keys are not its own."""
    modules = _cipher()
    if modules is None or header.end > len(data) or header.number_at + 4 + _SAMPLE > header.end:
        return None
    ciphers, aead = modules
    key, vector, protection = keys
    sample = data[header.number_at + 4 : header.number_at + 4 + _SAMPLE]
    encryptor = ciphers.Cipher(ciphers.algorithms.AES(protection), ciphers.modes.ECB()).encryptor()
    mask = encryptor.update(sample)
    first = data[at] ^ mask[0] & 0x0F
    size = (first & 3) + 1
    number = bytes(a ^ b for a, b in zip(data[header.number_at : header.number_at + size], mask[1:], strict=False))
    head = bytes([first]) + data[at + 1 : header.number_at] + number
    # the first packets of a connection have small numbers, which are sent whole
    nonce = (int.from_bytes(vector) ^ int.from_bytes(number)).to_bytes(12)
    try:
        opened: bytes = aead.AESGCM(key).decrypt(nonce, data[header.number_at + size : header.end], head)
    except Exception:
        return None
    return opened


def _crypto_frames(data: bytes) -> tuple[tuple[int, bytes], ...]:
    """What CRYPTO frames hold (RFC 9000, 19.6); what follows a frame that may not stand here is left out."""
    found: list[tuple[int, bytes]] = []
    at = 0
    try:
        while at < len(data):
            kind, at = _number(data, at)
            if kind == _CRYPTO:
                offset, at = _number(data, at)
                size, at = _number(data, at)
                found.append((offset, data[at : at + size]))
                at += size
            elif kind in (_ACK, _ACK_ECN):
                _, at = _number(data, at)
                _, at = _number(data, at)
                ranges, at = _number(data, at)
                for _ in range(2 * ranges + 1 + 3 * (kind == _ACK_ECN)):
                    _, at = _number(data, at)
            elif kind not in (_PADDING, _PING):
                break
    except _Broken:
        pass
    return tuple(found)


def read_initials(datagram: bytes, original_id: bytes | None = None) -> list[Initial]:
    """The Initial packets of a datagram, opened where `cryptography` is installed and the keys fit.

    original_id: destination connection id of the client's first packet, from which all Initial keys of a connection are
    derived; None: it is that of this packet, which is true of the client's first ones.
    """
    found: list[Initial] = []
    at = 0
    try:
        while (header := _read_header(datagram, at)) is not None:
            secret_id = header.destination_id if original_id is None else original_id
            opened = None
            for side in (b"client in", b"server in"):
                opened = _open(datagram, at, header, _keys(header.version, secret_id, side))
                if opened is not None:
                    break
            frames = None if opened is None else _crypto_frames(opened)
            found.append(Initial(header.version, header.destination_id, header.source_id, frames))
            at = header.end
    except _Broken:
        pass
    return found


class HandshakeBytes:
    """The start of a handshake, put together of CRYPTO frames in any order; at most HELLO_MAX bytes are kept."""

    def __init__(self) -> None:
        self._parts: dict[int, bytes] = {}
        self._size = 0

    def add(self, frames: tuple[tuple[int, bytes], ...]) -> None:
        """Keep what was not there; of two frames at one offset the longer one."""
        for offset, data in frames:
            more = len(data) - len(self._parts.get(offset, b""))
            if more > 0 and self._size + more <= HELLO_MAX:
                self._parts[offset] = data
                self._size += more

    def hello(self) -> Tls | None:
        """The hello that begins the handshake, as far as it is there without a gap."""
        return read_hello(self.whole())

    def random(self) -> bytes:
        """The random of a Client Hello (RFC 8446, 4.1.2); empty while it is not there."""
        whole = self.whole()
        return whole[6:38] if len(whole) >= 38 and whole[0] == 1 else b""

    def whole(self) -> bytes:
        """The handshake up to the first gap."""
        whole = b""
        for offset, data in sorted(self._parts.items()):
            if offset > len(whole):
                break
            whole += data[len(whole) - offset :]
        return whole


def read_quic(datagram: bytes) -> Quic | None:
    """The Initial packets of a datagram as one, with the hello in them; None when it does not begin with one."""
    initials = read_initials(datagram)
    if not initials:
        return None
    handshake = HandshakeBytes()
    for initial in initials:
        handshake.add(initial.frames or ())
    first = initials[0]
    return Quic(first.version, first.destination_id, first.source_id, handshake.hello())
