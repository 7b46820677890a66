"""Creating savefiles: nobody but one user may read them, for command lines and packets may hold secrets.

That user is whom the command says: -Z's, or who has called sudo, so that he can open his capture at once. Root must not
give away what somebody's link leads to: given is only what did not exist before, or is his, in a folder to which no
link leads.
"""

import contextlib
import errno
import os
import stat
import struct
import time
from collections.abc import Callable

from ptcpdump.accounts import Account, files_as
from ptcpdump.errors import SavefileError
from ptcpdump.lazy import lazy_modules
from ptcpdump.sinks.shared_folders import MODE, NEW, WRITABLE, open_file

with lazy_modules:
    import ctypes
    import pathlib
    import re

_FOLDER_MODE = 0o700
_OPENAT2 = 437                          # system call, Linux 5.6; the same number everywhere
_RESOLVE_NO_SYMLINKS = 0x04
_AT_FDCWD = -100
_ROOTS = (errno.ELOOP, errno.ENOSYS, errno.EPERM)   # a link leads there; no openat2(2); no owners in this file system
_OPEN_HOW = struct.Struct("=QQQ")       # struct open_how: flags, mode, resolve

Opener = Callable[[str], int]


class ForCaller:
    """Opens files as root; new ones belong to the user who has called sudo."""

    def __init__(self, owner: Account, warn: Callable[[str], None]) -> None:
        """warn(text) is called for a file that stays root's."""
        self.owner = owner
        self._warn = warn

    def __call__(self, path: str) -> int:
        """As open_file()."""
        try:
            return _create_for(self.owner, path)
        except FileExistsError:
            return open_file(path, self.owner.uid)
        except OSError as error:
            if error.errno not in _ROOTS:
                raise
            descriptor = open_file(path, self.owner.uid)
            reason = "a symbolic link leads to it" if error.errno == errno.ELOOP else error.strerror
            self._warn(f"{path} belongs to root, not to {self.owner.name}: {reason}")
            return descriptor


class ForUser:
    """Opens files with the rights of a user (-Z), but creates them also where only we may.

    ask: who creates them once we are this user ourselves.
    """

    def __init__(self, owner: Account, ask: Opener | None = None) -> None:
        self.owner = owner
        self.ask = ask
        self.needed_root = False    # he could not have created a file himself

    def __call__(self, path: str) -> int:
        """As open_file()."""
        try:
            with files_as(self.owner):
                return open_file(path, self.owner.uid)
        except PermissionError as error:
            if os.geteuid() == 0:
                self.needed_root = True
                return self.create_for_him(path, error)
            if self.ask is None:
                raise
            return self.ask(path)

    def create_for_him(self, path: str, refusal: PermissionError) -> int:
        """A file in a folder that he may not write to, or not even enter: a new one, or one of his, emptied.

        Raises `refusal` where that is not to be had.
        """
        try:
            try:
                return _create_for(self.owner, path)
            except FileExistsError:     # of an earlier run, or the ring's oldest
                return _empty_for(self.owner, path)
        except OSError:
            raise refusal from None


def open_folder(path: str) -> int:
    """A descriptor of a folder. Raises OSError, with ELOOP where a symbolic link stands on the way to it."""
    how = _OPEN_HOW.pack(os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, 0, _RESOLVE_NO_SYMLINKS)
    libc = ctypes.CDLL(None, use_errno=True)
    folder: int = libc.syscall(_OPENAT2, _AT_FDCWD, os.fsencode(path), how, len(how))
    if folder < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return folder


def parted(path: str) -> tuple[str, str]:
    """Folder and name of a file. Raises IsADirectoryError for `x/`, which is no other name of a file x."""
    folder, name = os.path.split(path)
    if not name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return folder or ".", name


def _create_for(owner: Account, path: str) -> int:
    """A new file of a user. Raises FileExistsError, and OSError with ELOOP where a link leads to its folder."""
    above, name = parted(path)
    folder = open_folder(above)
    try:
        descriptor = os.open(name, NEW, MODE, dir_fd=folder)
        try:
            os.fchown(descriptor, owner.uid, owner.gid)
        except OSError:
            os.unlink(name, dir_fd=folder)
            os.close(descriptor)
            raise
        return descriptor
    finally:
        os.close(folder)


