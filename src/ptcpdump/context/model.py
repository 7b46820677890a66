"""What is known of a packet's owner. Plain data: made once per owner, never changed, shared by all its packets."""

import os
from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum

from ptcpdump.context.escape import as_bytes
from ptcpdump.records import dataclass, field

COMM_LENGTH = 15    # TASK_COMM_LEN less its NUL (linux/sched.h): bytes that the kernel keeps of a program's name


class Found(StrEnum):
    """How the owner of a packet was found, the most certain way first."""

    SOCKET = "socket"            # the socket behind the packet, or the one that will receive it
    LISTENER = "listener"        # the listening socket, during the handshake
    FLOW = "flow"                # an earlier packet of the same flow had a socket (TIME_WAIT, SYN cookies, ICMP)
    TRANSLATED = "translated"    # the flow before or after network address translation
    SCAN = "scan"                # the socket existed before the capture and was found by the start-up scan
    PEER = "peer"                # no process here has it, but the one at the other end, on this host too
    KERNEL = "kernel"            # the socket is one that the kernel opened for itself: it has no process
    SAVEFILE = "savefile"        # a savefile says so


PID_OUTSIDE = 1 << 31       # in pids from the kernel's programs, see kernel/bpf/record.h


class EventKind(IntEnum):
    """What happened to a process: enum event_kind of kernel/bpf/record.h."""

    EXEC = 1
    FORK = 2
    EXIT = 3


@dataclass(frozen=True, slots=True)
class Process:
    """One process instance: a pid together with its start time.

    pid: as the pid namespace that we run in numbers it, or for one outside of that as the host does (see outside).
    """

    pid: int
    command: str = ""                # path of the executable, or its comm where the path can't be read
    args: tuple[str, ...] = ()
    truncated: bool = False          # args are longer than what was kept
    start_time: int = 0              # clock ticks since boot, as field 22 of /proc/PID/stat; 0: unknown
    name: str = ""                   # what people call the program, see program_name(); without it as `command` says
    host_pid: int = 0                # as the host numbers it, where that is known and another pid namespace than ours
    outside: bool = False            # of no number in our pid namespace
    started: int = field(default=0, compare=False)     # likewise: nanoseconds since the epoch; 0: unknown
    further: tuple[tuple[int, bytes], ...] = ()     # what else a savefile says: options of its block, by code

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", program_name("", self.command, self.args))

    @property
    def comm(self) -> str:
        """The name that the kernel keeps, as ps(1) and top(1) show it: at most 15 bytes."""
        return comm_of(self.name)

    @property
    def executable(self) -> str:
        """The last part of the executable's path."""
        return last_part(self.command)


def comm_of(name: str) -> str:
    """What the kernel keeps of a name."""
    return os.fsdecode(as_bytes(name)[:COMM_LENGTH])


def last_part(path: str) -> str:
    """The name of a file without its folder."""
    return path.rstrip("/").rpartition("/")[2]


def program_name(comm: str, command: str, args: Sequence[str]) -> str:
    """What people call a program: its comm, whole where the kernel has cut it and its executable or argv tell the rest.

    The comm is what was asked for: that of a script is the script's, not its interpreter's, that of a symbolic link the
    link's. comm: "" where only the path is known. Returns "" where nothing is.
    """
    if not comm:
        # run from a descriptor: argv[0] says more
        return last_part(args[0] if command.startswith(_DESCRIPTORS) and args else command)
    if comm.isdecimal() and command and last_part(command) != comm:
        return program_name("", command, args)      # likewise: before 6.14 fexecve(3) makes the number the comm
    start = as_bytes(comm)
    if len(start) == COMM_LENGTH:
        # of a script argv holds the interpreter, perhaps one option for it, then the script: execve(2)
        for path in (command, *args[:3]):
            name = last_part(path)
            if as_bytes(name).startswith(start):
                return name
    return comm


_DESCRIPTORS = "/dev/fd/"


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread; its name is the kernel's comm."""

    tid: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """A container as its runtime describes it."""

    id: str
    name: str = ""
    image: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pod:
    """A Kubernetes pod as the CRI describes it."""

    name: str
    namespace: str = "default"
    uid: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything known of the owner of a packet; what is not known is None."""

    process: Process | None = None
    thread: Thread | None = None
    uid: int | None = None
    parent: Process | None = None
    container: Container | None = None
    pod: Pod | None = None
    found: Found | None = None
    user: str = ""                   # name of uid, where a savefile or /etc/passwd tells it
