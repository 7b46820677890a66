"""Connections that cost much to decrypt, or to find out that they can't be: everyone can make QUIC's first packets."""

import struct
from collections.abc import Callable

from bombs.packets import ethernet, ip, tcp, tcp_header, udp
from bombs.pieces import Bomb, Piece, filled
from hellos import crypto_frame, quic_initial
from savefiles import block, interface, packet, section

KEY = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"       # so that connections are looked at


def known(piece: Piece) -> Bomb:
    """Pieces behind a key."""
    secrets = block(10, struct.pack("<II", 0x544C534B, len(KEY)) + KEY + bytes(-len(KEY) % 4))
    return lambda size: filled(size, piece, section() + interface() + secrets)


def after(first: bytes, piece: Piece) -> Bomb:
    """Pieces behind one that comes once."""
    return known(lambda number: piece(number) if number else first)


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def record(kind: int, body: bytes) -> bytes:
    return bytes([kind, 3, 3]) + struct.pack("!H", len(body)) + body


def hello(number: int, extensions: bytes = b"") -> bytes:
    return message(1, b"\x03\x03" + number.to_bytes(32, "big") + b"\0\0\2\x13\x01\1\0"
                   + struct.pack("!H", len(extensions)) + extensions)


def answer(number: int) -> bytes:
    return message(2, b"\x03\x03" + number.to_bytes(32, "big") + b"\0\x13\x01\0\0\x06\0\x2b\0\x02\x03\x04")


# ---------------------------------------------------------------------------------------------- TLS over TCP

RECORD = record(22, hello(0))


def answered(number: int, data: bytes) -> bytes:
    """What the server sends in answer to a client hello of this number."""
    header = tcp_header(number, 1, 0x18)
    header = header[2:4] + header[:2] + header[4:]
    turned = ip(6, header + data, number=number // 60000)
    return packet(ethernet(0x0800, turned[:12] + turned[16:20] + turned[12:16] + turned[20:]))


def client(number: int, *more: bytes, extensions: bytes = b"") -> bytes:
    return tcp(80, record(22, hello(number, extensions)) + b"".join(more), number=number)


def records(small: bytes) -> Bomb:
    """The same record as often as it fits, behind a hello."""
    each = small * (60000 // len(small))
    return after(tcp(80, RECORD), lambda n: tcp(80, each, sequence=1 + len(RECORD) + (n - 1) * len(each)))


# ---------------------------------------------------------------------------------------------- QUIC

def name(number: int) -> bytes:
    return number.to_bytes(8, "big")


def initial(number: int, frames: bytes, least: int = 1200) -> bytes:
    return quic_initial(frames, connection_id=name(number), least=least)


def begun(number: int, *more: bytes, least: int = 1200) -> bytes:
    return udp(443, initial(number, crypto_frame(0, hello(number)), least) + b"".join(more), number)


def from_server(number: int, data: bytes) -> bytes:
    whole = ip(17, struct.pack("!HHHH", 443, 1000, 8 + len(data), 0) + data, number=number)
    return packet(ethernet(0x0800, whole[:12] + whole[16:20] + whole[12:16] + whole[20:]))


def protected(first: int, destination: bytes) -> bytes:
    """A packet with a long header that nobody can open."""
    return bytes([first, 0, 0, 0, 1, len(destination)]) + destination + b"\0" + (
        b"\0" if first < 0xD0 else b"") + b"\x40\x1e" + bytes(30)


def reply(number: int, frames: bytes, least: int = 4) -> bytes:
    return quic_initial(frames, 1, b"", original_id=name(number), side="server in", least=least)


def framed(frame: bytes, size: int) -> Bomb:
    return known(lambda n: udp(443, initial(n, frame * (size // len(frame))), n))


def each(make: Callable[[int], bytes], times: int) -> Callable[[int], bytes]:
    return lambda number: udp(443, b"".join(make(times * number + i) for i in range(times)), number)


BOMBS: dict[str, Bomb] = {
    "client hellos and a record": known(lambda n: client(n, record(23, bytes(17)))),
    "client hellos with early data": known(lambda n: client(n, record(23, bytes(17)), extensions=b"\0\x2a\0\0")),
    "extensions of client hellos": known(lambda n: client(n, extensions=b"\0\1\0\0" * 3999 + b"\0\x2a\0\0")),
    "both hellos": known(lambda n: client(n) + answered(n, record(22, answer(n)))),
    "both hellos and data": known(lambda n: client(n) + answered(n, record(22, answer(n)) + record(23, bytes(17)))),
    "data that waits for a key": after(client(0) + answered(0, record(22, answer(0))), lambda n: tcp(
        80, record(23, bytes(17)), sequence=1 + len(RECORD) + 22 * (n - 1))),
    "changes of ciphers": records(record(20, b"\1")),
    "alerts": records(record(21, b"\1\1")),
    "empty records of handshakes": records(record(22, b"")),
    "handshakes byte by byte": records(record(22, b"\0")),
    "empty messages of handshakes": records(record(22, message(14, b"") * 4000)),
    "Initial packets in one datagram": known(each(lambda n: protected(0xC0, name(n)), 1000)),
    "Initial packets of one datagram, same id": known(each(lambda n: protected(0xC0, name(n // 30)), 30)),
    "first packets": known(begun),
    "short first packets": known(lambda n: begun(n, least=50)),
    "first packets and what waits for a key": known(lambda n: begun(n, protected(0xE0, name(n)))),
    "first packets with early data": known(lambda n: begun(n, protected(0xD0, name(n)))),
    "first packets and their answers": known(
        lambda n: begun(n) + from_server(n, reply(n, crypto_frame(0, answer(n))) + protected(0xE0, b""))),
    "first packets and answers of others": known(lambda n: begun(n) + from_server(n, protected(0xC0, b"")) * 8),
    "small answers": after(begun(0), lambda _: from_server(0, REPLY)),
    "answers that don't fit": after(begun(0), lambda _: from_server(0, protected(0xC0, b""))),
    "other Initial packets between the same ends": after(begun(0), lambda n: udp(443, protected(0xC0, name(n)))),
    "small packets between the same ends": after(begun(0), lambda _: udp(443, b"\x40" + bytes(20))),
    "small packets beside QUIC": after(begun(0), lambda n: udp(443, b"\x40" + bytes(20), n)),
    "empty CRYPTO frames": framed(b"\6\0\0", 16000),
    "CRYPTO frames of a byte": framed(b"\6\0\1a", 1200),
    "STREAM frames where none may be": framed(b"\x0b\0\0", 16000),
    "DATAGRAM frames where none may be": framed(b"\x31\0", 16000),
    "PING and ACK": framed(b"\1\2\0\0\0\0", 16000),
    "ranges of an ACK": known(lambda n: udp(443, initial(n, b"\2\0\0\x60\0" + bytes(16001)), n)),
    "empty messages in QUIC": framed(crypto_frame(0, message(14, b"") * 3990), 16000),
}
REPLY = reply(0, b"\1")
