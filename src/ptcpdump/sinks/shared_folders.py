"""Opening files to write where other users may put theirs."""

import errno
import os
import stat

from ptcpdump.lazy import lazy_modules

with lazy_modules:
    import pathlib

MODE = 0o600
WRITABLE = stat.S_IWGRP | stat.S_IWOTH
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_WHATEVER = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
_EXISTING = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_file(path: str, *users: int) -> int:
    """A descriptor of a file to write: created, or emptied. The one way to open a file to write by its name.

    What a stranger has put into a folder like /tmp is not taken: a link, for he would choose where we write, or a file,
    for he could read it; nor is a file that has another name elsewhere (a hard link), for that is what would be
    emptied. So has it the kernel where fs.protected_symlinks, fs.protected_regular and fs.protected_hardlinks are set
    (its Documentation/admin-guide/sysctl/fs.rst), which is not so everywhere, nor in folders without the sticky bit.
    users: no strangers, beside us and the owner of the folder. Where that bit is set nobody else can replace what these
    have put there.
    """
    shared, found = _in_shared_folder(path, {os.geteuid(), *users})
    if found is None or not stat.S_ISREG(found.st_mode):
        return os.open(path, NEW if shared and found is None else _WHATEVER, MODE)
    descriptor = os.open(path, _EXISTING)
    try:
        if not os.path.samestat(found, os.fstat(descriptor)):
            raise PermissionError(errno.EACCES, f"{path} was replaced, in a folder that others may write to")
        os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _in_shared_folder(path: str, friends: set[int]) -> tuple[bool, os.stat_result | None]:
    """Whether a file is in a folder that everybody may write to, and what is there now. Raises PermissionError for
    what is not to be written to."""
    whole = pathlib.Path(path)
    for place in (*reversed(whole.parents), whole):
        try:
            folder = place.parent.stat()
            if place == place.parent or not _is_shared(folder.st_mode):
                continue
            found = place.lstat()
        except FileNotFoundError:
            return place is whole, None
        except OSError:
            return False, None      # open(2) tells it better
        if found.st_uid not in {folder.st_uid, *friends} and (place is whole or stat.S_ISLNK(found.st_mode)):
            raise PermissionError(errno.EACCES, f"{place} is another user's, in a folder that others may write to")
        if place is whole:
            if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
                raise PermissionError(errno.EACCES, f"{place} has other names (hard links), in a folder that others "
                                      "may write to: choose another name")
            return True, found
    return False, None


def _is_shared(mode: int) -> bool:
    """Whether a folder is one like /tmp, or may be written to by everybody without such protection."""
    return bool(mode & stat.S_IWOTH or (mode & stat.S_ISVTX and mode & WRITABLE))
