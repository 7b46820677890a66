"""Pods whose containers Docker runs for a kubelet, by way of dockershim or cri-dockerd.

Labels alone say nothing, for everybody may give his containers any. Both adapters name all that they make by one
scheme (pkg/kubelet/dockershim/naming.go of Kubernetes 1.23, core/naming.go of cri-dockerd), and beside each pod's
containers there is its sandbox:

    k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT, the sandbox's CONTAINER being "POD"

Only where name, labels and sandbox agree a container is one of a pod.
"""

from collections.abc import Iterable

from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.kubernetes import CONTAINER_NAME, POD_NAME, POD_NAMESPACE, POD_UID, own_labels
from ptcpdump.context.model import Pod
from ptcpdump.records import replace

_PREFIX, _SANDBOX = "k8s", "POD"
_PARTS = (6, 7)     # a random number is put behind where the name was taken
# labels of the adapters
_TYPE, _OF_SANDBOX, _SANDBOX_ID = "io.kubernetes.docker.type", "podsandbox", "io.kubernetes.sandbox.id"
_ANNOTATION = "annotation."     # dockershim kept the pod's annotations as labels of this prefix
_ADAPTERS = {CONTAINER_NAME, _TYPE, _SANDBOX_ID}


def with_pods(entries: Iterable[Entry]) -> list[Entry]:
    """Docker's containers, those of pods with their pod."""
    entries = list(entries)
    sandboxes: dict[tuple[str, ...], list[tuple[str, Pod]]] = {}
    for entry in entries:
        pod = _pod_of_sandbox(entry)
        if pod is not None:
            sandboxes.setdefault((pod.name, pod.namespace, pod.uid), []).append((entry.container.id, pod))
    return [_with_pod(entry, sandboxes) for entry in entries]


def _with_pod(entry: Entry, sandboxes: dict[tuple[str, ...], list[tuple[str, Pod]]]) -> Entry:
    parts = _parts(entry)
    for identifier, pod in sandboxes.get(parts[1:], ()) if parts else ():
        if identifier == entry.container.id:
            return replace(entry, pod=pod, sandbox=True)
        if parts[0] != _SANDBOX and entry.container.labels.get(_SANDBOX_ID, identifier) == identifier:
            return replace(entry, pod=pod, pod_name=parts[0])
    return entry


def _pod_of_sandbox(entry: Entry) -> Pod | None:
    labels = entry.container.labels
    parts = _parts(entry)
    if parts[:1] != (_SANDBOX,) or labels.get(_TYPE) != _OF_SANDBOX:
        return None
    annotations = {k.removeprefix(_ANNOTATION): v for k, v in labels.items() if k.startswith(_ANNOTATION)}
    own = {k: v for k, v in labels.items() if k not in _ADAPTERS and not k.startswith(_ANNOTATION)}
    return Pod(parts[1], parts[2], parts[3], own_labels(own), annotations)


def _parts(entry: Entry) -> tuple[str, ...]:
    """Container, pod, namespace and UID as name and labels tell in agreement; empty where they don't."""
    prefix, *parts = entry.container.name.split("_")
    labels = entry.container.labels
    told = tuple(labels.get(key, "") for key in (CONTAINER_NAME, POD_NAME, POD_NAMESPACE, POD_UID))
    if prefix != _PREFIX or len(parts) + 1 not in _PARTS or _TYPE not in labels or tuple(parts[:4]) != told:
        return ()
    return told
