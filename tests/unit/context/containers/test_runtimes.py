"""What is made of the runtimes' answers, as they should be and as they should not."""

import json
from types import SimpleNamespace

import pytest

from ptcpdump.context.containers import docker, podman
from ptcpdump.context.containers.answers import Malformed, created, sound
from ptcpdump.context.containers.dockershim import with_pods
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.model import Container, Pod

ID = "8b0d031e8afa2d07d6731293b78da29ed37d9fe3c389545531521a708aadedaf"
POD = "60134a13a232e14b8c3256dea3f1ba85a8e59438801d524fcb2d4f4946aa42f7"
UID = "0fd7a5c2-1f0b-4f3a-9a39-6f6b5a7a3d11"


def test_docker_names_and_missing_parts() -> None:
    entry = docker.parse({"Id": ID, "Names": ["/other/alias", "/web"], "Image": "busybox", "Labels": None})
    assert entry.container == Container(ID, "web", "busybox", {})
    assert entry.pod is None
    assert not entry.sandbox


def test_docker_event_describes_a_new_container() -> None:
    actor = {"ID": ID, "Attributes": {"name": "web", "image": "busybox", "app": "a"}}
    entry = created({"Action": "create", "Actor": actor}, docker.parse_created)
    assert entry is not None
    assert entry.container == Container(ID, "web", "busybox", {"app": "a"})
    assert created({"Action": "start", "Actor": actor}, docker.parse_created) is None
    assert created(None, docker.parse_created) is None


def test_podman_pod() -> None:
    item = {"Id": ID, "Names": ["m"], "Image": "i", "Pod": POD, "Pid": 7, "State": "running", "IsInfra": False}
    pod = podman.parse_pod({"Id": POD, "Name": "pod1", "Labels": {"team": "x"}})
    entry = podman.parse(item, {POD: pod})
    assert entry.pod == Pod("pod1", "default", POD, {"team": "x"})
    assert entry.pid == 7
    assert podman.parse({**item, "State": "exited"}, {}).pid == 0


WRONG = [{"Id": 5}, {"Id": None}, {}, {"Id": "../x"}, {"Id": ID.upper()}, {"Id": ID, "Names": [None]},
         {"Id": ID, "Names": "web"}, {"Id": ID, "Names": {"a": 1}}, {"Id": ID, "Image": ["x"]},
         {"Id": ID, "Labels": ["x"]}, {"Id": ID, "Labels": {"a": None}}, {"Id": ID, "Labels": "x"}, None, "x", 7, [ID]]


@pytest.mark.parametrize("parse", [docker.parse, lambda item: podman.parse(item, {})], ids=["docker", "podman"])
@pytest.mark.parametrize("item", WRONG, ids=repr)
def test_wrong_entries_are_left_out(parse: object, item: object) -> None:
    good = {"Id": ID, "Names": ["/web"], "Image": "i", "Labels": {"a": "b"}}
    entries, wrong = sound(parse, [good, item, good])
    assert [entry.container.id for entry in entries] == [ID, ID]
    assert "makes no sense" in wrong


@pytest.mark.parametrize(("field", "value"), [
    ("Pid", "7"), ("Pid", 7.0), ("Pid", True), ("Pid", -1), ("Pid", 1 << 40), ("IsInfra", "yes"), ("State", 1),
    ("Pod", ["x"])])
def test_wrong_fields_of_podman(field: str, value: object) -> None:
    with pytest.raises(Malformed, match=field):
        podman.parse({"Id": ID, "State": "running", field: value}, {})


@pytest.mark.parametrize("event", [
    5, [], {"Action": ["create"]}, {"Action": "create"}, {"Action": "create", "Actor": None},
    {"Action": "create", "Actor": {"ID": 5}}, {"Action": "create", "Actor": {"ID": ID, "Attributes": [1]}}], ids=repr)
def test_wrong_events(event: object) -> None:
    assert created(event, docker.parse_created) is None


def test_long_names_are_cut() -> None:
    assert len(docker.parse({"Id": ID, "Names": ["x" * 100_000]}).container.name) == 1024


