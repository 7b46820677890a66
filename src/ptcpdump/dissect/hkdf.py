"""How TLS 1.3 and QUIC derive one secret from another."""

import hmac
import struct


def expand_label(secret: bytes, label: str, size: int, digest: str, context: bytes = b"") -> bytes:
    """HKDF-Expand-Label (RFC 8446, 7.1; RFC 5869, 2.3).

    size: in bytes, at most those of one block of the hash. digest: the hash's name, as hashlib has it. context: the
    hash of handshake messages, or nothing; at most 255 bytes.
    """
    name = b"tls13 " + label.encode()
    info = struct.pack(">HB", size, len(name)) + name + bytes([len(context)]) + context
    return hmac.digest(secret, info + b"\1", digest)[:size]
