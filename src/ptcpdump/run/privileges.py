"""Giving up root's privileges (-Z), as tcpdump does once all is opened.

What is open stays usable: maps and rings of the kernel programs, sockets, files. Nothing can be opened any more that
the user may not open himself; a new program, be it set-user-ID, gets no more (PR_SET_NO_NEW_PRIVS).
"""

import ctypes
import os
import sys
from pathlib import Path

from ptcpdump.accounts import Account
from ptcpdump.errors import PrivilegeError
from ptcpdump.kernel.loading.probes import kernel_version

# linux/prctl.h, linux/capability.h
_CAPBSET_READ, _CAPBSET_DROP, _SET_KEEPCAPS, _SET_NO_NEW_PRIVS = 23, 24, 8, 38
_CAP_BPF = 39
_CAPABILITY_VERSION = 0x20080522
_UNPRIVILEGED = Path("/proc/sys/kernel/unprivileged_bpf_disabled")


def require_becoming(user: Account) -> None:
    """Raise PrivilegeError, before anything is done, where relinquish() could only fail: not root, nor that user."""
    if os.geteuid() != 0 and (os.geteuid(), os.getegid()) != (user.uid, user.gid):
        raise PrivilegeError(f"-Z {user.name}: only root can become another user")


def confine() -> None:
    """Have no program that is run from now on get more privileges than this process has.

    Call it before threads are started: it holds for the calling one and those that it starts.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0:
        raise PrivilegeError(f"-Z: {os.strerror(ctypes.get_errno())}")
    if os.geteuid() == 0:
        capability = 0
        while libc.prctl(_CAPBSET_READ, capability, 0, 0, 0) >= 0:      # up to the last that this kernel has
            libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
            capability += 1


def relinquish(user: Account) -> None:
    """Become a user, in all threads. Raises PrivilegeError when that is not possible, for then nothing may go on.

    Who is that user already, with capabilities that were given to him, lets go of these in this thread, whose programs
    don't get them either. On kernels before 5.19 that keep bpf(2) from users even for maps that are open, CAP_BPF
    stays, in this thread.
    """
    require_becoming(user)
    libc = ctypes.CDLL(None, use_errno=True)
    keep = user.uid != 0 and _maps_need_privileges()
    if os.geteuid() != 0:
        _set_capabilities(libc, _effective() & 1 << _CAP_BPF if keep else 0)
        return
    if keep:
        libc.prctl(_SET_KEEPCAPS, 1, 0, 0, 0)
    try:
        os.setgroups(user.groups)
        os.setresgid(user.gid, user.gid, user.gid)
        os.setresuid(user.uid, user.uid, user.uid)
    except OSError as error:
        raise PrivilegeError(f"-Z {user.name}: {error.strerror}") from error
    if keep:
        _set_capabilities(libc, 1 << _CAP_BPF)
    if {*os.getresuid()} != {user.uid} or {*os.getresgid()} != {user.gid}:      # -1 leaves them as they are
        raise PrivilegeError(f"-Z {user.name}: we are root still")


def _maps_need_privileges() -> bool:
    """Whether the kernel asks for CAP_BPF at each use of a map (until Linux 5.19, where users are kept from bpf(2))."""
    try:
        return kernel_version() < (5, 19) and _UNPRIVILEGED.read_text().strip() != "0"
    except OSError:
        return False


def _effective() -> int:
    with Path("/proc/thread-self/status").open() as status:
        return next(int(line.split()[1], 16) for line in status if line.startswith("CapEff"))


def _set_capabilities(libc: ctypes.CDLL, wanted: int) -> None:
    """Have these capabilities, permitted and in effect, no others, and none that programs inherit (capset(2))."""
    head = _CAPABILITY_VERSION.to_bytes(4, sys.byteorder) + bytes(4)
    words = [(wanted >> shift & 0xFFFFFFFF).to_bytes(4, sys.byteorder) for shift in (0, 32)]
    if libc.capset(head, b"".join(word + word + bytes(4) for word in words)) < 0:
        raise PrivilegeError(f"-Z: {os.strerror(ctypes.get_errno())}")
