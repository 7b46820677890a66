"""The Container Runtime Interface (k8s.io/cri-api), runtime.v1 and runtime.v1alpha2.

What is read has the same field numbers in both, so the messages are the same and only the service's name differs.
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ptcpdump.context.containers import answers
from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.kubernetes import own_labels
from ptcpdump.context.containers.rpc import Channel, Unimplemented, describe
from ptcpdump.context.containers.source import TIMEOUT, Runtime, RuntimeFailure
from ptcpdump.context.model import Container, Pod
from ptcpdump.records import replace

RANK = 1
_RUNNING = 1        # CONTAINER_RUNNING
VERSIONS = ("runtime.v1", "runtime.v1alpha2")
_MESSAGES = describe("ptcpdump.cri", {
    "PodSandboxMetadata": {"name": (1, "string"), "uid": (2, "string"), "namespace": (3, "string")},
    "PodSandbox": {"id": (1, "string"), "metadata": (2, "PodSandboxMetadata"), "labels": (5, "map"),
                   "annotations": (6, "map")},
    "ListPodSandboxRequest": {},
    "ListPodSandboxResponse": {"items": (1, "*PodSandbox")},
    "ContainerMetadata": {"name": (1, "string")},
    "ContainerStatusRequest": {"container_id": (1, "string"), "verbose": (2, "bool")},
    "ContainerStatusResponse": {"info": (2, "map")},
    "ImageSpec": {"image": (1, "string")},
    "Container": {"id": (1, "string"), "pod_sandbox_id": (2, "string"), "metadata": (3, "ContainerMetadata"),
                  "image": (4, "ImageSpec"), "image_ref": (5, "string"), "state": (6, "int32"), "labels": (8, "map")},
    "ListContainersRequest": {},
    "ListContainersResponse": {"containers": (1, "*Container")},
})


class Cri(Runtime):
    """A runtime behind a CRI endpoint: containerd, CRI-O, cri-dockerd, dockershim.

    The interface has no events that all of them offer: it is asked anew when a cgroup of a container appears that
    nobody knows, and now and then.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._channel = Channel(endpoint)
        self._version = ""
        self._running: set[str] = set()
        self._pids: dict[str, int] = {}     # main processes of those that run; an id means one start here

    def containers(self) -> list[Entry]:
        """All containers and sandboxes."""
        most = self.endpoint.bounds.entries
        listed = self._call("ListPodSandbox").items
        sandboxes = {item.id: item for item in listed[:most]}
        pods = {key: parse_pod(item) for key, item in sandboxes.items()}
        items = self._call("ListContainers").containers
        self.more = max(len(listed), len(items)) > most
        items = items[:most]
        self._running = {item.id for item in items if item.state == _RUNNING}
        self._pids = {key: pid for key, pid in self._pids.items() if key in self._running}
        found = [Entry(Container(key, labels=dict(sandboxes[key].labels)), RANK, pod, sandbox=True)
                 for key, pod in pods.items()]
        return self._with_pids(found + [parse(item, pods) for item in items])

    def complete(self, entries: list[Entry]) -> list[Entry]:
        """The main process is told in the verbose status of each container, by those runtimes that know it."""
        end = time.monotonic() + TIMEOUT
        for key in [entry.container.id for entry in entries]:
            if key in self._running and key not in self._pids and time.monotonic() < end:
                self._pids[key] = self._process(key)
        return self._with_pids(entries)

    def _process(self, key: str) -> int:
        try:
            info = self._call("ContainerStatus", container_id=key, verbose=True).info["info"]
            return answers.process(answers.mapping(json.loads(info), "info"), "pid")
        except (RuntimeFailure, TimeoutError, ValueError, RecursionError):
            return 0        # it has ended meanwhile, or is none of those

    def _with_pids(self, entries: list[Entry]) -> list[Entry]:
        return [replace(entry, pid=self._pids.get(entry.container.id, 0)) for entry in entries]

    def events(self) -> Iterable[Entry | None]:
        """None."""
        return ()

    def close(self) -> None:
        """Break the connection."""
        self._channel.close()
        self.endpoint.close()

    def _call(self, method: str, **fields: Any) -> Any:
        request, answer = _MESSAGES[f"{method}Request"], _MESSAGES[f"{method}Response"]
        versions = [self._version] if self._version else VERSIONS
        for version in versions:
            try:
                result = self._channel.call(f"/{version}.RuntimeService/{method}", request(**fields), answer)
            except Unimplemented:
                self._version = ""      # after an upgrade of the daemon both are tried anew
                if version == versions[-1]:
                    raise
            else:
                self._version = version
                return result
        raise AssertionError(method)


def connect(endpoint: Endpoint) -> Cri:
    """A client of the runtime there."""
    return Cri(endpoint)


def parse_pod(sandbox: Any) -> Pod:
    """A pod from a message PodSandbox."""
    about = sandbox.metadata
    return Pod(about.name, about.namespace, about.uid, own_labels(dict(sandbox.labels)), dict(sandbox.annotations))


def parse(item: Any, pods: Mapping[str, Pod]) -> Entry:
    """A container from a message Container; pods by id of their sandbox."""
    container = Container(item.id, item.metadata.name, item.image.image or item.image_ref, dict(item.labels))
    return Entry(container, RANK, pods.get(item.pod_sandbox_id), pod_name=item.metadata.name)
