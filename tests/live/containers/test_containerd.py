"""containerd, with and without the CRI."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.containers import daemons
from tests.live.containers.daemons import Place
from tests.live.harness import capturing

kubelet = pytest.importorskip("tests.live.containers.kubelet", reason="grpcio is not installed")

HELLO = ("sh", "-c", "echo hi | nc -w 1 127.0.0.1 9; true")
UIDS = ("0fd7a5c2-1f0b-4f3a-9a39-6f6b5a7a3d11", "0fd7a5c2-1f0b-4f3a-9a39-6f6b5a7a3d12")
CONFIG = """
version = 2
root = "{0}/ctd"
state = "{0}/state"
[grpc]
  address = "{0}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.6"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "{0}/cni"
"""


@dataclass
class Containerd:
    place: Place

    @property
    def socket(self) -> Path:
        return self.place.folder / "containerd.sock"

    def ctr(self, *words: object, **more: object) -> str:
        return self.place.run("ctr", "--address", self.socket, *words, **more)

    def only_sandboxes(self) -> bool:
        """Whether of two pods nothing runs but their sandboxes."""
        return len(self.ctr("-n", "k8s.io", "tasks", "list", "-q").split()) == 2


@pytest.fixture(scope="module")
def containerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    daemons.need("containerd", "ctr", "runc", "busybox")
    folder = tmp_path_factory.mktemp("ctd")
    (folder / "config.toml").write_text(CONFIG.format(folder))
    try:
        with daemons.place(folder, 2) as place:
            client = Containerd(place)
            with daemons.daemon(place, ["containerd", "--config", f"{folder}/config.toml"],
                                lambda: "Server" in client.ctr("version", check=False)):
                root = daemons.root_file_system(folder)
                for name, command in ((kubelet.PAUSE, ["/bin/sleep", "100000"]), (kubelet.BUSYBOX, ["/bin/sh"])):
                    archive = kubelet.image_archive(root, folder / "image.tar", name, command)
                    for namespace in ("k8s.io", "default"):
                        client.ctr("-n", namespace, "images", "import", archive)
                yield client
    finally:
        daemons.remove_cgroups("default", "late", "kubepods")


@contextlib.contextmanager
def capture(containerd: Containerd, folder: Path, packets: list[Packet], *flags: object) -> Iterator[None]:
    path = folder / "x.pcapng"
    with capturing(folder, "-i", "any", "-w", path, "--containerd-address", containerd.socket,
                   *flags, prefix=containerd.place.enter) as seen:
        yield
    print(seen.stderr)
    packets += [p for p in ptcpdump.open(path) if p.container]


@pytest.mark.parametrize("version", ["runtime.v1", "runtime.v1alpha2"])
def test_pods(containerd: Containerd, tmp_path: Path, version: str) -> None:
    packets: list[Packet] = []
    with contextlib.closing(kubelet.Kubelet(containerd.socket, version)) as client:
        pods = [client.pod(f"web.{n}", "prod", uid, {"app": f"a{n}"}, {"note": 'x\n"\x1b[1m'})
                for n, uid in enumerate(UIDS)]
        with capture(containerd, tmp_path, packets, "--cri-runtime-address", containerd.socket):
            for pod in pods:
                for name in ("main", "side"):
                    pod.start(name, *HELLO)
            daemons.wait(containerd.only_sandboxes)
    assert {(p.container.name, p.pod.name, p.pod.namespace, p.pod.uid) for p in packets if p.pod} == {
        (name, f"web.{n}", "prod", uid) for n, uid in enumerate(UIDS) for name in ("main", "side")}
    assert all(p.pod.annotations["note"] == 'x\n"\x1b[1m' and p.pod.labels["app"][0] == "a" for p in packets)
    assert {p.container.image for p in packets} == {kubelet.BUSYBOX}


def test_pod_filter(containerd: Containerd, tmp_path: Path) -> None:
    packets: list[Packet] = []
    flags = ("--cri-runtime-address", containerd.socket, "--pod-name", "web.0.prod")
    with (contextlib.closing(kubelet.Kubelet(containerd.socket, "runtime.v1")) as client,
          capture(containerd, tmp_path, packets, *flags)):
        pods = [client.pod(f"web.{n}", "prod", uid, {}, {}) for n, uid in enumerate(UIDS)]
        for pod in pods:
            for name in ("main", "side"):
                pod.start(name, *HELLO)
        daemons.wait(containerd.only_sandboxes)
    assert {(p.container.name, p.pod.name) for p in packets} == {("main", "web.0"), ("side", "web.0")}


def test_plain_namespaces(containerd: Containerd, tmp_path: Path) -> None:
    packets: list[Packet] = []
    with capture(containerd, tmp_path, packets):
        for namespace in ("default", "late"):
            if namespace == "late":
                containerd.ctr("-n", "late", "images", "import", tmp_path.parent / "none", check=False)
                archive = containerd.place.folder / "image.tar"
                containerd.ctr("-n", "late", "images", "import", archive)
            containerd.ctr("-n", namespace, "run", "--rm", "--net-host", kubelet.BUSYBOX, f"in-{namespace}", *HELLO)
    assert {p.container.name for p in packets} == {"in-default", "in-late"}
