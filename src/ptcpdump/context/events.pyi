"""What the kernel tells of processes (struct process_event of kernel/bpf/record.h), as an object."""

from typing import final

@final
class ProcessEvent:
    """One event. Raises ValueError for bytes that are none."""

    def __init__(self, data: bytes) -> None: ...

    @property
    def kind(self) -> int:
        """A context.model.EventKind."""

    @property
    def time(self) -> int:
        """CLOCK_MONOTONIC, ns."""

    @property
    def pid(self) -> int:
        """Whose process it is about, as our pid namespace numbers it; see PID_OUTSIDE of context.model."""

    @property
    def start(self) -> int:
        """When that began, ns since boot."""

    @property
    def parent(self) -> int:
        """Its parent's pid."""

    @property
    def parent_start(self) -> int:
        """When the parent began."""

    @property
    def creator(self) -> int:
        """Of FORK: the pid of whoever has created it, which with CLONE_PARENT is not its parent; else 0."""

    @property
    def creator_start(self) -> int:
        """When the creator began."""

    @property
    def host_pid(self) -> int:
        """The pid in the initial namespace, where ours is another one; else 0."""

    @property
    def parent_host_pid(self) -> int:
        """The parent's."""

    @property
    def mntns(self) -> int:
        """Inode of its mount namespace."""

    @property
    def netns(self) -> int:
        """Inode of its network namespace."""

    @property
    def comm(self) -> str:
        """Name of its main thread, at most 15 bytes."""

    @property
    def creator_comm(self) -> str:
        """The creator's."""

    @property
    def name(self) -> str:
        """Of EXEC: the program's whole name where comm can't hold it; else ""."""

    @property
    def path(self) -> str:
        """Of EXEC: the executable's path."""

    @property
    def args(self) -> bytes:
        """Of EXEC: argv, NUL-separated."""

    @property
    def args_truncated(self) -> bool:
        """Whether argv is longer than that."""

    @property
    def resolved(self) -> bool:
        """Whether the path is the executable's own; else it is as it was asked for, perhaps a symbolic link."""
