"""What a kubelet asks of a container runtime, as far as the tests need it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.rpc import Channel, describe

PAUSE = "registry.k8s.io/pause:3.6"
BUSYBOX = "docker.io/library/busybox:local"
_POD = 0        # NamespaceMode
_NODE = 2
M = describe("kubelet", {
    "PodSandboxMetadata": {"name": (1, "string"), "uid": (2, "string"), "namespace": (3, "string")},
    "NamespaceOption": {"network": (1, "int32"), "pid": (2, "int32")},
    "LinuxSandboxSecurityContext": {"namespace_options": (1, "NamespaceOption")},
    "LinuxPodSandboxConfig": {"cgroup_parent": (1, "string"), "security_context": (2, "LinuxSandboxSecurityContext")},
    "PodSandboxConfig": {"metadata": (1, "PodSandboxMetadata"), "hostname": (2, "string"),
                         "log_directory": (3, "string"), "labels": (6, "map"), "annotations": (7, "map"),
                         "linux": (8, "LinuxPodSandboxConfig")},
    "RunPodSandboxRequest": {"config": (1, "PodSandboxConfig")},
    "RunPodSandboxResponse": {"pod_sandbox_id": (1, "string")},
    "StopPodSandboxRequest": {"pod_sandbox_id": (1, "string")},
    "RemovePodSandboxRequest": {"pod_sandbox_id": (1, "string")},
    "ContainerMetadata": {"name": (1, "string")},
    "ImageSpec": {"image": (1, "string")},
    "LinuxContainerSecurityContext": {"namespace_options": (3, "NamespaceOption")},
    "LinuxContainerConfig": {"security_context": (2, "LinuxContainerSecurityContext")},
    "ContainerConfig": {"metadata": (1, "ContainerMetadata"), "image": (2, "ImageSpec"), "command": (3, "*string"),
                        "labels": (9, "map"), "log_path": (11, "string"), "linux": (15, "LinuxContainerConfig")},
    "CreateContainerRequest": {"pod_sandbox_id": (1, "string"), "config": (2, "ContainerConfig"),
                               "sandbox_config": (3, "PodSandboxConfig")},
    "CreateContainerResponse": {"container_id": (1, "string")},
    "StartContainerRequest": {"container_id": (1, "string")},
    "Empty": {},
})


@dataclass
class Pod:
    """A pod that runs."""

    kubelet: "Kubelet"
    config: Any
    id: str
    uid: str

    def start(self, name: str, *command: str) -> str:
        """Start a container; returns its id."""
        labels = {"io.kubernetes.pod.name": self.config.metadata.name,
                  "io.kubernetes.pod.namespace": self.config.metadata.namespace, "io.kubernetes.pod.uid": self.uid,
                  "io.kubernetes.container.name": name}
        linux = M["LinuxContainerConfig"](security_context=M["LinuxContainerSecurityContext"](
            namespace_options=self.config.linux.security_context.namespace_options))
        config = M["ContainerConfig"](metadata={"name": name}, image={"image": BUSYBOX}, command=command,
                                      labels=labels, linux=linux)
        created = self.kubelet.call("CreateContainer", M["CreateContainerRequest"](
            pod_sandbox_id=self.id, config=config, sandbox_config=self.config), M["CreateContainerResponse"])
        self.kubelet.call("StartContainer", M["StartContainerRequest"](container_id=created.container_id), M["Empty"])
        return created.container_id


@dataclass
class Kubelet:
    """A client of one version of the CRI."""

    address: Path
    version: str
    pods: list[Pod] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._channel = Channel(Endpoint(str(self.address)))

    def call(self, method: str, request: Any, answer: Any) -> Any:
        return self._channel.call(f"/{self.version}.RuntimeService/{method}", request, answer)

    def pod(self, name: str, namespace: str, uid: str, labels: dict[str, str], annotations: dict[str, str], *,
            own_network: bool = False) -> Pod:
        """Start a pod, in the host's network unless it shall have its own."""
        own = {"io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": namespace, "io.kubernetes.pod.uid": uid}
        security = M["LinuxSandboxSecurityContext"](namespace_options={
            "network": _POD if own_network else _NODE, "pid": _POD})
        config = M["PodSandboxConfig"](
            metadata={"name": name, "uid": uid, "namespace": namespace}, labels={**own, **labels},
            annotations=annotations, linux={"cgroup_parent": f"/kubepods/pod{uid}", "security_context": security})
        answer = self.call("RunPodSandbox", M["RunPodSandboxRequest"](config=config), M["RunPodSandboxResponse"])
        self.pods.append(Pod(self, config, answer.pod_sandbox_id, uid))
        return self.pods[-1]

    def close(self) -> None:
        """Remove all pods."""
        for pod in self.pods:
            for method in ("StopPodSandbox", "RemovePodSandbox"):
                self.call(method, M[f"{method}Request"](pod_sandbox_id=pod.id), M["Empty"])
        self._channel.close()


def image_archive(root: Path, archive: Path, name: str, command: list[str]) -> Path:
    """An image in the format of `docker save`, of one layer (a tar file) and without a registry."""
    import hashlib
    import io
    import tarfile

    layer = root.read_bytes()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": command}, "rootfs": {
        "type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(archive, "w") as tar:
        for path, data in (("config.json", config), ("layer.tar", layer), ("manifest.json", manifest)):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return archive
