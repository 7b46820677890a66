"""Limits of this process (getrlimit(2))."""

import resource


def raise_descriptor_limit() -> None:
    """As many open files as we may have: a namespace that is watched takes two, and there may be hundreds.

    select(2), which can't take descriptors of 1024 and above, is used nowhere here; commands that we start get the old
    limit back, see restore_descriptor_limit().
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    _before.append((soft, hard))


def restore_descriptor_limit() -> None:
    """Give a process that is about to run another program the limit that we were started with."""
    if _before:
        resource.setrlimit(resource.RLIMIT_NOFILE, _before[0])


_before: list[tuple[int, int]] = []