class TestDockershim:
    """Pods by name, labels and sandbox together."""

    def entry(self, number: int, name: str, **labels: str) -> Entry:
        return Entry(Container(f"{number:064x}", name, labels=labels), 0)

    def labels(self, container: str, kind: str = "container", **more: str) -> dict[str, str]:
        return {"io.kubernetes.pod.name": "p.1", "io.kubernetes.pod.namespace": "n", "io.kubernetes.pod.uid": UID,
                "io.kubernetes.container.name": container, "io.kubernetes.docker.type": kind, **more}

    def sandbox(self, **more: str) -> Entry:
        return self.entry(1, f"k8s_POD_p.1_n_{UID}_0", **self.labels("POD", "podsandbox", **more))

    @property
    def member(self) -> Entry:
        return self.entry(2, f"k8s_main_p.1_n_{UID}_3", **self.labels("main"))

    def test_pod(self) -> None:
        sandbox, member = with_pods([self.sandbox(app="x", **{"annotation.note": 'a\n"b"'}), self.member])
        assert sandbox.sandbox
        assert not member.sandbox
        assert member.pod_name == "main"
        assert member.pod == sandbox.pod == Pod("p.1", "n", UID, {"app": "x"}, {"note": 'a\n"b"'})

    @pytest.mark.parametrize(("consistent", "sandbox"), [(True, f"{1:064x}"), (False, f"{3:064x}")])
    def test_label_of_the_sandbox(self, consistent: bool, sandbox: str) -> None:
        member = self.entry(2, self.member.container.name,
                            **self.labels("main", **{"io.kubernetes.sandbox.id": sandbox}))
        assert bool(with_pods([self.sandbox(), member])[1].pod) is consistent

    def test_labels_alone(self) -> None:
        """Anybody may give them, to be taken for a pod, or to be hidden as its sandbox."""
        forged = [self.entry(2, "web", **self.labels("main")), self.entry(3, "bad", **self.labels("POD", "podsandbox")),
                  self.entry(4, "worse", **{"io.cri-containerd.kind": "sandbox"})]
        for entry in with_pods([self.sandbox(), *forged])[1:]:
            assert (entry.pod, entry.sandbox, entry.pod_name) == (None, False, "")

    def test_name_alone(self) -> None:
        assert with_pods([self.sandbox(), self.entry(2, self.member.container.name)])[1].pod is None
        other = self.entry(2, f"k8s_main_other_n_{UID}_0", **self.labels("main"))
        assert with_pods([self.sandbox(), other])[1].pod is None

    def test_without_sandbox(self) -> None:
        assert with_pods([self.member])[0].pod is None


class TestContainerd:
    """Messages of containerd's API."""

    @pytest.fixture
    def containerd(self) -> object:
        return pytest.importorskip("ptcpdump.context.containers.containerd", reason="grpcio is not installed")

    @pytest.mark.parametrize(("path", "place"), [
        ("/default/c1", "/default/c1"),
        ("system.slice:nerdctl:c1", "/system.slice/nerdctl-c1.scope"),
        (":nerdctl:c1", "/system.slice/nerdctl-c1.scope"),
        (f"kubepods-burstable-podx.slice:cri-containerd:{ID}",
         f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podx.slice/cri-containerd-{ID}.scope"),
        ("relative", ""), (5, ""), (None, ""),
    ])
    def test_places(self, containerd: object, path: object, place: str) -> None:
        assert containerd.cgroup_place(json.dumps({"linux": {"cgroupsPath": path}}).encode()) == place

    @pytest.mark.parametrize("spec", [b"\x08\x01", b"[]", b"{", b"[" * 100_000, b""])
    def test_wrong_specifications(self, containerd: object, spec: bytes) -> None:
        assert containerd.cgroup_place(spec) == ""

    def item(self, key: str, labels: dict[str, str], **extensions: object) -> SimpleNamespace:
        return SimpleNamespace(id=key, labels=labels, image="i", spec=SimpleNamespace(value=b""), extensions={
            f"io.cri-containerd.{kind}.metadata": SimpleNamespace(value=json.dumps({"Metadata": record}).encode())
            for kind, record in extensions.items()})

    def test_pods(self, containerd: object) -> None:
        """They come from the record of the CRI plugin."""
        sandbox = self.item(POD, {}, sandbox={"ID": POD, "Config": {
            "metadata": {"name": "p", "namespace": "n", "uid": UID}, "annotations": {"note": "x", "odd": 5},
            "labels": {"app": "a", "io.kubernetes.pod.name": "p"}}})
        pod = containerd.sandboxed_pod(sandbox)
        assert pod == Pod("p", "n", UID, {"app": "a"}, {"note": "x"})
        member = self.item(ID, {}, container={"SandboxID": POD, "Config": {"metadata": {"name": "main"}}})
        entry = containerd.parse(member, "k8s.io", {POD: pod})
        assert (entry.container.name, entry.pod, entry.pod_name, entry.sandbox) == ("main", pod, "main", False)
        assert containerd.parse(sandbox, "k8s.io", {POD: pod}).sandbox

    def test_labels_alone(self, containerd: object) -> None:
        item = self.item(ID, {"io.kubernetes.pod.name": "p", "io.kubernetes.pod.namespace": "n",
                              "io.kubernetes.container.name": "web", "io.cri-containerd.kind": "sandbox"})
        entry = containerd.parse(item, "default", {})
        assert (entry.container.name, entry.pod, entry.sandbox, entry.pod_name) == (ID, None, False, "")

    @pytest.mark.parametrize("record", [None, 5, [], {"Config": 5}, {"Config": {"metadata": {"name": 5}}}])
    def test_wrong_records(self, containerd: object, record: object) -> None:
        assert containerd.sandboxed_pod(self.item(POD, {}, sandbox=record)) is None
        assert containerd.parse(self.item(ID, {}, container=record), "k8s.io", {}).pod is None
