"""Connections whose keys are in the file, so that what they say is read, too."""

import struct
from collections.abc import Callable, Iterator

from bombs.hidden import answer, begun, ethernet, hello, message, record, reply
from bombs.packets import ip, tcp_header, udp
from bombs.pieces import Bomb
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hellos import crypto_frame, expand, varint
from savefiles import block, interface, packet, section

SECRET = b"s" * 32
LABELS = [f"{side}_{label}" for side in ("CLIENT", "SERVER")
          for label in ("HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0")]
KEYS = "".join(f"{label} {bytes(32).hex()} {SECRET.hex()}\n" for label in LABELS).encode()
HEAD = section() + interface() + block(10, struct.pack("<II", 0x544C534B, len(KEYS)) + KEYS + bytes(-len(KEYS) % 4))
ID = b""                        # by which the server is addressed
MOST = 60_000                   # bytes of what a packet says
LARGEST = 16_000                # likewise of a record
Said = Iterator[tuple[bool, bytes]]     # by the server?


def extensions(protocol: bytes) -> bytes:
    """EncryptedExtensions with this protocol."""
    names = struct.pack("!HB", 1 + len(protocol), len(protocol)) + protocol
    return message(8, struct.pack("!HHH", 4 + len(names), 16, len(names)) + names)


class Sealer:
    """The keys of a direction."""

    def __init__(self, prefix: str = "") -> None:
        self.cipher = AESGCM(expand(SECRET, prefix + "key", 16))
        self.iv = int.from_bytes(expand(SECRET, prefix + "iv", 12), "big")
        self.number = 0

    def seal(self, header: bytes, text: bytes) -> bytes:
        nonce = (self.iv ^ self.number).to_bytes(12, "big")
        self.number += 1
        return self.cipher.encrypt(nonce, text, header)

    def record(self, text: bytes, kind: int = 23) -> bytes:
        return (head := struct.pack("!BHH", 23, 0x303, len(text) + 17)) + self.seal(head, text + bytes([kind]))


class Tls:
    """Both ends of a connection over TCP."""

    def __init__(self, protocol: bytes, largest: int = LARGEST) -> None:
        self.sent, self.sealers, self.largest = [1, 1], (Sealer(), Sealer()), largest
        finished = message(20, bytes(32))
        self.before = (
            self.segment(False, record(22, hello(0))) + self.segment(True, record(22, answer(0)))
            + self.segment(True, Sealer().record(extensions(protocol) + finished, 22))
            + self.segment(False, Sealer().record(finished, 22)))

    def segment(self, server: bool, data: bytes) -> bytes:
        header = tcp_header(0, self.sent[server], 0x18)
        self.sent[server] += len(data)
        if server:
            header = header[2:4] + header[:2] + header[4:]
        whole = ip(6, header + data)
        return packet(ethernet(0x0800, whole[:12] + whole[16:20] + whole[12:16] + whole[20:] if server else whole))

    def say(self, server: bool, text: bytes) -> bytes:
        records = (text[at:at + self.largest] for at in range(0, len(text), self.largest))
        data = b"".join(map(self.sealers[server].record, records))
        return b"".join(self.segment(server, data[at:at + MOST]) for at in range(0, len(data), MOST))


class Quic:
    """Likewise over QUIC."""

    def __init__(self, protocol: bytes) -> None:
        self.sealers = Sealer("quic "), Sealer("quic ")
        hidden = algorithms.AES(expand(SECRET, "quic hp", 16))
        self.hidden = Cipher(hidden, modes.ECB()).encryptor()
        handshake = Sealer("quic ")
        head = b"\xe1\0\0\0\1\0\0"
        frames = crypto_frame(0, extensions(protocol))
        head += varint(len(frames) + 18) + bytes(2)
        self.before = begun(0) + self.datagram(True, reply(0, crypto_frame(0, answer(0)))) + self.datagram(
            True, self.protected(head, handshake.seal(head, frames)))

    def datagram(self, server: bool, data: bytes) -> bytes:
        if not server:
            return udp(443, data)
        whole = ip(17, struct.pack("!HHHH", 443, 1000, 8 + len(data), 0) + data)
        return packet(ethernet(0x0800, whole[:12] + whole[16:20] + whole[12:16] + whole[20:]))

    def protected(self, header: bytes, sealed: bytes) -> bytes:
        mask = self.hidden.update(sealed[2:18])
        first = header[0] ^ mask[0] & (0x0F if header[0] & 0x80 else 0x1F)
        number = bytes(a ^ b for a, b in zip(header[-2:], mask[1:3], strict=True))
        return bytes([first]) + header[1:-2] + number + sealed

    def say(self, server: bool, frames: bytes) -> bytes:
        sealer = self.sealers[server]
        header = b"\x41" + (b"" if server else ID) + struct.pack("!H", sealer.number & 0xFFFF)
        return self.datagram(server, self.protected(header, sealer.seal(header, frames)))


def spoken(said: Callable[[], Said], make: Callable[[], Tls | Quic]) -> Bomb:
    """A file in which both ends go on saying this."""
    def bomb(size: int) -> bytes:
        talk = make()
        parts = [HEAD, talk.before]
        length = sum(map(len, parts))
        for server, text in said():
            parts.append(talk.say(server, text))
            length += len(parts[-1])
            if length >= size:
                break
        return b"".join(parts)
    return bomb


def over_tls(said: Callable[[], Said], protocol: bytes = b"http/1.1", largest: int = LARGEST) -> Bomb:
    return spoken(said, lambda: Tls(protocol, largest))


def over_quic(said: Callable[[], Said], protocol: bytes = b"hq") -> Bomb:
    return spoken(said, lambda: Quic(protocol))


def numbered(make: Callable[[int], bytes], most: int = MOST, server: bool = False,
             first: tuple[tuple[bool, bytes], ...] = ()) -> Callable[[], Said]:
    """Pieces made of numbers, as many as a packet holds; behind what is said first."""
    def said() -> Said:
        yield from first
        number = 0
        while True:
            parts, length = [], 0
            while length < most:
                parts.append(make(number))
                length += len(parts[-1])
                number += 1
            yield server, b"".join(parts)
    return said


def repeated(text: bytes, server: bool = False, first: tuple[tuple[bool, bytes], ...] = ()) -> Callable[[], Said]:
    whole = text * max(1, MOST // len(text))

    def said() -> Said:
        yield from first
        while True:
            yield server, whole
    return said


def word(number: int) -> bytes:
    """Of three letters."""
    return bytes(97 + number // 26 ** place % 26 for place in range(3))
