"""Where a run's TLS keys go."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ptcpdump.accounts import Account, account, files_as, sudo_caller
from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.tls.derivations import Derivations
from ptcpdump.tls.following import KeyLogFollower
from ptcpdump.tls.keylog import KeyLogError, KeyLogFile, Once, parse
from ptcpdump.tls.proof import OffsetProof

if TYPE_CHECKING:
    from ptcpdump.kernel.loading.secrets import Secret
    from ptcpdump.tls.environment import PrivateKeyLog


class KeyTaker:
    """Gives each secret once to a key log and to whoever else takes it, in the thread of whoever calls take()."""

    def __init__(self, file: KeyLogFile | None, warn: Callable[[str], None]) -> None:
        self._file = file
        self._once = Once()
        self._lock = threading.Lock()
        self._follower: KeyLogFollower | None = None
        self.lost = False           # keys that the file did not take
        self.proof = OffsetProof(self._take_secret, warn)       # who gets the secrets of probes first ...
        self.derivations = Derivations(self.take)               # ... or what they are derived from
        self.takers: list[Callable[[str, bytes, bytes], None]] = []
        self.holding: list[Callable[[], int]] = []      # how many bytes of packets wait for keys, each

    @property
    def waited_for(self) -> bool:
        """Whether packets wait for keys, or keys for packets: both have to go on when none have come."""
        return self.proof.waiting > 0 or any(held() for held in self.holding)

    def take(self, label: str, random: bytes, secret: bytes) -> None:
        """Take a secret; in any thread. When the file takes no more, that is said, once."""
        with self._lock:
            if not self._once(label, random, secret):
                return
            for taker in self.takers:
                taker(label, random, secret)
            if self._file is not None:
                try:
                    self._file.write(label, random, secret)
                except KeyLogError as error:
                    self._file, self.lost = None, True
                    say.complain(f"{error}; no more keys are written to it")

    def probed(self, secret: "Secret") -> None:
        """Take what a probe has read."""
        if secret.transcript:
            self.derivations.derivation(secret)
        else:
            self.proof.secret(secret)

    def expect_derivations(self) -> None:
        """There are probes now that tell what secrets are derived from."""
        self.derivations.expect()

    def follow(self, private: "PrivateKeyLog") -> None:
        """Take in what a command writes, too, until finish()."""
        self._follower = KeyLogFollower(private.log, self._take_lines, say.complain)

    def finish(self) -> None:
        """Take in what was written last; a second call does nothing."""
        if self._follower is not None:
            self._follower.close()

    def _take_secret(self, secret: "Secret") -> None:
        self.take(secret.label, secret.random, secret.secret)

    def _take_lines(self, lines: bytes) -> None:
        for label, random, secret in parse(lines):
            self.take(label, random, secret)


def _opened(path: str, user: Account | None) -> KeyLogFile:
    """The key log, by the rights of -Z's user; a new one, or one of his, also where only we may enter, as savefiles."""
    if user is None:
        return KeyLogFile(path, sudo_caller())
    try:
        with files_as(user):
            return KeyLogFile(path, user)
    except KeyLogError as refusal:
        if not isinstance(refusal.__cause__, PermissionError):
            raise
        try:
            return KeyLogFile(path, user, his=True)
        except KeyLogError:
            raise refusal from None


@contextmanager
def key_taker(options: Options, warn: Callable[[str], None]) -> Iterator[KeyTaker]:
    """Who takes a run's keys. warn: told of libraries whose keys are wrong.

    A new file is that of -Z's user, else of whoever has called sudo. Raises KeyLogError.
    """
    file = None
    if options.write_keylog_file:
        file = _opened(options.write_keylog_file, account(options.user) if options.user else None)
    taker = KeyTaker(file, warn)
    try:
        yield taker
    finally:
        taker.finish()
        if file is not None:
            file.close()
