"""Hellos of real TLS connections, made in memory by Python's ssl, and QUIC packets around them."""

import contextlib
import hashlib
import hmac
import ssl
import struct
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALTS = {1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", 0x6B3343CF: "0dede3def700a6db819381be6e269dcbf9bd2ed9"}


def client_hello(server_name: str | None = "example.com", protocols: tuple[str, ...] = ("h2", "http/1.1"), *,
                 newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:  # fmt: skip
    """The record that a client begins with."""
    return _connect(server_name, protocols, newest)[0]


def server_hello(protocols: tuple[str, ...] = ("h2",), *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    """What a server sends first, its hello foremost."""
    return _connect("example.com", protocols, newest)[1]


def _connect(name: str | None, protocols: tuple[str, ...], newest: ssl.TLSVersion) -> tuple[bytes, bytes]:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode, client.maximum_version = False, ssl.CERT_NONE, newest
    server = server_context()
    for context in (client, server):
        if protocols:
            context.set_alpn_protocols(list(protocols))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (one, other):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
        if side is one:
            first = to_server.read()
            to_server.write(first)
    return first, to_client.read()


@cache
def certificate() -> bytes:
    """A key and a certificate signed by itself, as PEM."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=example.com -keyout - -out -"
    )
    return subprocess.run(command.split(), check=True, capture_output=True).stdout


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "both.pem"
        file.write_bytes(certificate())
        context.load_cert_chain(file)
    return context


def handshake_message(record: bytes) -> bytes:
    """The message in the first TLS record."""
    return record[5 : 5 + int.from_bytes(record[3:5])]


def varint(value: int, size: int = 2) -> bytes:
    """RFC 9000, 16."""
    return (value | {1: 0, 2: 1, 4: 2, 8: 3}[size] << (8 * size - 2)).to_bytes(size)


def crypto_frame(offset: int, data: bytes) -> bytes:
    """RFC 9000, 19.6."""
    return b"\x06" + varint(offset) + varint(len(data)) + data


def quic_initial(frames: bytes, version: int = 1, connection_id: bytes = b"12345678", number: int = 0, *,
                 original_id: bytes | None = None, side: str = "client in", token: bytes = b"",
                 least: int = 1200) -> bytes:  # fmt: skip
    """An Initial packet of at least 1200 bytes, protected as RFC 9001, 5 says; a packet number of two bytes.

    least: bytes of frames, with PADDING behind them.
    """
    secret = hmac.digest(bytes.fromhex(SALTS[version]), original_id or connection_id, hashlib.sha256)
    secret = expand(secret, side, 32)
    prefix = "quic " if version == 1 else "quicv2 "
    key, vector, protection = (
        expand(secret, prefix + name, size) for name, size in (("key", 16), ("iv", 12), ("hp", 16))
    )
    frames = frames.ljust(least, b"\0")
    first = 0xC1 if version == 1 else 0xD1
    header = bytes([first]) + version.to_bytes(4) + bytes([len(connection_id)]) + connection_id + b"\0"
    header += varint(len(token)) + token + varint(len(frames) + 2 + 16) + struct.pack(">H", number)
    nonce = (int.from_bytes(vector) ^ number).to_bytes(12)
    sealed = AESGCM(key).encrypt(nonce, frames, header)
    mask = Cipher(algorithms.AES(protection), modes.ECB()).encryptor().update(sealed[2:18])
    hidden = (
        bytes([header[0] ^ mask[0] & 0x0F])
        + header[1:-2]
        + bytes(a ^ b for a, b in zip(header[-2:], mask[1:3], strict=True))
    )
    return hidden + sealed


def expand(secret: bytes, label: str, size: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446, 7.1)."""
    full = b"tls13 " + label.encode()
    return hmac.digest(secret, struct.pack(">HB", size, len(full)) + full + b"\0\1", hashlib.sha256)[:size]
