"""The directory of containers: all that the runtimes say, and which container and pod a process belongs to."""

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ptcpdump.context.containers.addresses import Addresses
from ptcpdump.context.containers.cgroups import CgroupTree, find_mount
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.places import places
from ptcpdump.context.containers.source import Source
from ptcpdump.context.model import Container, Pod

_ID = re.compile(r"[0-9a-f]{64}")
_LOOK = 2.0         # seconds between looks for new sockets
_KEEP = 60.0        # for which a removed container is remembered: late packets
_NAMING = 0.5       # that a runtime gets to name a container whose cgroup has appeared

Answer = tuple[Container | None, Pod | None]


@dataclass(slots=True)
class _View:
    """The merged lists of all runtimes."""

    entries: dict[str, Entry] = field(default_factory=dict)     # by key
    places: dict[str, str] = field(default_factory=dict)        # keys by path, or last directory, of a cgroup
    pods: dict[str, tuple[int, Pod]] = field(default_factory=dict)  # by UID, with the rank of who said it
    mounts: dict[int, str] = field(default_factory=dict)        # keys by mount namespace; "" for several


class Directory:
    """Follows all runtimes in the background and answers for processes; no method waits for a daemon.

    changed() is called, in another thread, when an earlier answer of lookup() would be another now. say(text) gets
    what a user should know. Both must be safe to call from any thread.
    """

    def __init__(self, addresses: Addresses, changed: Callable[[], None], say: Callable[[str], None],
                 proc: Path = Path("/proc")) -> None:
        self._addresses = addresses
        self._changed = changed
        self._say = say
        self._proc = proc
        self._lock = threading.RLock()
        self._lists: dict[str, list[Entry]] = {}
        self._gone: dict[str, tuple[float, Entry]] = {}
        self._view = _View()
        self._bound: dict[int, str] = {}    # keys by cgroup id
        self._unknown: set[int] = set()     # cgroups that were asked for in vain
        self._nameless: dict[str, float] = {}   # ids of containers that no runtime has told of yet, until when we wait
        self._sources: dict[tuple[str, str], Source] = {}
        self._stop = threading.Event()
        self._own_mount = self._mount_namespace(1)
        self.tree = CgroupTree(find_mount(), self._appeared)
        self.listeners: list[Callable[[], None]] = []       # called when lists or cgroups changed

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Start to follow what is there and what will be."""
        self.tree.start()
        self._discover()
        threading.Thread(target=self._watch, name="container runtimes", daemon=True).start()

    def stop(self) -> None:
        """Let go of all daemons."""
        self._stop.set()
        for source in list(self._sources.values()):
            source.stop()
        self.tree.stop()

    def settle(self, limit: float) -> bool:
        """Wait until each runtime that is there has listed its containers or failed; seconds at the most."""
        end = time.monotonic() + limit
        return all(source.listed.wait(max(0.0, end - time.monotonic()))
                   for source in list(self._sources.values()))

    @property
    def answered(self) -> bool:
        """Whether at least one runtime has listed its containers."""
        return any(source.answered for source in list(self._sources.values()))

    @property
    def expecting(self) -> bool:
        """Whether a container has just begun that no runtime has named yet: it is locked while it starts."""
        if not self._nameless:
            return False
        with self._lock:
            now = time.monotonic()
            self._nameless = {key: end for key, end in self._nameless.items() if now < end}
            return bool(self._nameless) and any(
                source.answered or not source.listed.is_set() for source in list(self._sources.values()))

    def _watch(self) -> None:
        given = [a for a in (self._addresses.docker, self._addresses.containerd, self._addresses.cri,
                             self._addresses.podman) if a]
        for address in given:
            if address.removeprefix("unix://") not in {place for _, place in self._sources}:
                self._say(f"{address}: there is no such socket yet; its containers lack their names until there is")
        while not self._stop.wait(_LOOK):
            self._discover()

    def _discover(self) -> None:
        for kind, address, make in places(self._addresses):
            if (kind, address) in self._sources:
                continue
            source = Source(f"{kind} at {address}", partial(make, address), self.take, self.learn, self._say)
            self._sources[kind, address] = source
            source.start()

    # ------------------------------------------------------------------ what runtimes say

    def take(self, source: str, entries: list[Entry]) -> None:
        """The whole list of one runtime."""
        with self._lock:
            before = self._lists.get(source, [])
            if before == entries:
                return
            self._lists[source] = entries
            old, now = self._view.entries, time.monotonic()
            present = {entry.key for one in self._lists.values() for entry in one}
            self._gone.update({e.key: (now, e) for e in before if e.key not in present})
            self._gone = {k: v for k, v in self._gone.items() if k not in present and now - v[0] < _KEEP}
            old_pods = self._view.pods
            self._view = self._merge()
            new = self._view.entries
            self._nameless = {key: end for key, end in self._nameless.items() if key not in new}
            differs = any(new.get(key) != entry for key, entry in old.items() if key in new)
            news = bool(self._unknown) and any(key not in old for key in new)
            if news:
                self._unknown.clear()
            tell = differs or news or any(self._view.pods.get(uid) != pod for uid, pod in old_pods.items())
        for listener in self.listeners:
            listener()
        if tell:
            self._changed()

    def learn(self, source: str, entry: Entry) -> None:
        """One container that a runtime has just made."""
        with self._lock:
            if entry.key in self._view.entries:
                return
            entries = [*self._lists.get(source, []), entry]
        self.take(source, entries)

    def _merge(self) -> _View:
        view = _View()
        entries = [entry for _, entry in self._gone.values()]
        entries += [entry for one in self._lists.values() for entry in one]
        for entry in entries:
            known = view.entries.get(entry.key)
            if known is None or entry.rank <= known.rank:
                view.entries[entry.key] = entry
            if entry.place:
                view.places[entry.place.rstrip("/")] = entry.key
            if entry.pid and (mount := self._mount_namespace(entry.pid)) not in (0, self._own_mount):
                view.mounts[mount] = "" if view.mounts.get(mount, entry.key) != entry.key else entry.key
            if (pod := entry.pod) is not None:
                # a runtime that knows the pod itself tells more than the labels of one of its containers
                rank = entry.rank - 1 if entry.sandbox else entry.rank
                rank += 10 * (not pod.labels and not pod.annotations)
                if pod.uid not in view.pods or rank < view.pods[pod.uid][0]:
                    view.pods[pod.uid] = rank, pod
        return view

    # ------------------------------------------------------------------ whose process

    def lookup(self, pid: int, cgroup: int, mount_namespace: int = 0) -> Answer:
        """The container and pod of a process, by the id of its cgroup, then its cgroups' paths, then its namespaces.

        mount_namespace: its inode, where it is known even if the process is gone.
        """
        with self._lock:
            key = self._bound.get(cgroup, "")
            if not key:
                key = self._find(pid, cgroup, mount_namespace)
            entry = self._view.entries.get(key) if key else None
            if entry is None:
                self._unknown.add(cgroup)
                return None, None
            return None if entry.sandbox else entry.container, self.pod(entry)

    def pod(self, entry: Entry) -> Pod | None:
        """The pod of a container, as who knows most describes it."""
        if entry.pod is None:
            return None
        known = self._view.pods.get(entry.pod.uid)
        return known[1] if known else entry.pod

    def _find(self, pid: int, cgroup: int, mount_namespace: int) -> str:
        path = self.tree.path(cgroup)
        if path:
            key = self.identify(path)
            if key:
                self._bound[cgroup] = key
                return key
        for path in self._paths(pid, cgroup):
            key = self.identify(path)
            if key:
                if self.tree.number(path) == cgroup:
                    self._bound[cgroup] = key
                return key
        if not self._view.mounts:
            return ""
        return self._view.mounts.get(mount_namespace or self._mount_namespace(pid), "")

    def _paths(self, pid: int, cgroup: int) -> list[str]:
        """Paths of a process, that in cgroup v2 first; none when it is in another group there than was recorded."""
        try:
            text = (self._proc / str(pid) / "cgroup").read_text(errors="surrogateescape")
        except OSError:
            return []
        paths: list[str] = []
        for line in text.splitlines():
            number, _, rest = line.partition(":")
            path = rest.partition(":")[2]
            if number == "0":
                found = self.tree.number(path)
                if found and found != cgroup:
                    return []       # moved, or another process that got the same pid
                paths.insert(0, path)
            else:
                paths.append(path)
        return list(dict.fromkeys(paths))

    def identify(self, path: str) -> str:
        """The key of the innermost known container in a cgroup's path; "" without one."""
        view = self._view
        parts = path.rstrip("/").split("/")
        for end in range(len(parts), 1, -1):
            part = parts[end - 1]
            found = _ID.search(part)
            if found and found[0] in view.entries:
                return found[0]
            key = view.places.get("/".join(parts[:end])) or view.places.get(part)
            if key:
                return key
        return ""

    def _mount_namespace(self, pid: int) -> int:
        try:
            return os.stat(self._proc / str(pid) / "ns/mnt").st_ino     # noqa: PTH116  asked for each new owner
        except OSError:
            return 0

    def _appeared(self, number: int, path: str) -> None:
        """A cgroup was made: perhaps of a container that is not known yet."""
        found = _ID.search(path.rpartition("/")[2])
        with self._lock:
            key = self.identify(path)
            if key:
                self._bound[number] = key
            elif found:
                self._nameless[found[0]] = time.monotonic() + _NAMING
        if not key and _ID.search(path):
            for source in list(self._sources.values()):
                source.poke()
        for listener in self.listeners:
            listener()

    # ------------------------------------------------------------------ for filters

    def entries(self) -> list[Entry]:
        """All containers that are known, without sandboxes."""
        with self._lock:
            return [entry for entry in self._view.entries.values() if not entry.sandbox]

    def cgroups(self) -> dict[str, set[int]]:
        """The ids of the cgroups of each container, by key."""
        found: dict[str, set[int]] = {}
        with self._lock:
            for number, path in self.tree.items():
                if key := self.identify(path):
                    found.setdefault(key, set()).add(number)
        return found
