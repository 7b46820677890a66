"""Cipher suites of TLS, as far as records are protected by them here (IANA, "TLS Cipher Suites")."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import aead

TLS13 = 0x0304


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite: its hash (of the key schedule), its cipher and the size of its key, in bytes.

    cipher: of authenticated encryption; None: AES in CBC mode, with an HMAC of the hash `mac` (RFC 5246, 6.2.3.2).
    implicit: bytes of a nonce that are not sent (TLS 1.2 only; RFC 5288: 4, RFC 7905: 12). tag: bytes behind the text.
    """

    hash: str
    cipher: "Callable[[bytes], aead.AESGCM | aead.AESCCM | aead.ChaCha20Poly1305] | None"
    key: int
    implicit: int = 4
    tag: int = 16
    mac: str = ""


def _ccm(size: int) -> Callable[[bytes], aead.AESCCM]:
    return lambda key: aead.AESCCM(key, tag_length=size)


_GCM_128, _GCM_256 = Suite("sha256", aead.AESGCM, 16), Suite("sha384", aead.AESGCM, 32)
_CHACHA = Suite("sha256", aead.ChaCha20Poly1305, 32, 12)
_CCM_128, _CCM_256 = Suite("sha256", _ccm(16), 16), Suite("sha256", _ccm(16), 32)
_CCM8_128, _CCM8_256 = Suite("sha256", _ccm(8), 16, tag=8), Suite("sha256", _ccm(8), 32, tag=8)
_CBC_128_SHA, _CBC_256_SHA = Suite("sha256", None, 16, mac="sha1"), Suite("sha256", None, 32, mac="sha1")
_CBC_128_SHA256, _CBC_256_SHA256 = Suite("sha256", None, 16, mac="sha256"), Suite("sha256", None, 32, mac="sha256")
_CBC_256_SHA384 = Suite("sha384", None, 32, mac="sha384")
# by how keys are exchanged, which does not matter here: RSA, DH, DHE, anonymous, ECDH, ECDHE; with a PSK; with SRP
SUITES: dict[int, Suite] = {
    0x1301: _GCM_128, 0x1302: _GCM_256, 0x1303: _CHACHA, 0x1304: _CCM_128, 0x1305: _CCM8_128,
    **dict.fromkeys((0x009C, 0x009E, 0x00A0, 0x00A2, 0x00A4, 0x00A6, 0xC02B, 0xC02D, 0xC02F, 0xC031,
                     0x00A8, 0x00AA, 0x00AC, 0xD001), _GCM_128),
    **dict.fromkeys((0x009D, 0x009F, 0x00A1, 0x00A3, 0x00A5, 0x00A7, 0xC02C, 0xC02E, 0xC030, 0xC032,
                     0x00A9, 0x00AB, 0x00AD, 0xD002), _GCM_256),
    **dict.fromkeys((0xCCA8, 0xCCA9, 0xCCAA, 0xCCAB, 0xCCAC, 0xCCAD, 0xCCAE), _CHACHA),
    **dict.fromkeys((0xC09C, 0xC09E, 0xC0AC, 0xC0A4, 0xC0A6), _CCM_128),
    **dict.fromkeys((0xC09D, 0xC09F, 0xC0AD, 0xC0A5, 0xC0A7), _CCM_256),
    **dict.fromkeys((0xC0A0, 0xC0A2, 0xC0AE, 0xC0A8, 0xC0AA), _CCM8_128),
    **dict.fromkeys((0xC0A1, 0xC0A3, 0xC0AF, 0xC0A9, 0xC0AB), _CCM8_256),
    **dict.fromkeys((*range(0x002F, 0x0035), 0xC004, 0xC009, 0xC00E, 0xC013, 0xC018,
                     0x008C, 0x0090, 0x0094, 0xC035, 0xC01D, 0xC01E, 0xC01F), _CBC_128_SHA),
    **dict.fromkeys((*range(0x0035, 0x003B), 0xC005, 0xC00A, 0xC00F, 0xC014, 0xC019,
                     0x008D, 0x0091, 0x0095, 0xC036, 0xC020, 0xC021, 0xC022), _CBC_256_SHA),
    **dict.fromkeys((0x003C, 0x003E, 0x003F, 0x0040, 0x0067, 0x006C, 0xC023, 0xC025, 0xC027, 0xC029,
                     0x00AE, 0x00B2, 0x00B6, 0xC037), _CBC_128_SHA256),
    **dict.fromkeys((0x003D, *range(0x0068, 0x006C), 0x006D), _CBC_256_SHA256),
    **dict.fromkeys((0xC024, 0xC026, 0xC028, 0xC02A, 0x00AF, 0x00B3, 0x00B7, 0xC038), _CBC_256_SHA384),
}
# what data of a client's first flight may be protected with, by the size of the secret in bytes
EARLY: dict[int, tuple[Suite, ...]] = {32: (_GCM_128, _CHACHA, _CCM_128, _CCM8_128), 48: (_GCM_256,)}
