"""Cipher suites and the keys that records are protected with (RFC 8446, 5.2, 7; RFC 5246, 5, 6; RFC 5288; RFC 7905)."""

import hashlib
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import aead

from ptcpdump.errors import PtcpdumpError

TLS13 = 0x0304


class UndecryptableError(PtcpdumpError):
    """A record can't be decrypted: the key is not the right one, records before it are missing, or it is damaged."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite: its hash (of the key schedule), its cipher and the size of its key.

    implicit: bytes of a nonce that are not sent (TLS 1.2 only; RFC 5288: 4, RFC 7905: 12).
    """

    hash: str
    cipher: Callable[[bytes], "aead.AESGCM | aead.AESCCM | aead.ChaCha20Poly1305"]
    key: int
    implicit: int = 4


def _ccm(size: int) -> Callable[[bytes], aead.AESCCM]:
    return lambda key: aead.AESCCM(key, tag_length=size)


_GCM_128, _GCM_256 = Suite("sha256", aead.AESGCM, 16), Suite("sha384", aead.AESGCM, 32)
_CHACHA = Suite("sha256", aead.ChaCha20Poly1305, 32, 12)
_CCM_128, _CCM_256 = Suite("sha256", _ccm(16), 16), Suite("sha256", _ccm(16), 32)
_CCM8_128, _CCM8_256 = Suite("sha256", _ccm(8), 16), Suite("sha256", _ccm(8), 32)
# IANA, "TLS Cipher Suites": those with authenticated encryption
SUITES: dict[int, Suite] = {
    0x1301: _GCM_128, 0x1302: _GCM_256, 0x1303: _CHACHA, 0x1304: _CCM_128, 0x1305: _CCM8_128,
    **dict.fromkeys((0x009C, 0x009E, 0xC02B, 0xC02F), _GCM_128),
    **dict.fromkeys((0x009D, 0x009F, 0xC02C, 0xC030), _GCM_256),
    **dict.fromkeys((0xCCA8, 0xCCA9, 0xCCAA), _CHACHA),
    **dict.fromkeys((0xC09C, 0xC09E, 0xC0AC), _CCM_128), **dict.fromkeys((0xC09D, 0xC09F, 0xC0AD), _CCM_256),
    **dict.fromkeys((0xC0A0, 0xC0A2, 0xC0AE), _CCM8_128), **dict.fromkeys((0xC0A1, 0xC0A3, 0xC0AF), _CCM8_256),
}


def expand_label(secret: bytes, label: str, size: int, digest: str) -> bytes:
    """HKDF-Expand-Label with an empty context (RFC 8446, 7.1); no size here is larger than one block of the hash."""
    name = b"tls13 " + label.encode()
    info = struct.pack(">HB", size, len(name)) + name + b"\0"
    return hmac.digest(secret, info + b"\1", digest)[:size]


def expand_prf(secret: bytes, label: bytes, seed: bytes, size: int, digest: str) -> bytes:
    """The pseudorandom function of TLS 1.2 (RFC 5246, 5)."""
    seed, whole, block = label + seed, b"", label + seed
    while len(whole) < size:
        block = hmac.digest(secret, block, digest)
        whole += hmac.digest(secret, block + seed, digest)
    return whole[:size]


class Protection:
    """The keys of one direction from one change of keys to the next: opens its records in order."""

    def __init__(self, suite: Suite, version: int, key: bytes, iv: bytes, secret: bytes = b"") -> None:
        self.suite = suite
        self.secret = secret        # of TLS 1.3, from which the next one is made
        self.sequence = 0
        self._version = version
        self._cipher = suite.cipher(key)
        self._iv = iv

    @classmethod
    def of_secret(cls, suite: Suite, secret: bytes) -> "Protection":
        """By a traffic secret of TLS 1.3 (RFC 8446, 7.3)."""
        if len(secret) != hashlib.new(suite.hash).digest_size:
            raise UndecryptableError("the secret in the key log is not one of this cipher suite")
        return cls(suite, TLS13, expand_label(secret, "key", suite.key, suite.hash),
                   expand_label(secret, "iv", 12, suite.hash), secret)

    def updated(self) -> "Protection":
        """After a KeyUpdate (RFC 8446, 7.2)."""
        size = hashlib.new(self.suite.hash).digest_size
        return self.of_secret(self.suite, expand_label(self.secret, "traffic upd", size, self.suite.hash))

    def open(self, kind: int, body: bytes) -> tuple[int, bytes]:
        """The type and content of a record with this type and protected body. Raises UndecryptableError."""
        try:
            kind, plain = self._open_13(kind, body) if self._version == TLS13 else self._open_12(kind, body)
        except (InvalidTag, ValueError) as error:
            raise UndecryptableError("a record does not fit its key") from error
        self.sequence += 1
        return kind, plain

    def _open_13(self, kind: int, body: bytes) -> tuple[int, bytes]:
        nonce = (int.from_bytes(self._iv, "big") ^ self.sequence).to_bytes(12, "big")
        inner = self._cipher.decrypt(nonce, body, struct.pack(">BHH", kind, 0x0303, len(body))).rstrip(b"\0")
        if not inner:
            raise ValueError("no type")
        return inner[-1], inner[:-1]

    def _open_12(self, kind: int, body: bytes) -> tuple[int, bytes]:
        if self.suite.implicit == 12:
            nonce, sealed = (int.from_bytes(self._iv, "big") ^ self.sequence).to_bytes(12, "big"), body
        else:
            nonce, sealed = self._iv + body[:8], body[8:]
        tag = 8 if self.suite in (_CCM8_128, _CCM8_256) else 16
        about = struct.pack(">QBHH", self.sequence, kind, self._version, len(sealed) - tag)
        return kind, self._cipher.decrypt(nonce, sealed, about)


def both_of_master(suite: Suite, version: int, master: bytes, client: bytes, server: bytes,
                   ) -> tuple[Protection, Protection]:
    """What the client and the server send, by the master secret of TLS 1.2 and both randoms (RFC 5246, 6.3)."""
    size = 2 * (suite.key + suite.implicit)
    block = expand_prf(master, b"key expansion", server + client, size, suite.hash)
    keys, ivs = block[:2 * suite.key], block[2 * suite.key:]
    return (Protection(suite, version, keys[:suite.key], ivs[:suite.implicit]),
            Protection(suite, version, keys[suite.key:], ivs[suite.implicit:]))
