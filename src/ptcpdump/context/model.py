"""What is known of a packet's owner. Plain data: made once per owner, never changed, shared by all its packets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Found(StrEnum):
    """How the owner of a packet was found, the most certain way first."""

    SOCKET = "socket"            # the socket behind the packet, or the one that will receive it
    LISTENER = "listener"        # the listening socket, during the handshake
    FLOW = "flow"                # an earlier packet of the same flow had a socket (TIME_WAIT, SYN cookies, ICMP)
    TRANSLATED = "translated"    # the flow before or after network address translation
    TASK = "task"                # the task that was sending at that moment
    SCAN = "scan"                # the socket existed before the capture and was found by the start-up scan
    PEER = "peer"                # no process here has it, but the one at the other end, on this host too
    SAVEFILE = "savefile"        # a savefile says so


@dataclass(frozen=True, slots=True)
class Process:
    """One process instance: a pid together with its start time."""

    pid: int
    command: str = ""                # path of the executable, or its comm where the path can't be read
    args: tuple[str, ...] = ()
    truncated: bool = False          # args are longer than what was kept
    start_time: int = 0              # clock ticks since boot, as field 22 of /proc/PID/stat; 0: unknown


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
