"""Labels that the kubelet gives to all containers of a pod (k8s.io/kubelet/pkg/types)."""

from collections.abc import Mapping

POD_NAME, POD_NAMESPACE, POD_UID = "io.kubernetes.pod.name", "io.kubernetes.pod.namespace", "io.kubernetes.pod.uid"
CONTAINER_NAME = "io.kubernetes.container.name"


def own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """A pod's labels without those that only repeat its name, namespace and UID."""
    return {key: value for key, value in labels.items() if key not in (POD_NAME, POD_NAMESPACE, POD_UID)}
