"""The Container Runtime Interface (k8s.io/cri-api), runtime.v1 and runtime.v1alpha2.

What is read has the same field numbers in both, so the messages are the same and only the service's name differs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ptcpdump.context.containers.entry import Entry, own_labels
from ptcpdump.context.containers.rpc import Channel, Unimplemented, describe
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.model import Container, Pod

RANK = 1
VERSIONS = ("runtime.v1", "runtime.v1alpha2")
_MESSAGES = describe("ptcpdump.cri", {
    "PodSandboxMetadata": {"name": (1, "string"), "uid": (2, "string"), "namespace": (3, "string")},
    "PodSandbox": {"id": (1, "string"), "metadata": (2, "PodSandboxMetadata"), "labels": (5, "map"),
                   "annotations": (6, "map")},
    "ListPodSandboxRequest": {},
    "ListPodSandboxResponse": {"items": (1, "*PodSandbox")},
    "ContainerMetadata": {"name": (1, "string")},
    "ImageSpec": {"image": (1, "string")},
    "Container": {"id": (1, "string"), "pod_sandbox_id": (2, "string"), "metadata": (3, "ContainerMetadata"),
                  "image": (4, "ImageSpec"), "image_ref": (5, "string"), "labels": (8, "map")},
    "ListContainersRequest": {},
    "ListContainersResponse": {"containers": (1, "*Container")},
})


class Cri(Runtime):
    """A runtime behind a CRI endpoint: containerd, CRI-O, cri-dockerd, dockershim.

    The interface has no events that all of them offer: it is asked anew when a cgroup of a container appears that
    nobody knows, and now and then.
    """

    def __init__(self, address: str) -> None:
        self._channel = Channel(address)
        self._version = ""

    def list(self) -> list[Entry]:
        """All containers and sandboxes."""
        sandboxes = {item.id: item for item in self._call("ListPodSandbox").items}
        pods = {key: parse_pod(item) for key, item in sandboxes.items()}
        found = [Entry(Container(key, labels=dict(sandboxes[key].labels)), RANK, pod, sandbox=True)
                 for key, pod in pods.items()]
        return found + [parse(item, pods) for item in self._call("ListContainers").containers]

    def events(self) -> Iterable[Entry | None]:
        """None."""
        return ()

    def close(self) -> None:
        """Break the connection."""
        self._channel.close()

    def _call(self, method: str) -> Any:
        request, answer = _MESSAGES[f"{method}Request"], _MESSAGES[f"{method}Response"]
        versions = [self._version] if self._version else VERSIONS
        for version in versions:
            try:
                result = self._channel.call(f"/{version}.RuntimeService/{method}", request(), answer)
            except Unimplemented:
                self._version = ""      # after an upgrade of the daemon both are tried anew
                if version == versions[-1]:
                    raise
            else:
                self._version = version
                return result
        raise AssertionError(method)


def parse_pod(sandbox: Any) -> Pod:
    """A pod from a message PodSandbox."""
    about = sandbox.metadata
    return Pod(about.name, about.namespace, about.uid, own_labels(dict(sandbox.labels)), dict(sandbox.annotations))


def parse(item: Any, pods: Mapping[str, Pod]) -> Entry:
    """A container from a message Container; pods by id of their sandbox."""
    container = Container(item.id, item.metadata.name, item.image.image or item.image_ref, dict(item.labels))
    return Entry(container, RANK, pods.get(item.pod_sandbox_id))
