"""Limits of this process (getrlimit(2))."""

import os
import resource

_RESERVE = 128      # programs, maps, hooks and buffers of a capture, its files, and what others open at times


def raise_descriptor_limit() -> None:
    """As many open files as we may have: a namespace that is watched takes two, and there may be hundreds.

    select(2), which can't take descriptors of 1024 and above, is used nowhere here; commands that we start get the old
    limit back, see restore_descriptor_limit().
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        _before.append((soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def spare_descriptors() -> int:
    """How many files may still be opened for many things of one kind, others' needs being left."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - len(os.listdir("/proc/self/fd")) - _RESERVE


def restore_descriptor_limit() -> None:
    """Give a process that is about to run another program the limit that we were started with."""
    if _before:
        resource.setrlimit(resource.RLIMIT_NOFILE, _before[0])


_before: list[tuple[int, int]] = []
