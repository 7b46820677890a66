"""Key logs: lines of a label, the client's random and a secret (draft-ietf-tls-keylogfile), as Wireshark reads them."""

import errno
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Iterator

from ptcpdump.accounts import Account
from ptcpdump.errors import PtcpdumpError
from ptcpdump.sinks.creation import open_folder, parted, require_his

RANDOM = 32                     # bytes of ClientHello.random
_MODE = 0o600
_REMEMBERED = 1 << 16           # lines that are not written twice: both ends may be on this host
_LABEL = re.compile(r"[A-Z][A-Z0-9_]{3,39}")
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_LINE = re.compile(rb"([A-Z][A-Z0-9_]{3,39}) ([0-9A-Fa-f]{64}) ((?:[0-9A-Fa-f]{2}){16,128})\s*")


class KeyLogError(PtcpdumpError):
    """A key log can't be written or read."""


def is_label(text: str) -> bool:
    """Whether this may stand at the start of a line; what probes read comes from programs of anyone."""
    return _LABEL.fullmatch(text) is not None


def line(label: str, random: bytes, secret: bytes) -> bytes:
    """A line of a key log, with line feed."""
    return f"{label} {random.hex()} {secret.hex()}\n".encode()


def parse(text: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Label, random and secret of each line that is one; comments, and what else may stand there, are passed over."""
    for row in text.splitlines():
        if found := _LINE.fullmatch(row):
            yield found[1].decode(), bytes.fromhex(found[2].decode()), bytes.fromhex(found[3].decode())


class Once:
    """Lets each secret pass once: it remembers as many as matter."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._seen: OrderedDict[tuple[str, bytes, bytes], None] = OrderedDict()
        self._most = most

    def __call__(self, label: str, random: bytes, secret: bytes) -> bool:
        """Whether it comes for the first time."""
        key = (label, random, secret)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True


class KeyLogFile:
    """A key log that lines are added to. Its file may be read by its owner alone, and no symbolic link leads to it.

    owner: whose a new file is; None: ours. his: a file that exists must be his. Raises KeyLogError.
    """

    def __init__(self, path: str, owner: Account | None = None, *, his: bool = False) -> None:
        self.path = path
        try:
            self._descriptor = _open(path, owner, his=his)
        except OSError as error:
            reason = ("a symbolic link stands on the way: name the file by its real path" if error.errno == errno.ELOOP
                      else error.strerror)
            raise KeyLogError(f"key log {path}: can't open: {reason}") from error

    def write(self, label: str, random: bytes, secret: bytes) -> None:
        """Add a line; it is in the file at once, and whole. Raises KeyLogError."""
        text = line(label, random, secret)
        try:
            written = os.write(self._descriptor, text)
            if written < len(text):     # the disk is full
                os.ftruncate(self._descriptor, os.lseek(self._descriptor, 0, os.SEEK_CUR) - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise KeyLogError(f"key log {self.path}: can't write: {error.strerror}") from error

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _open(path: str, owner: Account | None, *, his: bool) -> int:
    above, name = parted(path)
    folder = open_folder(above)
    try:
        try:
            descriptor = os.open(name, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE, dir_fd=folder)
            if owner is not None and os.geteuid() == 0:
                os.fchown(descriptor, owner.uid, owner.gid)
            return descriptor
        except FileExistsError:
            if his and owner is not None:
                require_his(owner, os.stat(name, dir_fd=folder, follow_symlinks=False))
        descriptor = os.open(name, _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        _require_private(path, descriptor, owner)
        if his and owner is not None:
            require_his(owner, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _require_private(path: str, descriptor: int, owner: Account | None) -> None:
    """Refuse a file that somebody else could read our keys in; one of ours loses what rights others have."""
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        raise KeyLogError(f"key log {path}: it is no regular file; keys are written to no other")
    if about.st_uid not in (os.geteuid(), owner.uid if owner else os.geteuid()):
        raise KeyLogError(f"key log {path}: it belongs to another user, who could read the keys; choose another name")
    if about.st_nlink != 1:
        raise KeyLogError(f"key log {path}: the file has other names (hard links); choose another name")
    if about.st_mode & 0o077:
        os.fchmod(descriptor, _MODE)
