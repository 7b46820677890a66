"""containerd's own API (github.com/containerd/containerd/api), versions 1.0 and later: all its namespaces.

What its CRI plugin has made carries the plugin's own record as an extension: from that, not from labels, comes the pod.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ptcpdump.context.containers import answers
from ptcpdump.context.containers.answers import Malformed
from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.kubernetes import own_labels
from ptcpdump.context.containers.rpc import Channel, describe
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.model import Container, Pod
from ptcpdump.records import replace

RANK = 2
_SERVICES = "/containerd.services"
_TOPICS = ("/containers/", "/tasks/start", "/tasks/create", "/namespaces/")
_NAMESPACES = 256       # that are looked at
_SANDBOX, _OF_POD = "io.cri-containerd.sandbox.metadata", "io.cri-containerd.container.metadata"    # extensions
_MESSAGES = describe("ptcpdump.containerd", {
    "Namespace": {"name": (1, "string")},
    "ListNamespacesRequest": {"filter": (1, "string")},
    "ListNamespacesResponse": {"namespaces": (1, "*Namespace")},
    "Any": {"type_url": (1, "string"), "value": (2, "bytes")},
    "Container": {"id": (1, "string"), "labels": (2, "map"), "image": (3, "string"), "spec": (5, "Any"),
                  "extensions": (10, "map:Any")},
    "ListContainersRequest": {"filters": (1, "*string")},
    "ListContainersResponse": {"containers": (1, "*Container")},
    "Process": {"id": (2, "string"), "pid": (3, "uint32")},
    "ListTasksRequest": {"filter": (1, "string")},
    "ListTasksResponse": {"tasks": (1, "*Process")},
    "SubscribeRequest": {"filters": (1, "*string")},
    "Envelope": {"namespace": (2, "string"), "topic": (3, "string")},
})


class Containerd(Runtime):
    """A containerd daemon."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._channel = Channel(endpoint)
        self._namespaces: list[str] = []

    def containers(self) -> list[Entry]:
        """All containers of all namespaces that exist now."""
        most = self.endpoint.bounds.entries
        found = self._call("namespaces.v1.Namespaces", "ListNamespaces").namespaces
        self._namespaces, self.more = [], False
        entries: list[Entry] = []
        for name in [namespace.name for namespace in found[:_NAMESPACES]]:
            items = self._call("containers.v1.Containers", "ListContainers", name).containers
            if items:
                self._namespaces.append(name)
            self.more = len(items) > most - len(entries)
            items = items[:most - len(entries)]
            pods = {item.id: pod for item in items if (pod := sandboxed_pod(item)) is not None}
            entries += [parse(item, name, pods) for item in items]
            if self.more:
                break
        return entries

    def complete(self, entries: list[Entry]) -> list[Entry]:
        """The main processes are told as tasks, for which containerd asks each container's shim."""
        known = {(entry.scope, entry.container.id) for entry in entries}
        pids: dict[tuple[str, str], int] = {}
        for name in self._namespaces:
            for task in self._call("tasks.v1.Tasks", "ListTasks", name).tasks:
                if (key := (_scope(task.id, name), task.id)) in known:
                    pids[key] = task.pid
        return [replace(entry, pid=pids.get((entry.scope, entry.container.id), 0)) for entry in entries]

    def events(self) -> Iterator[Entry | None]:
        """One item for each container made, changed, started or removed, and each new namespace.

        The daemon chooses them, by our filters; what it sends beside them counts, too, for events have a pace.
        """
        wanted = _MESSAGES["SubscribeRequest"](filters=[f'topic~="^{topic}"' for topic in _TOPICS])
        stream = self._channel.stream(f"{_SERVICES}.events.v1.Events/Subscribe", wanted, _MESSAGES["Envelope"])
        return (None for _ in stream)

    def close(self) -> None:
        """Break the connection."""
        self._channel.close()
        self.endpoint.close()

    def _call(self, service: str, what: str, namespace: str = "") -> Any:
        return self._channel.call(f"{_SERVICES}.{service}/List", _MESSAGES[f"{what}Request"](),
                                  _MESSAGES[f"{what}Response"],
                                  [("containerd-namespace", namespace)] if namespace else ())


def connect(endpoint: Endpoint) -> Containerd:
    """A client of the daemon there."""
    return Containerd(endpoint)


def parse(item: Any, namespace: str, pods: Mapping[str, Pod]) -> Entry:
    """A container from a message Container; pods by id of their sandbox.

    Its name is the one in the pod's specification or nerdctl's, else the id: that is what `ctr run` was given.
    """
    labels = dict(item.labels)
    record = _record(item, _OF_POD)
    pod = pods.get(item.id) or pods.get(_text(record, "SandboxID"))
    pod_name = _text(record, "Config", "metadata", "name") if pod else ""
    container = Container(item.id, pod_name or labels.get("nerdctl/name") or item.id, item.image, labels)
    return Entry(container, RANK, pod, item.id in pods, cgroup_place(item.spec.value), _scope(item.id, namespace),
                 pod_name=pod_name)


def sandboxed_pod(item: Any) -> Pod | None:
    """The pod whose sandbox this message Container is, by the record of the CRI plugin; None for others."""
    record = _record(item, _SANDBOX)
    name = _text(record, "Config", "metadata", "name")
    if not name:
        return None
    config = record["Config"]
    return Pod(name, _text(config, "metadata", "namespace"), _text(config, "metadata", "uid"),
               own_labels(_strings(config, "labels")), _strings(config, "annotations"))


def cgroup_place(spec: bytes) -> str:
    """Where a runtime specification (OCI, config-linux.md "Cgroups Path") puts the container, "" if it does not say.

    A path from the root, or with systemd slice:prefix:name, of which runc makes folders (systemd.slice(5)).
    """
    try:
        path = json.loads(spec)["linux"]["cgroupsPath"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    if not isinstance(path, str) or path.startswith("/"):
        return path if isinstance(path, str) else ""
    parts = path.split(":")
    if len(parts) != 3:
        return ""
    names = (parts[0] or "system.slice").removesuffix(".slice").split("-")
    slices = "".join(f"/{'-'.join(names[:end])}.slice" for end in range(1, len(names) + 1))
    return f"{slices}/{parts[1]}-{parts[2]}.scope"


def _scope(identifier: str, namespace: str) -> str:
    """Names that people give are unique in a namespace only."""
    return "" if answers.is_id(identifier) else namespace


def _record(item: Any, extension: str) -> Any:
    """What the CRI plugin keeps with a container, in JSON; None where it has not made it."""
    if extension not in item.extensions:
        return None
    try:
        return answers.mapping(json.loads(item.extensions[extension].value), "the record").get("Metadata")
    except (ValueError, RecursionError, Malformed):
        return None


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any, *path: str) -> str:
    found = _at(value, *path)
    return found if isinstance(found, str) else ""


def _strings(value: Any, *path: str) -> dict[str, str]:
    found = _at(value, *path)
    return {key: each for key, each in found.items() if isinstance(each, str)} if isinstance(found, dict) else {}
