"""A private key log for the command behind --: its environment names it (SSLKEYLOGFILE), so that what can't be probed
writes its keys itself: curl, GnuTLS's programs, Python's default contexts, browsers, some programs with rustls.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from ptcpdump.accounts import Account
from ptcpdump.tls.following import GrowingKeyLog
from ptcpdump.tls.keylog import KeyLogError

VARIABLE = "SSLKEYLOGFILE"
_IN_MEMORY = Path("/dev/shm")       # noqa: S108 -- for a folder of ours alone: what is in there never gets to a disk
_NAMED = "key log of the command"


class PrivateKeyLog:
    """An empty file, in a folder that nobody else may enter. Make it while there are root's privileges.

    user: whose privileges the command has, None for ours. Raises KeyLogError.
    """

    def __init__(self, user: Account | None = None) -> None:
        place = str(_IN_MEMORY) if os.access(_IN_MEMORY, os.W_OK) and _IN_MEMORY.is_dir() else None
        try:
            self._folder = tempfile.mkdtemp(prefix="ptcpdump-keys-", dir=place)     # 0700
            try:
                self.path = f"{self._folder}/keys"
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
                try:
                    if user is not None and os.geteuid() == 0:
                        os.fchown(descriptor, user.uid, user.gid)
                        os.chown(self._folder, user.uid, user.gid)
                finally:
                    os.close(descriptor)
                self.log = GrowingKeyLog(self.path, named=_NAMED)
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise KeyLogError(f"{_NAMED}: can't create {error.filename or place}: {error.strerror}") from error

    @property
    def variables(self) -> dict[str, str]:
        """Of the command's environment."""
        return {VARIABLE: self.path}

    def close(self) -> None:
        """Remove the file and its folder, whatever else the command has put there; a second call does nothing."""
        with suppress(OSError):
            shutil.rmtree(self._folder)
