"""The owner filter over contexts: which packets of a savefile belong to the chosen processes, containers and pods.

Live captures decide the same in the kernel, before a packet is copied.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ptcpdump.context.model import Container, Context, Pod, Process

COMM_LENGTH = 15  # bytes that the kernel keeps of a process name (TASK_COMM_LEN, without the NUL)


def pod_and_namespace(text: str) -> tuple[str, str]:
    """Split "NAME[.NAMESPACE]" at the last dot, so that names with dots work; the namespace is "default" without one."""
    name, dot, namespace = text.rpartition(".")
    return (name, namespace) if dot else (namespace, "default")


@dataclass(frozen=True, slots=True)
class OwnerFilter:
    """Takes the contexts that match any of its terms; with no term at all it takes everything.

    process_names: as the kernel's comm (its first 15 bytes), or names or paths of executables.
    follow: also take processes whose parent was taken, in the order in which contexts are shown to the filter.
    """

    pids: frozenset[int] = frozenset()
    process_names: frozenset[str] = frozenset()
    uids: frozenset[int] = frozenset()
    container_ids: tuple[str, ...] = ()
    container_names: frozenset[str] = frozenset()
    pods: frozenset[tuple[str, str]] = frozenset()
    follow: bool = False
    _followed: set[int] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        *,
        pids: Iterable[int] = (),
        process_names: Iterable[str] = (),
        uids: Iterable[int] = (),
        container_ids: Iterable[str] = (),
        container_names: Iterable[str] = (),
        pod_names: Iterable[str] = (),
        follow: bool = False,
    ) -> "OwnerFilter":
        """Make one from the values of flags."""
        return cls(
            frozenset(pids),
            frozenset(process_names),
            frozenset(uids),
            tuple(container_ids),
            frozenset(name.removeprefix("/") for name in container_names),
            frozenset(map(pod_and_namespace, pod_names)),
            follow,
        )

    def __bool__(self) -> bool:
        """Whether there is any term."""
        return bool(
            self.pids or self.process_names or self.uids or self.container_ids or self.container_names or self.pods
        )

    def takes(self, context: Context | None) -> bool:
        """Whether packets of this owner pass."""
        if not self:
            return True
        if context is None:
            return False
        taken = self._matches(context)
        if self.follow and context.process:
            taken = taken or self._is_child(context.parent)
            if taken:
                self._followed.add(context.process.pid)
        return taken

    def _matches(self, context: Context) -> bool:
        return (
            (context.process is not None and self._is_process(context.process))
            or context.uid in self.uids
            or (context.container is not None and self._is_container(context.container))
            or (context.pod is not None and self._is_pod(context.pod))
        )

    def _is_process(self, process: Process) -> bool:
        if process.pid in self.pids:
            return True
        name = PurePosixPath(process.command).name
        comm = name.encode()[:COMM_LENGTH].decode(errors="ignore")
        return not self.process_names.isdisjoint((process.command, name, comm))

    def _is_child(self, parent: Process | None) -> bool:
        return parent is not None and (parent.pid in self._followed or self._is_process(parent))

    def _is_container(self, container: Container) -> bool:
        return container.name.removeprefix("/") in self.container_names or any(
            container.id.startswith(prefix) for prefix in self.container_ids
        )

    def _is_pod(self, pod: Pod) -> bool:
        return (pod.name, pod.namespace) in self.pods
