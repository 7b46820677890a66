"""Where a run's TLS keys go."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ptcpdump.accounts import account, files_as, sudo_caller
from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.tls.keylog import KeyLogError, KeyLogFile, Once
from ptcpdump.tls.proof import OffsetProof

if TYPE_CHECKING:
    from ptcpdump.kernel.loading.secrets import Secret


class KeyTaker:
    """Gives each secret once to a key log and to whoever else takes it; its thread is that of whoever calls take()."""

    def __init__(self, file: KeyLogFile | None, warn: Callable[[str], None]) -> None:
        self._file = file
        self._once = Once()
        self.lost = False           # keys that the file did not take
        self.proof = OffsetProof(self.take, warn)       # who gets the secrets of probes first
        self.takers: list[Callable[[str, bytes, bytes], None]] = []
        self.holding: list[Callable[[], int]] = []      # how many bytes of packets wait for keys, each

    @property
    def waited_for(self) -> bool:
        """Whether packets wait for keys, or keys for packets: both have to go on when none have come."""
        return self.proof.waiting > 0 or any(held() for held in self.holding)

    def take(self, secret: "Secret") -> None:
        """Take a secret. When the file takes no more, that is said, once."""
        if not self._once(secret.label, secret.random, secret.secret):
            return
        for taker in self.takers:
            taker(secret.label, secret.random, secret.secret)
        if self._file is not None:
            try:
                self._file.write(secret.label, secret.random, secret.secret)
            except KeyLogError as error:
                self._file, self.lost = None, True
                say.complain(f"{error}; no more keys are written to it")


@contextmanager
def key_taker(options: Options, warn: Callable[[str], None]) -> Iterator[KeyTaker]:
    """Who takes a run's keys. warn: told of libraries whose keys are wrong.

    A new file is that of -Z's user, else of whoever has called sudo. Raises KeyLogError.
    """
    if not options.write_keylog_file:
        yield KeyTaker(None, warn)
        return
    user = account(options.user) if options.user else None
    with files_as(user) if user else contextlib.nullcontext():
        file = KeyLogFile(options.write_keylog_file, user or sudo_caller())
    try:
        yield KeyTaker(file, warn)
    finally:
        file.close()
