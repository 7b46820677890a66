"""containerd's own API (github.com/containerd/containerd/api), versions 1.0 and later: all its namespaces."""

import json
from collections.abc import Iterator
from typing import Any

from ptcpdump.context.containers.entry import CONTAINER_NAME, Entry, is_sandbox, pod_of
from ptcpdump.context.containers.rpc import Channel, describe
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.model import Container

RANK = 2
_SERVICES = "/containerd.services"
_TOPICS = ("/containers/", "/tasks/start", "/tasks/create", "/namespaces/")
_MESSAGES = describe("ptcpdump.containerd", {
    "Namespace": {"name": (1, "string")},
    "ListNamespacesRequest": {"filter": (1, "string")},
    "ListNamespacesResponse": {"namespaces": (1, "*Namespace")},
    "Any": {"type_url": (1, "string"), "value": (2, "bytes")},
    "Container": {"id": (1, "string"), "labels": (2, "map"), "image": (3, "string"), "spec": (5, "Any")},
    "ListContainersRequest": {"filters": (1, "*string")},
    "ListContainersResponse": {"containers": (1, "*Container")},
    "SubscribeRequest": {"filters": (1, "*string")},
    "Envelope": {"namespace": (2, "string"), "topic": (3, "string")},
})


class Containerd(Runtime):
    """A containerd daemon."""

    def __init__(self, address: str) -> None:
        self._channel = Channel(address)

    def list(self) -> list[Entry]:
        """All containers of all namespaces that exist now."""
        m = _MESSAGES
        namespaces = self._channel.call(f"{_SERVICES}.namespaces.v1.Namespaces/List", m["ListNamespacesRequest"](),
                                        m["ListNamespacesResponse"]).namespaces
        return [parse(item, namespace.name) for namespace in namespaces for item in self._channel.call(
            f"{_SERVICES}.containers.v1.Containers/List", m["ListContainersRequest"](), m["ListContainersResponse"],
            [("containerd-namespace", namespace.name)]).containers]

    def events(self) -> Iterator[Entry | None]:
        """One item for each container made, changed, started or removed, and each new namespace."""
        stream = self._channel.stream(f"{_SERVICES}.events.v1.Events/Subscribe", _MESSAGES["SubscribeRequest"](),
                                      _MESSAGES["Envelope"])
        return (None for event in stream if event.topic.startswith(_TOPICS))

    def close(self) -> None:
        """Break the connection."""
        self._channel.close()


def parse(item: Any, namespace: str) -> Entry:
    """A container from a message Container.

    Its name is nerdctl's or the pod's, else the id: that is what `ctr run` was given.
    """
    labels = dict(item.labels)
    name = labels.get("nerdctl/name") or labels.get(CONTAINER_NAME) or item.id
    place = "" if _is_digest(item.id) else cgroup_place(item.spec.value)
    return Entry(Container(item.id, name, item.image, labels), RANK, pod_of(labels), is_sandbox(labels), place,
                 namespace)


def cgroup_place(spec: bytes) -> str:
    """Where a runtime specification (OCI, config-linux.md "Cgroups Path") puts the container, "" if it does not say.

    A path, or with systemd slice:prefix:name, of which the name of the last directory is made.
    """
    try:
        path = json.loads(spec)["linux"]["cgroupsPath"]
    except (ValueError, KeyError, TypeError):
        return ""
    parts = str(path).split(":")
    return f"{parts[1]}-{parts[2]}.scope" if len(parts) == 3 else str(path)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)
