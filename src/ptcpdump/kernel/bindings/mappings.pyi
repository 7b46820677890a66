"""Which files processes map as code: the kernel's own record of it (perf_event_open(2), PERF_RECORD_MMAP2).

It tells of executables, and of libraries however they are loaded, in all processes.
"""

from typing import final

@final
class Mappings:
    """What is mapped as code on one CPU from now on.

    Raises PrivilegeError where the kernel keeps that from us (CAP_PERFMON), UnsupportedError where it can't tell.
    """

    def __init__(self, cpu: int) -> None: ...
    @property
    def lost(self) -> int:
        """How often the buffer was full."""

    def fileno(self) -> int:
        """Readable when something was mapped."""

    def read(self) -> list[tuple[int, int, int, int, str]]:
        """All that was mapped since the last time: (pid, start, end, inode, path as the process has it)."""

    def close(self) -> None:
        """Be told no more; a second call does nothing."""
