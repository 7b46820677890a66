"""The keys that QUIC's packets are protected with (RFC 9001, 5, 6; RFC 9369, 3.3)."""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ptcpdump.dissect.hkdf import expand_label
from ptcpdump.tls.framing import UndecryptableError
from ptcpdump.tls.quic.packets import VERSION_1, VERSION_2
from ptcpdump.tls.suites import SUITES, Suite

_SALTS = {VERSION_1: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
          VERSION_2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")}
_LABELS = {VERSION_1: "quic", VERSION_2: "quicv2"}
_INITIAL = SUITES[0x1301]               # RFC 9001, 5.2
_CHACHA = SUITES[0x1303]
_SAMPLE = 16                            # bytes
_SIDES = "client in", "server in"       # by direction
_TAG = 16                               # bytes behind the text, in all suites of QUIC


class HeaderProtection:
    """What hides packet numbers (RFC 9001, 5.4); it stays the same when keys are updated."""

    def __init__(self, suite: Suite, secret: bytes, version: int) -> None:
        self._key = expand_label(secret, f"{_LABELS[version]} hp", suite.key, suite.hash)
        self._block = None
        if suite is not _CHACHA:        # one block at a time (RFC 9001, 5.4.3)
            self._block = Cipher(algorithms.AES(self._key), modes.ECB()).encryptor()  # noqa: S305

    def mask(self, sample: bytes) -> bytes:
        """What the first byte and the number are combined with, at least 5 bytes."""
        if self._block is not None:
            return self._block.update(sample)
        return Cipher(algorithms.ChaCha20(self._key, sample), None).encryptor().update(bytes(5))

    def remove(self, packet: bytes, number_at: int) -> tuple[bytes, int]:
        """The header without protection, up to the end of the number; and the number as it is sent.

        Raises UndecryptableError where the packet is too short for it.
        """
        sample = packet[number_at + 4:number_at + 4 + _SAMPLE]
        if len(sample) < _SAMPLE:
            raise UndecryptableError("a packet is too short")
        mask = self.mask(sample)
        first = packet[0] ^ mask[0] & (0x0F if packet[0] & 0x80 else 0x1F)
        end = number_at + (first & 3) + 1
        size = end - number_at
        number = int.from_bytes(packet[number_at:end], "big") ^ int.from_bytes(mask[1:1 + size], "big")
        return bytes([first]) + packet[1:number_at] + number.to_bytes(size, "big"), number


class Keys:
    """The keys of one direction and one kind of packets, up to the next update."""

    def __init__(self, suite: Suite, secret: bytes, version: int) -> None:
        assert suite.cipher is not None
        if len(secret) != hashlib.new(suite.hash).digest_size:
            raise UndecryptableError("the secret in the key log is not one of this cipher suite")
        label = _LABELS[version]
        self._suite, self._secret, self._version = suite, secret, version
        self._cipher = suite.cipher(expand_label(secret, f"{label} key", suite.key, suite.hash))
        self._iv = int.from_bytes(expand_label(secret, f"{label} iv", 12, suite.hash), "big")

    def header_protection(self) -> HeaderProtection:
        """That of these keys, and of all that follow by updates."""
        return HeaderProtection(self._suite, self._secret, self._version)

    def updated(self) -> "Keys":
        """After a key update (RFC 9001, 6)."""
        size = hashlib.new(self._suite.hash).digest_size
        return Keys(self._suite, expand_label(self._secret, f"{_LABELS[self._version]} ku", size, self._suite.hash),
                    self._version)

    def open(self, header: bytes, number: int, protected: bytes) -> bytes:
        """What a packet with this header and number holds. Raises UndecryptableError where it does not fit."""
        if len(protected) < _TAG:
            raise UndecryptableError("a packet is too short")
        try:
            return self._cipher.decrypt((self._iv ^ number).to_bytes(12, "big"), protected, header)
        except InvalidTag as error:
            raise UndecryptableError("a packet does not fit its key") from error


def initial_keys(version: int, first_id: bytes, direction: int) -> Keys:
    """Those of Initial packets, which everyone can derive (RFC 9001, 5.2).

    first_id: the destination's connection id in the first packet of the client, or in that after a Retry.
    """
    secret = hmac.digest(_SALTS[version], first_id, "sha256")
    return Keys(_INITIAL, expand_label(secret, _SIDES[direction], 32, "sha256"), version)


def whole_number(truncated: int, size: int, largest: int) -> int:
    """A packet number of which `size` bytes are sent; largest: that was seen before, or -1 (RFC 9000, A.3)."""
    window, expected = 1 << 8 * size, largest + 1
    candidate = expected & -window | truncated
    if candidate <= expected - window // 2 and candidate + window < 1 << 62:
        return candidate + window
    if candidate > expected + window // 2 and candidate >= window:
        return candidate - window
    return candidate
