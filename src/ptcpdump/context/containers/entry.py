"""What a runtime says of one container."""

from ptcpdump.context.model import Container, Pod
from ptcpdump.records import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A container with what is needed to recognize its processes.

    rank: which description wins where several runtimes know the same container, the lowest first. place: the path of
    its control group where the runtime states it, or "". pid: its main process, 0 if that is not known or it does not
    run. pod_name: what the pod's specification calls the container. runtime: name of the row in RUNTIMES. speaker: uid
    of the user for whose processes alone this holds; 0: the system's word.
    """

    container: Container
    rank: int
    pod: Pod | None = None
    sandbox: bool = False       # holds the namespaces of a pod; nobody's workload
    place: str = ""
    scope: str = ""             # whose ids are not unique alone: containerd's namespace
    pid: int = 0
    pod_name: str = ""
    runtime: str = ""
    speaker: int = 0

    @property
    def key(self) -> str:
        """What tells it from all others."""
        key = f"{self.scope}/{self.container.id}" if self.scope else self.container.id
        return f"{key} of user {self.speaker}" if self.speaker else key

    @property
    def names(self) -> tuple[str, ...]:
        """The names it may be asked for by: the runtime's, and the one in the pod's specification."""
        return self.container.name, self.pod_name
