"""Limits of this process (getrlimit(2))."""

import errno
import os
import resource

from ptcpdump.errors import PtcpdumpError

_RESERVE = 128      # programs, maps, hooks and buffers of a capture, its files, and what others open at times
FILES_OF_NAMESPACE = 3      # of one that is watched: what tells of its interfaces and routes, the name in net.claims
_FEWEST = 32        # of them: with fewer, the kernel's answers look as if it lacked something
_ADDRESS_SPACE = 112 << 20      # bytes that a capture needs beside its buffers: what fails with less fails anywhere


def require_address_space(buffers: int) -> None:
    """Raise PtcpdumpError where we may not have the memory of a capture with buffers of so many bytes (RLIMIT_AS)."""
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    needed = _ADDRESS_SPACE + buffers
    if soft != resource.RLIM_INFINITY and soft < needed:
        raise PtcpdumpError(f"a capture needs {needed >> 20} MiB of memory, more than the {soft >> 20} MiB that it may "
                            "have: raise the limit (ulimit -v)")


def raise_descriptor_limit() -> None:
    """As many open files as we may have: a namespace that is watched takes three, and there may be hundreds.

    select(2), which can't take descriptors of 1024 and above, is used nowhere here; commands that we start get the old
    limit back, see restore_descriptor_limit(). Raises PtcpdumpError where they are too few even to look at the kernel.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < _FEWEST:
        raise PtcpdumpError(too_few_descriptors(hard))
    if soft != hard:
        _before.append((soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def too_few_descriptors(limit: int) -> str:
    """What to say where a capture may open no more than so many files."""
    return (f"a capture opens more than the {limit} files that it may: raise the hard limit (ulimit -Hn) to 256 "
            "or more")


def require_descriptors(error: Exception) -> None:
    """Raise PtcpdumpError where an error says that no more files may be opened: the kernel lacks nothing then."""
    if os.strerror(errno.EMFILE) in str(error):
        raise PtcpdumpError(too_few_descriptors(resource.getrlimit(resource.RLIMIT_NOFILE)[1])) from error


def spare_descriptors() -> int:
    """How many files may still be opened for many things of one kind, others' needs being left."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - len(os.listdir("/proc/self/fd")) - _RESERVE


def restore_descriptor_limit() -> None:
    """Give a process that is about to run another program the limit that we were started with."""
    if _before:
        resource.setrlimit(resource.RLIMIT_NOFILE, _before[0])


_before: list[tuple[int, int]] = []
