"""containerd, with and without the CRI, in the versions that speak one dialect of it or both."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.containers import daemons, versions
from tests.live.containers.daemons import Place
from tests.live.harness import capturing

kubelet = pytest.importorskip("tests.live.containers.kubelet", reason="grpcio is not installed")

# A container counts as such with its main process, which a busy machine has to look at while it lives: about a second;
# one that is to be chosen by its name says hello at its end as well.
SAY = "echo hi | nc -w 1 {0} 9; sleep 1; echo hi | nc -w 1 {0} 9; true"
HELLO = ("sh", "-c", SAY.format("127.0.0.1"))
UIDS = ("0fd7a5c2-1f0b-4f3a-9a39-6f6b5a7a3d11", "0fd7a5c2-1f0b-4f3a-9a39-6f6b5a7a3d12")
GATEWAY = "10.213.99.1"
FROM_POD = ("sh", "-c", SAY.format(GATEWAY))


@dataclass
class Containerd:
    place: Place

    @property
    def socket(self) -> Path:
        return self.place.folder / "containerd.sock"

    def ctr(self, *words: object, **more: object) -> str:
        return self.place.run("ctr", "--address", self.socket, *words, **more)

    def cri(self) -> str:
        """The version of the CRI to speak: the older one where there is no other."""
        return "runtime.v1alpha2" if versions.number(self.ctr("version")) < (1, 6) else "runtime.v1"

    def only_sandboxes(self) -> bool:
        """Whether of two pods nothing runs but their sandboxes."""
        return len(self.ctr("-n", "k8s.io", "tasks", "list", "-q").split()) == 2


@contextlib.contextmanager
def running(folder: Path, version: str, number: int = 2) -> Iterator[Containerd]:
    """A containerd of this version, with the images that pods need, in a place of that number."""
    daemons.need("containerd", "ctr", "runc", "busybox", "iptables")
    path = versions.search_path(version)
    versions.configure(folder, version, f"{GATEWAY.rpartition('.')[0]}.0/24")
    try:
        with daemons.place(folder, number) as place:
            client = Containerd(place)
            with daemons.daemon(place, ["containerd", "--config", f"{folder}/config.toml"],
                                lambda: "Server" in client.ctr("version", check=False),
                                env={**os.environ, "PATH": path}):
                root = daemons.root_file_system(folder)
                for name, command in ((kubelet.PAUSE, ["/bin/sleep", "100000"]), (kubelet.BUSYBOX, ["/bin/sh"])):
                    archive = kubelet.image_archive(root, folder / "image.tar", name, command)
                    for namespace in ("k8s.io", "default"):
                        client.ctr("-n", namespace, "images", "import", archive)
                yield client
    finally:
        daemons.remove_cgroups("default", "late", "kubepods")


@pytest.fixture(scope="module")
def containerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    with running(tmp_path_factory.mktemp("ctd"), versions.INSTALLED) as client:
        yield client


@pytest.fixture(scope="module", params=[versions.INSTALLED, *versions.SUITES])
def any_containerd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    with running(tmp_path_factory.mktemp("ctd"), request.param, 5 + request.param_index) as client:
        yield client


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


def test_pods_with_networks(any_containerd: Containerd, tmp_path: Path) -> None:
    """Pods behind a bridge, by whatever version of the CRI that containerd has; nothing else is captured as theirs."""
    packets: list[Packet] = []
    version = any_containerd.cri()
    with contextlib.closing(kubelet.Kubelet(any_containerd.socket, version)) as client:
        pods = [client.pod(f"net.{n}", "prod", uid, {"app": f"a{n}"}, {}, own_network=True)
                for n, uid in enumerate(UIDS)]
        with capture(any_containerd, tmp_path, packets, "--cri-runtime-address", any_containerd.socket, "port", "9"):
            for pod in pods:
                for name in ("main", "side"):
                    pod.start(name, *FROM_POD)
            daemons.wait(any_containerd.only_sandboxes)
    assert {(p.container.name, p.pod.name, p.pod.uid, p.pod.labels["app"]) for p in packets} == {
        (name, f"net.{n}", uid, f"a{n}") for n, uid in enumerate(UIDS) for name in ("main", "side")}
    links = {p.interface.name for p in packets}
    assert "ptcpcni0" in links
    assert len(links) == 1 + len(UIDS)      # the bridge, and the host's end of each pod's link


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
