"""The keys that records are protected with (RFC 8446, 5.2, 7; RFC 5246, 5, 6; RFC 2246, 5; RFC 5288, 7366, 7905)."""

import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ptcpdump.dissect.hkdf import expand_label
from ptcpdump.tls.framing import UndecryptableError
from ptcpdump.tls.suites import TLS13, Suite

_BLOCK = 16             # bytes of AES
_TLS11 = 0x0302


def expand_prf(secret: bytes, label: bytes, seed: bytes, size: int, digest: str) -> bytes:
    """The pseudorandom function of TLS 1.2 (RFC 5246, 5)."""
    seed, whole, block = label + seed, b"", label + seed
    while len(whole) < size:
        block = hmac.digest(secret, block, digest)
        whole += hmac.digest(secret, block + seed, digest)
    return whole[:size]


def expand_earlier_prf(secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """The pseudorandom function of TLS 1.0 and 1.1: half of the secret each for two hashes (RFC 2246, 5)."""
    half = (len(secret) + 1) // 2
    one = expand_prf(secret[:half], label, seed, size, "md5")
    other = expand_prf(secret[-half:], label, seed, size, "sha1")
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


class Protection:
    """The keys of one direction from one change of keys to the next: opens its records in order."""

    chained = False         # whether a record can be opened only right after the one before it

    def __init__(self, suite: Suite, version: int, key: bytes, iv: bytes, secret: bytes = b"") -> None:
        assert suite.cipher is not None
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
        if len(sealed) < self.suite.tag:
            raise ValueError("too short")
        about = struct.pack(">QBHH", self.sequence, kind, self._version, len(sealed) - self.suite.tag)
        return kind, self._cipher.decrypt(nonce, sealed, about)


class BlockProtection(Protection):
    """Likewise with AES in CBC mode and an HMAC: of the text (RFC 5246, 6.2.3.2), or of what is sent (RFC 7366)."""

    def __init__(self, suite: Suite, version: int, keys: tuple[bytes, bytes, bytes], *, mac_last: bool) -> None:
        """keys: of the HMAC, of the cipher, and the first initialization vector (TLS 1.0 only)."""
        self.suite = suite
        self.secret = b""
        self.sequence = 0
        self.chained = version < _TLS11     # the end of a record is the next one's initialization vector
        self._version = version
        self._mac_key, self._key, self._iv = keys
        self._mac_last = mac_last
        self._mac_size = hashlib.new(suite.mac).digest_size

    def _open_12(self, kind: int, body: bytes) -> tuple[int, bytes]:
        if self._mac_last:
            body = self._checked(kind, body)
        iv, sealed = (self._iv, body) if self.chained else (body[:_BLOCK], body[_BLOCK:])
        if not sealed or len(sealed) % _BLOCK or len(iv) != _BLOCK:
            raise ValueError("no whole blocks")
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(iv)).decryptor()
        text = decryptor.update(sealed) + decryptor.finalize()
        padding = text[-1] + 1
        if text[-padding:] != bytes([padding - 1]) * padding:
            raise ValueError("wrong padding")
        text = text[:-padding]
        if not self._mac_last:
            text = self._checked(kind, text)
        if self.chained:
            self._iv = sealed[-_BLOCK:]
        return kind, text

    def _checked(self, kind: int, data: bytes) -> bytes:
        """What stands before the HMAC at the end, which has to be right."""
        data, mac = data[:-self._mac_size], data[-self._mac_size:]
        about = struct.pack(">QBHH", self.sequence, kind, self._version, len(data))
        if not hmac.compare_digest(hmac.digest(self._mac_key, about + data, self.suite.mac), mac):
            raise ValueError("wrong MAC")
        return data


def both_of_master(suite: Suite, version: int, master: bytes, client: bytes, server: bytes, *, mac_last: bool = False,
                   ) -> tuple[Protection, Protection]:
    """What the client and the server send, by the master secret of TLS 1.2 or earlier and both randoms (RFC 5246, 6.3).

    mac_last: the MAC is of what is encrypted already (RFC 7366).
    """
    mac = hashlib.new(suite.mac).digest_size if suite.mac else 0
    iv = suite.implicit if suite.cipher else _BLOCK
    sizes = (mac, mac, suite.key, suite.key, iv, iv)
    if version < 0x0303:
        block = expand_earlier_prf(master, b"key expansion", server + client, sum(sizes))
    else:
        block = expand_prf(master, b"key expansion", server + client, sum(sizes), suite.hash)
    parts, at = [], 0
    for size in sizes:
        parts.append(block[at:at + size])
        at += size
    if suite.cipher is None:
        return (BlockProtection(suite, version, (parts[0], parts[2], parts[4]), mac_last=mac_last),
                BlockProtection(suite, version, (parts[1], parts[3], parts[5]), mac_last=mac_last))
    return Protection(suite, version, parts[2], parts[4]), Protection(suite, version, parts[3], parts[5])
