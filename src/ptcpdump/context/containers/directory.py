"""The directory of containers: which container and pod a process belongs to, by all that the runtimes say."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ptcpdump.context.containers.cgroups import CgroupTree
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.hierarchies import V2, Hierarchies, groups_of
from ptcpdump.context.containers.patience import Patience
from ptcpdump.context.containers.places import open_runtime, places
from ptcpdump.context.containers.proofs import Proofs, mount_namespace_of
from ptcpdump.context.containers.runtimes import RUNTIMES
from ptcpdump.context.containers.source import Source
from ptcpdump.context.containers.users import owns
from ptcpdump.context.containers.view import View
from ptcpdump.context.model import Container, Pod
from ptcpdump.threads import Faults, start_thread

_LOOK = 2.0         # seconds between looks for new sockets
_KEEP = 60.0        # for which a removed container is remembered: late packets
_REMEMBERED = 1024  # removed ones, of each who speaks of them; others may make as many as they like
_MOST = 32768       # control groups whose container is remembered, before those that are gone are forgotten

Answer = tuple[Container | None, Pod | None]


class Directory:
    """Follows all runtimes in the background and answers for processes; no method waits for a daemon.

    addresses: those that were given, by name of the runtime. changed() is called, in another thread, when an earlier
    answer of lookup() would be another now. say(text) gets what a user should know. Both must be safe to call from any
    thread.
    """

    def __init__(self, addresses: Mapping[str, str], changed: Callable[[], None], say: Callable[[str], None],
                 proc: Path = Path("/proc"), hierarchies: Hierarchies | None = None) -> None:
        self._addresses = addresses
        self._changed = changed
        self._say = say
        self._proc = proc
        self._lock = threading.RLock()      # held for moments alone: packets wait for it
        self._merging = threading.Lock()
        self._lists: dict[str, list[Entry]] = {}
        self._gone: dict[str, tuple[float, Entry]] = {}
        self._proofs = Proofs(proc)
        self._hierarchies = hierarchies or Hierarchies()
        self._view = View((), self._proofs, self._hierarchies)
        self._bound: dict[int, tuple[str, str]] = {}    # key and path by cgroup id
        self._in_vain = False               # a process was asked for that seemed to be in no container
        self._patience = Patience()
        self._sources: dict[str, Source] = {}
        self._stop = threading.Event()
        self._faults = Faults("looking for container runtimes", say)
        self.tree = CgroupTree(self._hierarchies.points.get(V2, ""), self._appeared, say)
        self.listeners: list[Callable[[], None]] = []       # called when lists or cgroups changed

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Start to follow what is there and what will be."""
        self.tree.start()
        with self._faults:
            self._discover(users=False)
        start_thread(self._watch, "container runtimes")

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

    def by_privilege(self) -> list[str]:
        """Addresses of daemons that only who has privileges may ask."""
        return [address for source in list(self._sources.values()) if (address := source.by_privilege)]

    def ask_by(self, ask: Callable[[str, str], bytes]) -> None:
        """Have somebody else ask those: ask(address, path) gives what a GET answers."""
        for source in list(self._sources.values()):
            if source.by_privilege:
                source.ask_by(ask)

    @property
    def answered(self) -> bool:
        """Whether at least one runtime has listed its containers."""
        return any(source.answered for source in list(self._sources.values()))

    @property
    def failures(self) -> list[str]:
        """What went wrong with each runtime that is there and has not listed anything: its name and the cause."""
        return [source.failure for source in list(self._sources.values()) if source.failure and not source.answered]

    @property
    def expecting(self) -> bool:
        """Whether a container has just begun that no runtime has named yet: it is locked while it starts.

        True for no more than half of the time, whoever makes however many control groups.
        """
        with self._lock:
            return self._patience.waits and any(
                source.answered or not source.listed.is_set() for source in list(self._sources.values()))

    def _watch(self) -> None:
        with self._faults:
            self._discover(users=True)
        for address in self._addresses.values():
            if not any(name.endswith(f" at {address.removeprefix('unix://')}") for name in self._sources):
                self._say(f"{address}: there is no such socket yet; its containers lack their names until there is")
        while not self._stop.wait(_LOOK):
            with self._faults:
                self._discover(users=True)

    def _discover(self, *, users: bool) -> None:
        for place in places(self._addresses, users=users):
            if str(place) not in self._sources:
                source = Source(place, open_runtime, self.take, self.learn, self._say)
                source.start()
                self._sources[str(place)] = source

    # ------------------------------------------------------------------ what runtimes say

    def take(self, source: str, entries: list[Entry]) -> None:
        """The whole list of one runtime."""
        with self._merging:
            before = self._lists.get(source, [])
            if before == entries:
                return
            with self._lock:
                self._lists[source] = entries
            self._remember(before)
            view = self._merged()
            with self._lock:
                old, self._view = self._view, view
                self._patience.named(view.entries)
                tell = self._differs(old) | self._rebound()
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

    def _remember(self, before: list[Entry]) -> None:
        """Take those that were listed and are no more for removed; let go of what has been so for long."""
        now = time.monotonic()
        present = {entry.key for listed in self._lists.values() for entry in listed}
        self._gone.update({e.key: (now, e) for e in before if e.key not in present})
        kept: dict[str, tuple[float, Entry]] = {}
        room: dict[int, int] = {}
        for key, (since, entry) in reversed(self._gone.items()):        # the latest first
            left = room.get(entry.speaker, _REMEMBERED)
            if left and key not in present and now - since < _KEEP:
                kept[key] = since, entry
                room[entry.speaker] = left - 1
        self._gone = dict(reversed(kept.items()))

    def _merged(self) -> View:
        gone = [entry for _, entry in self._gone.values()]
        return View([*gone, *(entry for listed in self._lists.values() for entry in listed)],
                    self._proofs, self._hierarchies)

    def _differs(self, old: View) -> bool:
        """Whether something that was told by the old lists is another now."""
        new = self._view
        news = self._in_vain and (not new.entries.keys() <= old.entries.keys() or new.system != old.system)
        if news:
            self._in_vain = False
        pods = new.pods
        return (news or old.users != new.users or any(pods.get(of) != pod for of, pod in old.pods.items())
                or any(_answer(new.entries[key]) != _answer(entry) for key, entry in old.entries.items()
                       if key in new.entries))

    def _rebound(self) -> bool:
        """Look anew whose the known control groups are; whether one is not whose it seemed to be."""
        before = self._bound
        self._bound = {number: (key, path) for number, (key, path) in before.items()
                       if self._view.find(V2, path) == key}
        if len(self._bound) > _MOST:
            self._bound = {number: bound for number, bound in self._bound.items() if self.tree.path(number)}
        return len(self._bound) < len(before)

    # ------------------------------------------------------------------ whose process

    def lookup(self, pid: int, cgroup: int, mount_namespace: int = 0, uid: int = -1) -> Answer:
        """The container and pod of a process, by the id of its cgroup, then its cgroups' paths, then its namespaces.

        mount_namespace: its inode, where it is known even if the process is gone.
        """
        with self._lock:
            key = self._bound.get(cgroup, ("", ""))[0] or self._find(pid, cgroup, mount_namespace, uid)
            entry = self._view.entries.get(key) if key else None
            if entry is None:
                self._in_vain = True
                return None, None
            return None if entry.sandbox else entry.container, self._view.pod(entry)

    def _find(self, pid: int, cgroup: int, mount_namespace: int, uid: int) -> str:
        view = self._view
        path = self.tree.path(cgroup)
        groups = [(V2, path)] * bool(path) + self._groups(pid, cgroup)
        for hierarchy, path in groups:
            if key := view.find(hierarchy, path):
                if hierarchy == V2 and self.tree.number(path) == cgroup:
                    self._bound[cgroup] = key, path
                return key
        if not (view.system.namespaces or view.users.groups or view.users.namespaces):
            return ""
        namespace = mount_namespace or mount_namespace_of(pid, self._proc)
        if key := view.system.namespaces.get(namespace, ""):
            return key
        keys = [view.users.find(hierarchy, path) for hierarchy, path in groups]
        keys.append(view.users.namespaces.get(namespace, ""))
        return next((key for key in keys if key and owns(view.entries[key].speaker, pid, uid, self._proc)), "")

    def _groups(self, pid: int, cgroup: int) -> list[tuple[str, str]]:
        """Groups of a process; none when it is in another one in cgroup v2 than was recorded."""
        groups = groups_of(pid, self._proc)
        for hierarchy, path in groups:
            if hierarchy == V2 and (found := self.tree.number(path)) and found != cgroup:
                return []       # moved, or another process that got the same pid
        return groups

    def _appeared(self, groups: list[tuple[int, str]]) -> None:
        """Control groups were made: perhaps of containers that are not known yet."""
        unknown = False
        with self._lock:
            for number, path in groups:
                if key := self._view.find(V2, path):
                    self._bound[number] = key, path
                    continue
                found = next(filter(None, (row.container_of(path) for row in RUNTIMES)), "")
                if found and self._hierarchies.only_root_makes(V2, path):
                    self._patience.expect(found)
                    unknown = True
        if unknown:
            for source in list(self._sources.values()):
                source.poke()
        for listener in self.listeners:
            listener()

    # ------------------------------------------------------------------ for filters

    def entries(self) -> list[Entry]:
        """All containers that are known, without sandboxes."""
        with self._lock:
            return [entry for entry in self._view.entries.values() if not entry.sandbox]

    def pod(self, entry: Entry) -> Pod | None:
        """The pod of a container, as who knows most describes it."""
        return self._view.pod(entry)

    def cgroups(self) -> dict[str, set[int]]:
        """The ids of the cgroups of each container, by key."""
        found: dict[str, set[int]] = {}
        with self._lock:
            for number, path in self.tree.items():
                if key := self._view.find(V2, path):
                    found.setdefault(key, set()).add(number)
            for key, path in self._view.groups_of_users():
                found.setdefault(key, set()).update(self.tree.below(path))
        return found


def _answer(entry: Entry) -> tuple[Container, bool, Pod | None]:
    """What lookup() makes of it."""
    return entry.container, entry.sandbox, entry.pod
