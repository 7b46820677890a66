"""Filters by owner: whose packets are wanted.

While capturing the kernel decides, or before Linux 5.10 :class:`LiveMatcher`; for savefiles :class:`OwnerMatcher`
does.
"""

import pwd
from collections.abc import Callable, Iterable

from ptcpdump.context.model import COMM_LENGTH, Context, Process, Thread, comm_of
from ptcpdump.errors import UsageError
from ptcpdump.records import dataclass, replace

PID_LIMIT = 1 << 22         # PID_MAX_LIMIT on 64-bit kernels (linux/threads.h)
UID_LIMIT = (1 << 32) - 1   # (uid_t) -1 means "none"


@dataclass(frozen=True, slots=True)
class OwnerFilter:
    """The owners that are wanted: one that any of the kinds names. Without any kind, everybody is.

    A packet must pass the pcap expression *and* this filter.
    """

    pids: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    uids: frozenset[int] = frozenset()
    container_ids: frozenset[str] = frozenset()    # prefixes of ids
    container_names: frozenset[str] = frozenset()
    pods: frozenset[tuple[str, str]] = frozenset()  # name, namespace
    follow_forks: bool = False   # descendants of a wanted process are wanted too

    def __bool__(self) -> bool:
        """Whether it chooses at all."""
        return bool(self.pids or self.names or self.uids or self.by_container)

    @property
    def by_container(self) -> bool:
        """Whether it names containers or pods."""
        return bool(self.container_ids or self.container_names or self.pods)

    def for_command(self, pid: int) -> "OwnerFilter":
        """The filter of a run that starts the command `pid` itself: it and its descendants, instead of other pids."""
        return replace(self, pids=frozenset({pid}), follow_forks=True)

    def matches(self, context: Context) -> bool:
        """Whether this owner is wanted, ancestors left aside."""
        if not self:
            return True
        process = context.process
        return (
            (process is not None and self.takes_process(process, context.thread))
            or context.uid in self.uids
            or self._takes_container(context)
        )

    def takes_process(self, process: Process, thread: Thread | None = None) -> bool:
        """Whether its pid or its name is wanted; the main thread's name counts as the process's."""
        if (process.pid in self.pids and not process.outside) or self.takes_name(process):
            return True
        return thread is not None and thread.tid == process.pid and thread.name in self.names

    def takes_name(self, process: Process) -> bool:
        """Whether the name of its program or its comm is wanted."""
        if not self.names:
            return False
        if process.comm in self.names or self.takes_program(process):
            return True
        # nothing but a comm that is cut is known: of a kernel thread, or in an older savefile
        cut = process.name if process.command in ("", process.name) else ""
        return len(cut.encode(errors="surrogateescape")) == COMM_LENGTH and cut in map(comm_of, self.names)

    def takes_program(self, process: Process) -> bool:
        """Whether its executable's name is wanted, or its own where that does not fit into a comm."""
        return process.executable in self.names or (process.name != process.comm and process.name in self.names)

    def _takes_container(self, context: Context) -> bool:
        container, pod = context.container, context.pod
        if container is not None and (
            container.name.removeprefix("/") in self.container_names
            or any(container.id.startswith(prefix) for prefix in self.container_ids)
        ):
            return True
        return pod is not None and (pod.name, pod.namespace) in self.pods


class OwnerMatcher:
    """Applies a filter to the owners of a savefile, one after the other, and remembers whose children are wanted.

    A file names the parent of each process and no further ancestor: a grandchild is found if its parent was seen
    before.
    """

    def __init__(self, wanted: OwnerFilter) -> None:
        self.wanted = wanted
        self._family: set[tuple[int, int]] = set()   # pid and start time of those wanted so far

    def matches(self, context: Context | None) -> bool:
        """Whether this owner is wanted; nobody is not."""
        if context is None:
            return False
        wanted = self.wanted.matches(context) or (self.wanted.follow_forks and self._is_child(context))
        if wanted and context.process is not None:
            self._family.add((context.process.pid, context.process.start_time))
        return wanted

    def _is_child(self, context: Context) -> bool:
        parent = context.parent
        if parent is None:
            return False
        return self.wanted.takes_process(parent) or (parent.pid, parent.start_time) in self._family


class LiveMatcher:
    """Applies a filter to the owners of a capture.

    ancestors(process): its parent, the parent of that, and so on, as far as they are known.
    """

    def __init__(self, wanted: OwnerFilter, ancestors: Callable[[Process], Iterable[Process]]) -> None:
        self._wanted = wanted
        self._ancestors = ancestors

    def matches(self, context: Context | None) -> bool:
        """Whether this owner is wanted; nobody is not."""
        if context is None:
            return False
        if self._wanted.matches(context):
            return True
        process = context.process
        return self._wanted.follow_forks and process is not None and any(
            map(self._wanted.takes_process, self._ancestors(process)))


def parse_owner_filter(
    *,
    pids: Iterable[str] = (),
    names: Iterable[str] = (),
    uids: Iterable[str] = (),
    container_ids: Iterable[str] = (),
    container_names: Iterable[str] = (),
    pods: Iterable[str] = (),
    follow_forks: bool = False,
) -> OwnerFilter:
    """Make a filter of what the options were given; each value may hold several, separated by commas.

    uids: numbers or names of users. pods: NAME[.NAMESPACE], split at the last dot. A container or pod is followed with
    all its processes. Raises UsageError naming the option and the value.
    """
    return OwnerFilter(
        pids=frozenset(_number("--pid", "process id", text, PID_LIMIT, 1) for text in _split(pids)),
        names=frozenset(_split(names)),
        uids=frozenset(_uid(text) for text in _split(uids)),
        container_ids=frozenset(_split(container_ids)),
        container_names=frozenset(name.removeprefix("/") for name in _split(container_names)),
        pods=frozenset(_pod(text) for text in _split(pods)),
        follow_forks=follow_forks,
    )


def _split(values: Iterable[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _number(option: str, what: str, text: str, limit: int, least: int = 0) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) < limit):
        raise UsageError(f"{option} {text}: not a {what}; give a number from {least} to {limit - 1}")
    return int(text)


def _uid(text: str) -> int:
    if text.isascii() and text.isdigit():
        return _number("--uid", "user id", text, UID_LIMIT)
    try:
        return pwd.getpwnam(text).pw_uid
    except (KeyError, ValueError):
        raise UsageError(f"--uid {text}: there is no user of that name; give a user name or number") from None


def _pod(text: str) -> tuple[str, str]:
    """Split NAME[.NAMESPACE] at the last dot, so that names with dots work; "default" without one.

    Raises UsageError.
    """
    name, dot, namespace = text.rpartition(".")
    if not dot:
        return text, "default"
    if not name or not namespace:
        raise UsageError(f"--pod-name {text}: give NAME or NAME.NAMESPACE")
    return name, namespace
