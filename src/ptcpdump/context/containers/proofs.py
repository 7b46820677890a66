"""What proves that a control group is a container's: its main process, as the runtime tells it, is there.

Anybody may give a group of his own a container's id for a name; the name counts with the process only.
"""

import os
from pathlib import Path

from ptcpdump.context.containers.answers import is_id
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.hierarchies import groups_of
from ptcpdump.context.containers.runtimes import BY_NAME
from ptcpdump.context.containers.users import owns, uid_of
from ptcpdump.procfs import read_arguments, read_stat
from ptcpdump.records import dataclass

_ARGUMENTS = 16384      # bytes of a command line that are searched


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a container's main process is. groups: hierarchy and path of the container's own groups."""

    pid: int
    groups: tuple[tuple[str, str], ...]
    mount_namespace: int        # its inode; 0 where it is that of the host, or ours


class Proofs:
    """The proofs of all containers, each read once for a main process."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._known: dict[str, Proof] = {}
        self._host = {mount_namespace_of(1, proc), mount_namespace_of("self", proc)}

    def of(self, entry: Entry) -> Proof | None:
        """The proof of a container; that of its last run when it does not run."""
        known = self._known.get(entry.key)
        if entry.pid == 0 or (known is not None and known.pid == entry.pid):
            return known
        proof = self._read(entry)
        if proof is not None:
            self._known[entry.key] = proof
        return proof

    def keep(self, keys: set[str]) -> None:
        """Forget all other containers."""
        self._known = {key: proof for key, proof in self._known.items() if key in keys}

    def _read(self, entry: Entry) -> Proof | None:
        if entry.speaker and not owns(entry.speaker, entry.pid, uid_of(entry.pid, self._proc), self._proc):
            return None
        groups = [(hierarchy, _own_part(path, entry)) for hierarchy, path in groups_of(entry.pid, self._proc)]
        own = tuple(group for group in groups if group[1])
        # without such a group only the pid speaks for it, which another process may have got, or have here: the daemon
        # may be on another machine, behind a socket that is passed on
        believed = own or ((entry.speaker or BY_NAME[entry.runtime].groupless) and self._is_watched(entry))
        namespace = mount_namespace_of(entry.pid, self._proc) if believed else 0
        return Proof(entry.pid, own, 0 if namespace in self._host else namespace)


    def _is_watched(self, entry: Entry) -> bool:
        """Whether a container's main process is a child of the process that watches over it: Podman's conmon(8) and
        Docker's containerd-shim have the container's id among their arguments."""
        stat = read_stat(self._proc / str(entry.pid))
        arguments = read_arguments(self._proc / str(stat.parent), _ARGUMENTS) if stat and stat.parent else b""
        return entry.container.id.encode() in arguments.split(b"\0")


def mount_namespace_of(pid: int | str, proc: Path = Path("/proc")) -> int:
    """The inode of a process's mount namespace; 0 when it is gone, or none of our business."""
    try:
        return os.stat(proc / str(pid) / "ns/mnt").st_ino
    except OSError:
        return 0


def _own_part(path: str, entry: Entry) -> str:
    """The beginning of a path that ends with the group named after the container; "" when none is.

    Or, by the system's word alone, with the one that the runtime states: a user might state one of everybody's.
    """
    if entry.place and not entry.speaker and (path == entry.place or path.startswith(f"{entry.place}/")):
        return entry.place
    at = path.find(entry.container.id) if is_id(entry.container.id) else -1
    return path[:(path + "/").index("/", at)] if at > 0 else ""
