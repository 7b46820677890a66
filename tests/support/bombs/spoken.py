"""Connections that say as much as they can in few bytes: the smallest frames, headers and messages there are."""

from collections.abc import Callable

from bombs.opened import Said, numbered, over_quic, over_tls, repeated, word
from bombs.pieces import Bomb
from hellos import varint
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

HUFFMAN = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)

# ---------------------------------------------------------------------------------------------- HTTP

UPGRADE = ((False, b"GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"),
           (True, b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n"))
PREFACE = ((False, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),)
TABLE = ((True, b"\0\0\6\4\0\0\0\0\0\0\1\0\x10\0\0"),)       # SETTINGS: a table of a megabyte


def frame2(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def block2(payload: bytes) -> Callable[[int], bytes]:
    return lambda n: frame2(1, 4, 2 * n + 1, payload)


def literals(number: int) -> bytes:
    """A field that goes into the table, with a value of its own."""
    return b"\x40\1" + word(number)[:1] + b"\3" + word(number)


def asked_and_answered() -> Said:
    yield PREFACE[0]
    for first in range(1, 1 << 20, 6000):
        numbers = range(first, first + 6000, 2)
        yield False, b"".join(frame2(1, 5, n, b"\x82\x04\3" + word(n)) for n in numbers)
        yield True, b"".join(frame2(1, 5, n, b"\x88") for n in numbers)


def in_huffman(text: bytes) -> bytes:
    """A string of at least 127 bytes, and not many more than 16,000."""
    code = HUFFMAN.encode(text)
    left = len(code) - 127
    return bytes([0xFF, left & 0x7F | 0x80, left >> 7]) + code


HTTP2 = {
    "HTTP/2: one field": numbered(block2(b"\x82"), first=PREFACE),
    "HTTP/2: a path of its own": numbered(lambda n: block2(b"\x82\x04\3" + word(n))(n), first=PREFACE),
    "HTTP/2: indexed fields": numbered(block2(b"\x82\x84\x87" + b"\x90" * 1000), first=PREFACE),
    "HTTP/2: fields without a name": numbered(block2(b"\x82" + b"\0\0\0" * 1000), first=PREFACE),
    "HTTP/2: fields that are not kept": numbered(block2(b"\x82" + b"\0\1a\1b" * 1000), first=PREFACE),
    "HTTP/2: fields for the table": numbered(block2(b"\x82" + b"".join(map(literals, range(1000)))), first=PREFACE),
    "HTTP/2: fields of a large table": numbered(
        lambda n: block2(b"\x3f\xe1\xff\x3f\x82" + (b"\x40\0\0" if n < 20 else b"\xff\x80\x7e") * 1900)(n),
        first=PREFACE + TABLE),
    "HTTP/2: Huffman's code": numbered(lambda n: block2(b"\x82\x04" + in_huffman(word(n) * 1800))(n), first=PREFACE),
    "HTTP/2: short strings in Huffman's code": numbered(block2(b"\x82" + b"\0\x81\x1f\x81\x1f" * 1000), first=PREFACE),
    "HTTP/2: sizes of tables": numbered(block2(b"\x20" * 16000), first=PREFACE),
    "HTTP/2: empty frames of data": repeated(frame2(0, 0, 1, b""), True),
    "HTTP/2: frames of an unknown type": repeated(frame2(99, 0, 1, b""), False, PREFACE),
    "HTTP/2: continuations": numbered(lambda n: frame2(1, 0, 1, b"\x82") + frame2(9, 0, 1, b"") * 5000, first=PREFACE),
    "HTTP/2: settings": repeated(frame2(4, 0, 0, b"\0\1\0\0\x10\0" * 2000), False, PREFACE),
    "HTTP/2: streams given up": numbered(lambda n: frame2(3, 0, n, b"\0\0\0\0"), first=PREFACE),
    "HTTP/2: promises": numbered(lambda n: frame2(5, 4, 1, (2 * n + 2).to_bytes(4, "big") + b"\x82"), server=True),
    "HTTP/2: requests and responses": asked_and_answered,
}
HTTP1 = {
    "tiny requests": repeated(b"G / HTTP/1.1\n\n"),
    "tiny requests of their own": numbered(lambda n: b"G " + word(n) + b" HTTP/1.1\n\n"),
    "tiny responses": repeated(b"HTTP/1.1 204\n\n", True),
    "requests with many fields": repeated(b"G / HTTP/1.1\n" + b"Host:\n" * 2000 + b"\n"),
    "requests with many other fields": repeated(b"G / HTTP/1.1\n" + b"a:\n" * 4000 + b"\n"),
    "chunks of a byte": repeated(b"1\r\na\r\n", True, ((True, b"HTTP/1.1 200 x\nTransfer-Encoding: chunked\n\n"),)),
}
WEBSOCKET = {
    "frames of WebSocket": repeated(b"\x81\0", False, UPGRADE),
    "frames of WebSocket of a server": repeated(b"\x81\0\x82\0\x89\0", True, UPGRADE),
    "frames of WebSocket with a byte": repeated(b"\x81\1a\x82\1b", False, UPGRADE),
    "frames of WebSocket of many kinds": numbered(lambda n: bytes([n & 15, n // 16 % 8]) + bytes(n // 16 % 8),
                                                  first=UPGRADE),
}

# ---------------------------------------------------------------------------------------------- QUIC


def stream(number: int, data: bytes, *, last: bool = False) -> bytes:
    size = 1 if number < 64 else 2 if number < 1 << 14 else 4
    return bytes([0x0A | last]) + varint(number, size) + varint(len(data), 1) + data


def once(number: int, *, head: bytes = b"", last: bool = True) -> bytes:
    return stream(4 * number, head, last=last)


def bytewise(number: int) -> bytes:
    """A stream byte by byte."""
    return b"\x0e\0" + varint(number, 1 if number < 64 else 2 if number < 1 << 14 else 4) + b"\1a"


FRAMES = {
    "QUIC: handshake is done": repeated(b"\x1e"),
    "QUIC: limits": repeated(b"\x10\1"),
    "QUIC: limits of streams": repeated(b"\x11\0\1"),
    "QUIC: acknowledgements": repeated(b"\2\0\0\0\0"),
    "QUIC: many frames": repeated(b"\x1e\x10\1\x11\0\1\2\0\0\0\0\1"),
    "QUIC: datagrams of a byte": repeated(b"\x31\1a"),
    "QUIC: the same byte": repeated(b"\x0a\0\1a"),
    "QUIC: nothing of a stream": repeated(b"\x0a\0\0"),
    "QUIC: a stream byte by byte": numbered(bytewise),
    "QUIC: a stream of holes": numbered(lambda n: bytewise(2 * n + 1) if n < 20000 else b"\x0a\0\1a"),
    "QUIC: two streams byte by byte": numbered(lambda n: bytewise(n)[:1] + bytes([4 * (n & 1)]) + bytewise(n // 2)[2:]),
    "QUIC: streams that end at once": numbered(once),
    "QUIC: streams of a byte": numbered(lambda n: once(n, head=b"a")),
    "QUIC: streams that don't end": numbered(lambda n: once(n, head=b"a", last=False)),
    "QUIC: streams given up": numbered(lambda n: b"\4" + varint(4 * n, 4) + b"\0\0"),
    "QUIC: connection ids": numbered(lambda n: b"\x18\0\0\1" + word(n)[:1] + bytes(16)),
    "QUIC: challenges": repeated(b"\x1a" + bytes(8)),
    "QUIC: tokens": repeated(b"\7\1a"),
    "QUIC: handshake byte by byte": numbered(lambda n: b"\6" + varint(n, 4) + b"\1\0"),
}
HTTP3 = {
    "HTTP/3: streams that end at once": numbered(once),
    "HTTP/3: streams of a byte": numbered(lambda n: once(n, head=b"\1")),
    "HTTP/3: empty frames": numbered(lambda n: stream(0, b"\x21\0" * 30)[:1].replace(b"\x0a", b"\x0e") + b"\0"
                                     + varint(60 * n, 4) + b"\x3c" + b"\x21\0" * 30),
    "HTTP/3: empty frames of data": numbered(lambda n: b"\x0e\0" + varint(60 * n, 4) + b"\x3c" + b"\0\0" * 30),
    "HTTP/3: requests": numbered(lambda n: once(n, head=b"\1\3\0\0\xd1")),
    "HTTP/3: requests of their own": numbered(lambda n: once(n, head=b"\1\x08\0\0\xd1\x51\3" + word(n))),
    "HTTP/3: requests in a stream": numbered(lambda n: b"\x0e\0" + varint(60 * n, 4) + b"\x3c" + b"\1\3\0\0\xd1" * 12),
    "HTTP/3: many fields": numbered(lambda n: b"\x0b" + varint(4 * n, 4) + varint(203, 2) + b"\1\x40\xc8\0\0"
                                    + b"\xd1" * 198),
    "HTTP/3: instructions": numbered(
        lambda n: b"\x0e\2" + varint(60 * n, 4) + b"\x3c" + (b"" if n else b"\2\x3f\xe1\x1f\x40\0").ljust(60, b"\0"),
        first=((True, b"\x0a\3\6\0\4\3\1\x50\0"),)),
    "HTTP/3: settings": numbered(lambda n: b"\x0e\3" + varint(60 * n, 4) + b"\x3c" + (
        b"\0" + b"\4\0" * 29 + b"\4" if n == 0 else b"\0\4" * 30)),
}

BOMBS: dict[str, Bomb] = {
    **{name: over_tls(said, b"h2") for name, said in HTTP2.items()},
    **{name: over_tls(said) for name, said in (HTTP1 | WEBSOCKET).items()},
    "records of a byte": over_tls(repeated(b"a"), b"x", 1),
    "records of a byte in HTTP/1": over_tls(repeated(b"a", first=(
        (False, b"G / HTTP/1.1\nContent-Length: 99999999\n\n"),)), b"x", 1),
    "packets of a byte": over_tls(lambda: iter(lambda: (True, b"a"), None), b"x"),
    **{name: over_quic(said) for name, said in FRAMES.items()},
    **{name: over_quic(said, b"h3") for name, said in HTTP3.items()},
}
