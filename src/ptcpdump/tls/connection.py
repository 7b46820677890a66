"""One TLS connection, decrypted from both directions' bytes (RFC 8446, RFC 5246): no input, no output, no clock.

It is told of the bytes of each direction in order, and tells the application data in them. Keys come from whoever knows
them by label and the client's random; where one is missing, the direction's records wait until retry() is called. Where
bytes are missing, it goes on with the first record behind them that can be found: see resuming.py.
"""

from collections.abc import Callable

from ptcpdump.tls.ciphers import Protection, both_of_master
from ptcpdump.tls.framing import RETRY, UndecryptableError, take_messages
from ptcpdump.tls.hellos import ServerHello, alpn_of, offers_early_data, read_server_hello
from ptcpdump.tls.resuming import LARGEST, Search, Trials
from ptcpdump.tls.sides import Side
from ptcpdump.tls.suites import EARLY, SUITES, TLS13

CLIENT, SERVER = 0, 1
_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _APPLICATION = 20, 21, 22, 23      # types of records
# types of handshake messages
_CLIENT_HELLO, _SERVER_HELLO, _END_OF_EARLY_DATA, _ENCRYPTED_EXTENSIONS, _FINISHED, _KEY_UPDATE = 1, 2, 5, 8, 20, 24
_MOST_WAITING = 4 << 20             # bytes of a direction that wait for a key
_MOST_REFUSED = 1 << 20             # bytes of data of a first flight that the server has refused
_EARLY_LABEL = "CLIENT_EARLY_TRAFFIC_SECRET"
_HANDSHAKE_LABELS = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET")
_LABELS = ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")

Secrets = Callable[[str, bytes], bytes | None]


class _Missing(Exception):  # noqa: N818 -- a condition of the connection, not an error of the program
    """A key is not known, or not known yet."""