def _empty_for(owner: Account, path: str) -> int:
    """A file that a user could empty himself, were it not for the folder. Raises OSError for any other."""
    above, name = parted(path)
    folder = open_folder(above)
    try:
        require_his(owner, os.stat(name, dir_fd=folder, follow_symlinks=False))     # open(2) may have effects
        descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            require_his(owner, os.fstat(descriptor))
            os.ftruncate(descriptor, 0)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor
    finally:
        os.close(folder)


def require_his(owner: Account, status: os.stat_result) -> None:
    """Raise PermissionError where a file is none that its owner may write to, or another's."""
    if not stat.S_ISREG(status.st_mode) or status.st_uid != owner.uid or not status.st_mode & stat.S_IWUSR:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


opener: Opener = open_file      # how this process opens savefiles; the command decides for whom


def open_with(chosen: Opener) -> None:
    """Decide how this process opens savefiles."""
    global opener  # noqa: PLW0603  like the user that a process runs as, it is one for all of it
    opener = chosen


def further_files(template: str) -> Opener | None:
    """Who opens further files of a rotation (-C, -G) where -Z's user may not: names made of -w's, new ones or his.

    None where nobody has to. The result needs root's privileges, and does not give away anything else.
    """
    if not isinstance(opener, ForUser) or not opener.needed_root:
        return None
    create_for_him = opener.create_for_him
    folder, name = os.path.split(template)
    pattern = "".join(".*" if part.startswith("%") else re.escape(part) for part in re.split("(%.)", name)) + "[0-9]*"

    def open_beside(path: str) -> int:
        there, base = os.path.split(path)
        now = time.time()
        folders = {folder, *(time.strftime(folder, time.localtime(now - past)) for past in (0, 1))}
        refusal = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if there not in folders or not re.fullmatch(pattern, base):
            raise refusal
        return create_for_him(path, refusal)

    return open_beside


def ask(further: Opener) -> None:
    """Who opens files that -Z's user may not open, from now on."""
    if isinstance(opener, ForUser):
        opener.ask = further


def create(path: str) -> int:
    """A descriptor of a savefile, created or emptied. Raises SavefileError naming it."""
    try:
        return opener(path)
    except OSError as error:
        raise SavefileError(f"{path}: can't create: {error.strerror}") from error


def _make(folder: "pathlib.Path", owner: Account | None = None) -> None:
    """Make a folder and those above it. owner: whose new ones are, below folders that root alone may write to."""
    for each in (*reversed(folder.parents), folder):
        try:
            each.mkdir(_FOLDER_MODE)
        except FileExistsError:
            continue
        above = each.parent.stat()
        if owner and above.st_uid in (0, owner.uid) and not above.st_mode & WRITABLE:
            os.chown(each, owner.uid, owner.gid, follow_symlinks=False)


def make_folder(path: str) -> None:
    """Make a folder, and those above it, of the user whose new savefiles are; for who has called sudo also where only
    root may. Raises SavefileError naming it, also where it is there but no file can be created in it.
    """
    owner = opener.owner if isinstance(opener, ForUser | ForCaller) else None
    try:
        with files_as(owner) if owner else contextlib.nullcontext():
            _make(pathlib.Path(path))
            if isinstance(opener, ForCaller) or os.access(path, os.W_OK | os.X_OK, effective_ids=True):
                return
        code = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
        raise SavefileError(f"{path}: can't create files in this folder: {os.strerror(code)}")
    except PermissionError as error:
        if not isinstance(opener, ForCaller):
            raise SavefileError(f"{path}: can't make this folder: {error.strerror}") from error
        _make(pathlib.Path(path), owner)
    except OSError as error:
        raise SavefileError(f"{path}: can't make this folder: {error.strerror}") from error
