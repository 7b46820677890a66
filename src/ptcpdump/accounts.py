"""Users of this host for whom something is done."""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ptcpdump.lazy import lazy_modules
from ptcpdump.records import dataclass

with lazy_modules:
    import ctypes


_LONGEST = 10       # digits of an id


@dataclass(frozen=True, slots=True)
class Account:
    """A user: name for messages, ids, and all groups that he is in."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def account(name: str) -> Account:
    """A user by name. Raises KeyError."""
    found = pwd.getpwnam(name)
    return Account(name, found.pw_uid, found.pw_gid, tuple(os.getgrouplist(name, found.pw_gid)))


def sudo_caller(environment: Mapping[str, str] = os.environ) -> Account | None:
    """Who has become root by sudo(8) to start us; None where nobody has."""
    words = [environment.get(name, "") for name in ("SUDO_UID", "SUDO_GID")]
    if not all(word.isascii() and word.isdecimal() and len(word) <= _LONGEST for word in words):
        return None     # int() takes more: blanks, underscores, other digits
    uid, gid = map(int, words)
    if os.geteuid() != 0 or not (0 < uid < 2**32 - 1 and 0 <= gid < 2**32 - 1):
        return None
    return Account(environment.get("SUDO_USER", str(uid)), uid, gid, (gid,))


@contextmanager
def files_as(user: Account) -> Iterator[None]:
    """What this thread does with files meanwhile is done with the rights of a user; nothing changes unless we are root.

    Other threads keep ours, but for the groups, which mean nothing to root (setfsuid(2), setgroups(2)).
    """
    if os.geteuid() != 0 or user.uid == 0:
        yield
        return
    libc, groups, gid = ctypes.CDLL(None), os.getgroups(), os.getegid()
    os.setgroups(user.groups)
    libc.setfsgid(user.gid)
    libc.setfsuid(user.uid)
    try:
        yield
    finally:
        libc.setfsuid(0)
        libc.setfsgid(gid)
        os.setgroups(groups)
