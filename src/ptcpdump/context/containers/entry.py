"""What a runtime says of one container."""

from collections.abc import Mapping
from dataclasses import dataclass

from ptcpdump.context.model import Container, Pod

# labels that the kubelet gives to all containers of a pod (k8s.io/kubelet/pkg/types)
POD_NAME = "io.kubernetes.pod.name"
POD_NAMESPACE = "io.kubernetes.pod.namespace"
POD_UID = "io.kubernetes.pod.uid"
CONTAINER_NAME = "io.kubernetes.container.name"
DOCKER_TYPE = "io.kubernetes.docker.type"       # dockershim and cri-dockerd
CRI_KIND = "io.cri-containerd.kind"             # containerd's CRI plugin

_OF_POD = {POD_NAME, POD_NAMESPACE, POD_UID}


@dataclass(frozen=True, slots=True)
class Entry:
    """A container with what is needed to recognize its processes.

    rank: which description wins where several runtimes know the same container, the lowest first. place: its path in
    the cgroup hierarchy where that does not hold the id, or the name of its directory, or "". pid: its first process,
    0 if that is not known or it does not run.
    """

    container: Container
    rank: int
    pod: Pod | None = None
    sandbox: bool = False       # holds the namespaces of a pod; nobody's workload
    place: str = ""
    scope: str = ""             # whose ids are not unique alone: containerd's namespace
    pid: int = 0

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.scope}/{self.container.id}" if self.place else self.container.id

    @property
    def names(self) -> tuple[str, ...]:
        """The names it may be asked for by: the runtime's, and the one in the pod's specification."""
        return self.container.name, self.container.labels.get(CONTAINER_NAME, "")


def is_sandbox(labels: Mapping[str, str]) -> bool:
    """Whether labels are those of a pod's sandbox."""
    return labels.get(CRI_KIND) == "sandbox" or labels.get(DOCKER_TYPE) in ("sandbox", "podsandbox")


def pod_of(labels: Mapping[str, str]) -> Pod | None:
    """The pod that labels of a container name; a sandbox's labels hold also the pod's own labels and annotations."""
    if POD_NAME not in labels:
        return None
    own: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    if is_sandbox(labels):
        # dockershim kept annotations as labels of this prefix
        annotations = {k.removeprefix("annotation."): v for k, v in labels.items() if k.startswith("annotation.")}
        own = {k: v for k, v in labels.items() if not k.startswith(("annotation.", "io.cri-containerd."))
               and k not in (DOCKER_TYPE, CONTAINER_NAME)}
    return Pod(labels[POD_NAME], labels.get(POD_NAMESPACE, "default"), labels.get(POD_UID, ""), own_labels(own),
               annotations)


def own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """A pod's labels without those that only repeat its name, namespace and UID."""
    return {key: value for key, value in labels.items() if key not in _OF_POD}
