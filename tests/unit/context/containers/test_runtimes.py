"""What is made of the runtimes' answers."""

import pytest

from ptcpdump.context.containers import docker, podman
from ptcpdump.context.containers.entry import pod_of
from ptcpdump.context.model import Container, Pod

ID = "8b0d031e8afa2d07d6731293b78da29ed37d9fe3c389545531521a708aadedaf"
POD = "60134a13a232e14b8c3256dea3f1ba85a8e59438801d524fcb2d4f4946aa42f7"


def test_docker_names_and_missing_parts() -> None:
    entry = docker.parse({"Id": ID, "Names": ["/other/alias", "/web"], "Image": "busybox", "Labels": None})
    assert entry.container == Container(ID, "web", "busybox", {})
    assert entry.pod is None
    assert not entry.sandbox


def test_docker_event_describes_a_new_container() -> None:
    actor = {"ID": ID, "Attributes": {"name": "web", "image": "busybox", "app": "a"}}
    entry = docker.parse_event({"Action": "create", "Actor": actor})
    assert entry is not None
    assert entry.container == Container(ID, "web", "busybox", {"app": "a"})
    assert docker.parse_event({"Action": "start", "Actor": actor}) is None
    assert docker.parse_event(None) is None


def test_podman_pod() -> None:
    item = {"Id": ID, "Names": ["m"], "Image": "i", "Pod": POD, "Pid": 7, "State": "running", "IsInfra": False}
    entry = podman.parse(item, {POD: {"Name": "pod1", "Labels": {"team": "x"}}})
    assert entry.pod == Pod("pod1", "default", POD, {"team": "x"})
    assert entry.pid == 7
    assert podman.parse({**item, "State": "exited"}, {}).pid == 0


@pytest.mark.parametrize("kind", ["podsandbox", "sandbox"])
def test_dockershim_sandbox_holds_the_pods_labels(kind: str) -> None:
    pod = pod_of({"io.kubernetes.pod.name": "p.1", "io.kubernetes.pod.namespace": "n", "io.kubernetes.pod.uid": "u",
                  "io.kubernetes.docker.type": kind, "io.kubernetes.container.name": "POD", "app": "x",
                  "annotation.note": 'a\n"b"'})
    assert pod == Pod("p.1", "n", "u", {"app": "x"}, {"note": 'a\n"b"'})


def test_containerd_places() -> None:
    containerd = pytest.importorskip("ptcpdump.context.containers.containerd", reason="grpcio is not installed")
    assert containerd.cgroup_place(b'{"linux": {"cgroupsPath": "/default/c1"}}') == "/default/c1"
    assert containerd.cgroup_place(b'{"linux": {"cgroupsPath": "system.slice:nerdctl:c1"}}') == "nerdctl-c1.scope"
    assert containerd.cgroup_place(b"\x08\x01") == ""
