"""The filter by container and pod: which cgroups the kernel has to select, now and as containers come and go."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from ptcpdump.context.containers.directory import Directory
from ptcpdump.context.containers.entry import Entry
from ptcpdump.errors import ContainerError

WAIT = 5.0          # seconds that runtimes get for their first lists when a filter needs them
_KEEP = 10.0        # for which the cgroup of a container that is wanted no longer stays: its last packets
_SHOWN = 8          # containers that a message lists


class ContainerFilter(Protocol):
    """Which containers are wanted: those that any of these names (filters.owner.OwnerFilter)."""

    @property
    def container_ids(self) -> frozenset[str]:
        """Prefixes of ids."""

    @property
    def container_names(self) -> frozenset[str]:
        """Names in full."""

    @property
    def pods(self) -> frozenset[tuple[str, str]]:
        """Name and namespace."""


class Cgroups(Protocol):
    """Where wanted cgroups are told (kernel.selection.Selection)."""

    def add_cgroup(self, identifier: int) -> None:
        """Select a cgroup by its id."""

    def drop_cgroup(self, identifier: int) -> None:
        """No longer select it."""


class Wanted:
    """Keeps the kernel's set of cgroups equal to what the filter names."""

    def __init__(
        self, wanted: ContainerFilter, directory: Directory, cgroups: Cgroups, say: Callable[[str], None]
    ) -> None:
        self._wanted = wanted
        self._directory = directory
        self._cgroups = cgroups
        self._say = say
        self._ids: frozenset[str] = frozenset()     # what the prefixes mean
        self._selected: set[int] = set()
        self._leaving: dict[int, float] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Find what is wanted among what runs, and follow. Raises ContainerError, and says what is no error."""
        self._directory.settle(WAIT)
        if not self._directory.answered:
            failures = "".join(f" ({failure})" for failure in self._directory.failures[:_SHOWN])
            raise ContainerError(
                f"no container runtime answers{failures}, so containers and pods can't be told apart: "
                "start it, or name its socket with --docker-address, --containerd-address, --cri-runtime-address or "
                "--podman-address")
        entries = self._directory.entries()
        self._ids = frozenset(_only(prefix, entries).key for prefix in self._wanted.container_ids)
        for name in sorted(self._wanted.container_names):
            self._report(f"--container-name {name}", [e for e in self._chosen(entries) if name in e.names], entries,
                         "narrow it with --container-id")
        for name, namespace in sorted(self._wanted.pods):
            uids = {pod.uid for e in entries if (pod := e.pod) and (pod.name, pod.namespace) == (name, namespace)}
            if not uids:
                pods = sorted({f"{e.pod.name}.{e.pod.namespace}" for e in entries if e.pod})
                self._say(f"--pod-name {name}.{namespace}: there is no such pod yet; it is captured from its start "
                          f"({_some('pods', pods)})")
        self._directory.listeners.append(self.update)
        self.update()
        running = self._directory.cgroups()
        for key in sorted(self._ids - running.keys()):
            self._say(f"--container-id {key[:12]}: it has no control group of its own in cgroup v2 now, by which its "
                      "packets could be chosen; it is captured as soon as it gets one")

    def stop(self) -> None:
        """The kernel's maps are about to go."""
        with self._lock:
            self._stopped = True

    def update(self) -> None:
        """Tell the kernel what has changed. May be called in any thread."""
        with self._lock:
            if self._stopped:
                return
            keys = {entry.key for entry in self._chosen(self._directory.entries())}
            now = {number for key, numbers in self._directory.cgroups().items() if key in keys for number in numbers}
            for number in now - self._selected:
                self._cgroups.add_cgroup(number)
            moment = time.monotonic()
            for number in self._selected - now:
                self._leaving.setdefault(number, moment)
            for number in [n for n, since in self._leaving.items() if n in now or moment - since > _KEEP]:
                del self._leaving[number]
                if number not in now:
                    self._cgroups.drop_cgroup(number)
            self._selected = now | self._leaving.keys()

    def _chosen(self, entries: list[Entry]) -> list[Entry]:
        """What is wanted: a user's container only where the system has none of the name."""
        by_system = {name for entry in entries if not entry.speaker for name in self._asked(entry)}
        return [entry for entry in entries if entry.key in self._ids
                or not self._asked(entry) <= (by_system if entry.speaker else set())]

    def _asked(self, entry: Entry) -> set[object]:
        """The names among those of the filter that a container has, its own and its pod's."""
        pod = entry.pod
        of_pod = {(pod.name, pod.namespace)} & self._wanted.pods if pod else set()
        return {*(self._wanted.container_names & set(entry.names)), *of_pod}

    def _report(self, what: str, found: list[Entry], entries: list[Entry], advice: str) -> None:
        if not found:
            self._say(f"{what}: there is no such container yet; it is captured from its start "
                      f"({_some('containers', sorted({e.container.name for e in entries}))})")
        elif len(found) > 1:
            self._say(f"{what}: {len(found)} containers have this name and all are captured: {_list(found)}; {advice}")


def _only(prefix: str, entries: list[Entry]) -> Entry:
    """The container whose id starts so. Raises ContainerError unless there is exactly one."""
    matching = [entry for entry in entries if entry.container.id.startswith(prefix)]
    found = [entry for entry in matching if not entry.speaker] or matching     # whatever ids users make up
    exact = [entry for entry in found if entry.container.id == prefix]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        raise ContainerError(f"--container-id {prefix}: {len(found)} containers have an id that starts so: "
                             f"{_list(found)}; give more of it")
    known = sorted(f"{e.container.id[:12]} {e.container.name}" for e in entries)
    raise ContainerError(f"--container-id {prefix}: no container has an id that starts so "
                         f"({_some('containers', known)}); for one that will start later use --container-name")


def _list(found: list[Entry]) -> str:
    texts = [f"{e.container.id[:12]} ({e.container.name}{f' of pod {e.pod.name}.{e.pod.namespace}' if e.pod else ''})"
             for e in sorted(found, key=lambda e: e.container.id)]
    return _cut(texts)


def _some(what: str, names: list[str]) -> str:
    return f"{what} now: {_cut(names)}" if names else f"no {what} now"


def _cut(texts: list[str]) -> str:
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
