"""All that the runtimes say, merged: which containers there are, and whose a control group is."""

import re
from collections.abc import Iterable

from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.hierarchies import V2, Hierarchies
from ptcpdump.context.containers.proofs import Proofs
from ptcpdump.context.containers.runtimes import BY_NAME, ID
from ptcpdump.context.model import Pod
from ptcpdump.records import dataclass, field, replace

_ID = re.compile(ID)
_UNKNOWN = 10       # ranks that a pod loses of which only the name is known


@dataclass(slots=True)
class Marks:
    """By what the containers of one kind of speakers are known: keys by proven group, and by mount namespace."""

    groups: dict[tuple[str, str], str] = field(default_factory=dict)
    namespaces: dict[int, str] = field(default_factory=dict)    # "" for one that several containers share

    def add(self, key: str, groups: Iterable[tuple[str, str]], namespace: int) -> None:
        """Take in one proof."""
        self.groups.update(dict.fromkeys(groups, key))
        if namespace:
            self.namespaces[namespace] = key if self.namespaces.get(namespace, key) == key else ""

    def find(self, hierarchy: str, path: str) -> str:
        """The key of the outermost container whose group holds that of this path; "" without one."""
        return next((key for part in beginnings(path) if (key := self.groups.get((hierarchy, part)))), "")


class View:
    """The merged lists. It does not change; a new one is made of new lists."""

    def __init__(self, entries: Iterable[Entry], proofs: Proofs, hierarchies: Hierarchies) -> None:
        """entries: of all runtimes, those that are gone before those that are there."""
        self.entries: dict[str, Entry] = {}
        self.system, self.users = Marks(), Marks()
        self._told: dict[str, set[str]] = {}            # names of the runtimes that have told of a container
        self._stated: dict[str, str] = {}               # keys by the group that a runtime has stated
        self._pods: dict[tuple[int, str], tuple[int, Pod]] = {}     # by speaker and UID, with the rank of who said it
        self._proven: set[tuple[str, str]] = set()      # keys and hierarchies in which their group is proven
        self._hierarchies = hierarchies
        for entry in entries:
            self._add(entry)
        proofs.keep(set(self.entries))
        for key, entry in self.entries.items():
            proof = proofs.of(entry)
            if proof is not None:
                (self.users if entry.speaker else self.system).add(
                    key, proof.groups, proof.mount_namespace if entry.pid else 0)
                self._proven.update((key, hierarchy) for hierarchy, _ in proof.groups)

    def _add(self, entry: Entry) -> None:
        key = entry.key
        known = self.entries.get(key)
        self._told.setdefault(key, set()).add(entry.runtime)
        self.entries[key] = entry if known is None else _joined(known, entry)
        if entry.place and not entry.speaker:
            self._stated[entry.place.rstrip("/")] = key
        if (pod := entry.pod) is not None:
            # a sandbox is described with all that is known of its pod
            rank = entry.rank - 1 if entry.sandbox else entry.rank
            rank += _UNKNOWN * (not pod.labels and not pod.annotations)
            if (of := (entry.speaker, pod.uid)) not in self._pods or rank < self._pods[of][0]:
                self._pods[of] = rank, pod

    @property
    def pods(self) -> dict[tuple[int, str], Pod]:
        """All pods by speaker and UID, as who knows most describes them."""
        return {of: pod for of, (_, pod) in self._pods.items()}

    def pod(self, entry: Entry) -> Pod | None:
        """The pod of a container."""
        if entry.pod is None:
            return None
        known = self._pods.get((entry.speaker, entry.pod.uid))
        return known[1] if known else entry.pod

    def find(self, hierarchy: str, path: str) -> str:
        """The key of the container that a group belongs to by the system's word; "" without one.

        It is proven by the container's main process, or, as long as no such process is known, made where the runtime
        makes it and where nobody but root can make any.
        """
        for part in beginnings(path):
            key = self.system.groups.get((hierarchy, part)) or self._promised(hierarchy, part)
            if key:
                return key
        return ""

    def _promised(self, hierarchy: str, path: str) -> str:
        """The key of a container that has just begun, or ended, in a group."""
        candidates = [self._stated.get(path, "")]
        if found := _ID.search(path.rpartition("/")[2]):
            names = self._told.get(found[0], ())
            candidates += [found[0]] * any(BY_NAME[name].container_of(path) == found[0] for name in names if name)
        for key in filter(None, candidates):
            if (key, hierarchy) not in self._proven and self._hierarchies.only_root_makes(hierarchy, path):
                return key
        return ""

    def groups_of_users(self) -> Iterable[tuple[str, str]]:
        """Key and path of each group in cgroup v2 that a user's container is proven to have, without the system's."""
        return ((key, path) for (hierarchy, path), key in self.users.groups.items()
                if hierarchy == V2 and not self.find(V2, path))


def beginnings(path: str) -> Iterable[str]:
    """A group's path and those of the groups that hold it, the outermost first, without the root."""
    parts = path.rstrip("/").split("/")
    return ("/".join(parts[:end]) for end in range(2, len(parts) + 1))


def _joined(known: Entry, other: Entry) -> Entry:
    """Two descriptions of one container: each part from who knows it best."""
    better, worse = (other, known) if other.rank <= known.rank else (known, other)
    return replace(better, pod=better.pod or worse.pod, pod_name=better.pod_name or worse.pod_name,
                   sandbox=better.sandbox or worse.sandbox, place=better.place or worse.place,
                   pid=better.pid or worse.pid)
