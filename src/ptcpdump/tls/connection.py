"""One TLS connection, decrypted from both directions' bytes (RFC 8446, RFC 5246): no input, no output, no clock.

It is told of the bytes of each direction in order, and tells the application data in them. Keys come from whoever knows
them by label and the client's random; where one is missing, the direction's records wait until retry() is called.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ptcpdump.tls.ciphers import SUITES, TLS13, Protection, UndecryptableError, both_of_master

CLIENT, SERVER = 0, 1
_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _APPLICATION = 20, 21, 22, 23      # types of records
_CLIENT_HELLO, _SERVER_HELLO, _FINISHED, _KEY_UPDATE = 1, 2, 20, 24    # types of handshake messages
# RFC 8446, 4.1.3: the random of a HelloRetryRequest
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_SUPPORTED_VERSIONS = 43
_LARGEST = (1 << 14) + 2048         # bytes of a protected record (RFC 5246, 6.2.3)
_MOST_WAITING = 4 << 20             # bytes of a direction that wait for a key
_MOST_MESSAGE = 1 << 18             # bytes of one handshake message
_HANDSHAKE_LABELS = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET")
_LABELS = ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")

Secrets = Callable[[str, bytes], bytes | None]


class _Missing(Exception):  # noqa: N818 -- a condition of the connection, not an error of the program
    """A key is not known, or not known yet."""


@dataclass(slots=True)
class _Side:
    """One direction."""

    waiting: bytearray = field(default_factory=bytearray)      # of the stream: not read yet
    messages: bytearray = field(default_factory=bytearray)     # of the handshake: not whole yet
    protection: Protection | None = None
    next: Callable[[], Protection] | None = None               # makes the protection that is needed next


class Connection:
    """A TLS connection. secrets(label, client's random): what a key log has, or None.

    failed: why nothing more of it is decrypted, "" while all is well. lacking: whether records wait for a key.
    """

    def __init__(self, secrets: Secrets) -> None:
        self.failed = ""
        self.lacking = False
        self.alpn = ""
        self._secrets = secrets
        self._sides = (_Side(), _Side())
        self._version = 0
        self._suite = 0
        self._randoms = [b"", b""]

    @property
    def random(self) -> bytes:
        """The client's random; empty before its hello."""
        return self._randoms[CLIENT]

    def feed(self, direction: int, data: bytes) -> bytes:
        """Take the next bytes of a direction (CLIENT or SERVER sends); returns the application data in them."""
        if self.failed:
            return b""
        side = self._sides[direction]
        side.waiting += data
        plain = self._read(direction)
        if len(side.waiting) > _MOST_WAITING:
            self._fail("no key for it is known")
        return plain

    def retry(self) -> list[tuple[int, bytes]]:
        """Go on where a key was missing; returns what that has brought, with its directions."""
        return [(direction, plain) for direction in (CLIENT, SERVER) if not self.failed
                and (plain := self._read(direction))]

    def lose(self, direction: int) -> None:
        """Bytes of a direction are missing: records can't be told apart, nor counted, from there on."""
        if not self.failed and self.random:
            self._fail("packets of it are missing")

    def _fail(self, reason: str) -> None:
        self.failed = reason
        for side in self._sides:
            side.waiting.clear()
            side.messages.clear()

    def _read(self, direction: int) -> bytes:
        """Take records as far as they are there and keys are known."""
        side, plain, at = self._sides[direction], [], 0
        self.lacking = False
        try:
            while len(side.waiting) - at >= 5:
                kind, size = side.waiting[at], int.from_bytes(side.waiting[at + 3:at + 5], "big")
                if side.waiting[at + 1] != 3 or not _CHANGE_CIPHER <= kind <= _APPLICATION or size > _LARGEST:
                    raise UndecryptableError("it is no TLS, or not from its beginning")
                if len(side.waiting) - at < 5 + size:
                    break
                plain.append(self._record(direction, kind, bytes(side.waiting[at + 5:at + 5 + size])))
                at += 5 + size
        except _Missing:
            self.lacking = True
        except UndecryptableError as error:
            self._fail(str(error))
        del side.waiting[:at]
        return b"".join(plain)

    def _record(self, direction: int, kind: int, body: bytes) -> bytes:
        side = self._sides[direction]
        if kind == _CHANGE_CIPHER:
            if self._version and self._version < TLS13:
                side.protection = self._earlier()[direction]
                side.messages.clear()
            return b""
        if side.next is not None and kind == _APPLICATION:
            side.protection, side.next = side.next(), None
        if side.protection is not None and (kind != _ALERT or len(body) > 2):
            kind, body = side.protection.open(kind, body)
        if kind == _APPLICATION and side.protection is not None:
            return body
        if kind == _HANDSHAKE:
            side.messages += body
            self._take_messages(direction)
        return b""

    def _take_messages(self, direction: int) -> None:
        messages = self._sides[direction].messages
        while len(messages) >= 4:
            size = int.from_bytes(messages[1:4], "big")
            if size > _MOST_MESSAGE:
                raise UndecryptableError("its handshake makes no sense")
            if len(messages) < 4 + size:
                return
            kind, body = messages[0], bytes(messages[4:4 + size])
            del messages[:4 + size]
            self._message(direction, kind, body)

    def _message(self, direction: int, kind: int, body: bytes) -> None:
        side = self._sides[direction]
        if kind == _CLIENT_HELLO and direction == CLIENT:
            self._randoms[CLIENT] = body[2:34]
        elif kind == _SERVER_HELLO and direction == SERVER and body[2:34] != _RETRY:
            self._server_hello(body)
        elif kind == _FINISHED and self._version == TLS13:
            side.next = self._maker(_LABELS[direction])
        elif kind == _KEY_UPDATE and self._version == TLS13 and side.protection is not None:
            side.protection = side.protection.updated()

    def _server_hello(self, body: bytes) -> None:
        session = body[34] if len(body) > 34 else 0
        at = 35 + session
        if len(body) < at + 3:
            raise UndecryptableError("its Server Hello makes no sense")
        self._version, self._suite = int.from_bytes(body[:2], "big"), int.from_bytes(body[at:at + 2], "big")
        self._randoms[SERVER] = body[2:34]
        at += 5
        while at + 4 <= len(body):
            kind, size = int.from_bytes(body[at:at + 2], "big"), int.from_bytes(body[at + 2:at + 4], "big")
            if kind == _SUPPORTED_VERSIONS and size == 2:
                self._version = int.from_bytes(body[at + 4:at + 6], "big")
            at += 4 + size
        if self._suite not in SUITES or self._version not in (0x0303, TLS13):
            raise UndecryptableError(
                f"its cipher suite ({self._suite:#06x}, version {self._version:#06x}) is not known here")
        if self._version == TLS13:
            for side, label in zip(self._sides, _HANDSHAKE_LABELS, strict=True):
                side.next = self._maker(label)

    def _maker(self, label: str) -> Callable[[], Protection]:
        return lambda: Protection.of_secret(SUITES[self._suite], self._secret(label))

    def _earlier(self) -> tuple[Protection, Protection]:
        master = self._secret("CLIENT_RANDOM")
        return both_of_master(SUITES[self._suite], self._version, master, *self._randoms)

    def _secret(self, label: str) -> bytes:
        found = self._secrets(label, self.random)
        if found is None:
            raise _Missing
        return found