class Connection:
    """A TLS connection. secrets(label, client's random): what a key log has, or None. trials: shared by connections.

    failed: why nothing more of it is decrypted, "" while all is well. alpn: the application protocol, where it is said.
    resumed: whether records before those that feed() or retry() opened last are missing; whoever has seen it clears it.
    """

    def __init__(self, secrets: Secrets, trials: Trials | None = None) -> None:
        self.failed = ""
        self.alpn = ""
        self.resumed = False
        self._secrets = secrets
        self._trials = trials or Trials()
        self._sides = (Side(), Side())
        self._chosen: ServerHello | None = None
        self._random = b""

    @property
    def random(self) -> bytes:
        """The client's random; empty before its hello."""
        return self._random

    @property
    def lacking(self) -> bool:
        """Whether records wait for a key."""
        return self._sides[CLIENT].lacking or self._sides[SERVER].lacking

    @property
    def held(self) -> int:
        """Bytes that wait: for a key, or for the rest of their record."""
        return len(self._sides[CLIENT].waiting) + len(self._sides[SERVER].waiting)

    def feed(self, direction: int, data: bytes) -> list[bytes]:
        """Take bytes that a direction (CLIENT, SERVER) sends next; returns the application data, record by record."""
        if self.failed:
            return []
        side = self._sides[direction]
        side.waiting += data
        self._trials.earn(len(data))
        if len(side.waiting) < side.wanted:
            return []
        plain = self._read(direction)
        if len(side.waiting) > _MOST_WAITING:
            self._fail("no key for it is known")
        return plain

    def retry(self) -> list[tuple[int, list[bytes]]]:
        """Go on where a key was missing; returns what that has brought, with its directions."""
        return [(direction, plain) for direction in (CLIENT, SERVER)
                if not self.failed and self._sides[direction].lacking and (plain := self._read(direction))]

    def lose(self, direction: int, size: int) -> None:
        """So many bytes of a direction are missing, behind those that came last."""
        side = self._sides[direction]
        if self.failed or not self._random:
            return
        if side.lacking:
            self._fail("packets of it are missing, and no key for it is known")
        elif not side.settled or side.protection is None:
            self._fail("packets of its handshake are missing")
        elif side.protection.chained:
            self._fail("packets of it are missing, and its cipher needs each record to read the next one")
        else:
            side.search, side.wanted = side.search or Search(self._trials), 0
            side.search.lose(side.waiting, size, side.protection)

    def give_up(self, reason: str) -> None:
        """Decrypt nothing more of it, and hold nothing."""
        self._fail(reason)

    def _fail(self, reason: str) -> None:
        self.failed = reason
        for side in self._sides:
            side.waiting.clear()
            side.messages.clear()
            side.lacking = False

    def _read(self, direction: int) -> list[bytes]:
        """Take records as far as they are there and keys are known."""
        side, at = self._sides[direction], 0
        plain: list[bytes] = []
        waiting = side.waiting
        side.lacking, side.wanted = False, 0
        try:
            if side.search is not None:
                assert side.protection is not None
                if not side.search.found(waiting, side.protection):
                    return []
                side.search, self.resumed = None, True
                side.messages.clear()
            while len(waiting) - at >= 5:
                kind, size = waiting[at], int.from_bytes(waiting[at + 3:at + 5], "big")
                if waiting[at + 1] != 3 or not _CHANGE_CIPHER <= kind <= _APPLICATION or not 0 < size <= LARGEST:
                    raise UndecryptableError("it is no TLS, or not from its beginning")
                if len(waiting) - at < 5 + size:
                    side.wanted = 5 + size
                    break
                if data := self._record(direction, kind, bytes(waiting[at + 5:at + 5 + size])):
                    plain.append(data)
                at += 5 + size
        except _Missing:
            side.lacking = True
        except UndecryptableError as error:
            self._fail(str(error))
        del waiting[:at]
        return plain

    def _record(self, direction: int, kind: int, body: bytes) -> bytes:
        side = self._sides[direction]
        if kind == _CHANGE_CIPHER:
            if self._chosen is not None and self._chosen.version < TLS13:
                side.protection = self._earlier(self._chosen)[direction]
                side.settled = True
                side.messages.clear()
            return b""
        if side.early and kind == _APPLICATION:
            kind, body = self._open_early(side, kind, body)
        else:
            if side.next is not None and kind == _APPLICATION:
                side.protection, side.next = side.next(), None
            if side.protection is not None and (kind != _ALERT or len(body) > 2):
                kind, body = side.protection.open(kind, body)
        if kind == _APPLICATION and side.protection is not None:
            return body
        if kind == _HANDSHAKE:
            side.messages += body
            for kind_of_message, message in take_messages(side.messages):
                self._message(direction, kind_of_message, message)
        return b""

    def _open_early(self, side: Side, kind: int, body: bytes) -> tuple[int, bytes]:
        """A protected record of a client that may send data before the handshake is over (RFC 8446, 2.3)."""
        candidates = [] if side.protection is None else [side.protection]
        if side.protection is None and not side.misfits:
            secret = self._secrets(_EARLY_LABEL, self._random) or b""
            candidates = [Protection.of_secret(suite, secret) for suite in EARLY.get(len(secret), ())]
        for protection in candidates:
            try:
                opened = protection.open(kind, body)
            except UndecryptableError:
                continue
            side.protection = protection
            return opened
        side.misfits = side.misfits or bool(candidates)         # what does not fit the first record fits no other one
        # no such data, or none that can be read: the client goes on with its handshake
        if self._chosen is None or side.next is None:
            raise _Missing
        protection = side.first = side.first or side.next()
        try:
            opened = protection.open(kind, body)
        except UndecryptableError:
            side.refused += len(body)
            if side.refused > _MOST_REFUSED:
                raise
            return _CHANGE_CIPHER, b""
        side.protection, side.next, side.first, side.early = protection, None, None, False
        return opened

    def _message(self, direction: int, kind: int, body: bytes) -> None:
        side = self._sides[direction]
        if kind == _CLIENT_HELLO and direction == CLIENT:
            # a second one answers a HelloRetryRequest, or renegotiates
            side.early = not self._random and offers_early_data(body)
            self._random = body[2:34]
        elif kind == _SERVER_HELLO and direction == SERVER and body[2:34] != RETRY:
            self._choose(read_server_hello(body))
        elif self._chosen is None or self._chosen.version < TLS13:
            return
        elif kind == _END_OF_EARLY_DATA:
            side.protection, side.early = None, False
        elif kind == _ENCRYPTED_EXTENSIONS:
            self.alpn = alpn_of(body)
        elif kind == _FINISHED and not side.settled:        # a later one is of a client that is asked who it is
            side.next, side.settled = self._maker(_LABELS[direction]), True
        elif kind == _KEY_UPDATE and side.protection is not None:
            side.protection = side.protection.updated()

    def _choose(self, hello: ServerHello) -> None:
        self._chosen = hello
        self.alpn = hello.alpn
        if hello.version == TLS13:
            for side, label in zip(self._sides, _HANDSHAKE_LABELS, strict=True):
                side.next, side.first = self._maker(label), None
        else:
            self._sides[CLIENT].early = False

    def _maker(self, label: str) -> Callable[[], Protection]:
        assert self._chosen is not None
        suite = SUITES[self._chosen.suite]
        return lambda: Protection.of_secret(suite, self._secret(label))

    def _earlier(self, chosen: ServerHello) -> tuple[Protection, Protection]:
        master = self._secret("CLIENT_RANDOM")
        return both_of_master(SUITES[chosen.suite], chosen.version, master, self._random, chosen.random,
                              mac_last=chosen.mac_last)

    def _secret(self, label: str) -> bytes:
        found = self._secrets(label, self._random)
        if found is None:
            raise _Missing
        return found
