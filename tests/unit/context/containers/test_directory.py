"""Which container a cgroup belongs to, and which cgroups a filter means."""

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ptcpdump.context.containers import directory as module
from ptcpdump.context.containers.directory import Directory
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.hierarchies import Hierarchies
from ptcpdump.context.containers.places import Place
from ptcpdump.context.containers.runtimes import BY_NAME
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.containers.wanted import Wanted
from ptcpdump.context.model import Container, Pod
from ptcpdump.errors import ContainerError
from ptcpdump.filters.owner import OwnerFilter

A, B, C, SANDBOX = "a" * 64, "ab" * 32, "d" * 64, "c" * 64
POD = Pod("web", "prod", "uid", {"app": "x"}, {"note": "y"})
USER = 1000


class Cgroups:
    def add_cgroup(self, identifier: int) -> None:
        """Unused: no such cgroup exists here."""

    def drop_cgroup(self, identifier: int) -> None:
        """Likewise."""


class Answered(Directory):
    """A directory whose lists come from the test instead of from daemons."""

    answered = True


class Host:
    """A /proc and a cgroup v2 hierarchy made of folders."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.tree = folder / "proc", folder / "cgroup"
        self.tree.mkdir()
        self.process(1, "/", 0, namespace="host")

    def monitor(self, pid: int, *keys: str) -> None:
        """A process that has these ids among its arguments."""
        (self.proc / str(pid)).mkdir(parents=True)
        (self.proc / f"{pid}/stat").write_text(f"{pid} (conmon) S 1 {'0 ' * 48}\n")
        (self.proc / f"{pid}/cmdline").write_bytes("\0".join(["conmon", "-c", *keys, ""]).encode())

    def group(self, path: str) -> int:
        """A group that root has made; returns its id."""
        (self.tree / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
        return (self.tree / path.lstrip("/")).stat().st_ino

    def process(self, pid: int, group: str, uid: int = 0, namespace: str = "host", parent: int = 1) -> int:
        """A process in a group; returns the id of that."""
        here = self.proc / str(pid)
        (here / "ns").mkdir(parents=True, exist_ok=True)
        (here / "cgroup").write_text(f"4:memory:{group}\n0::{group}\n")
        (here / "status").write_text(f"Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        (here / "stat").write_text(f"{pid} (x) S {parent} {'0 ' * 48}\n")
        shared = self.proc / namespace
        shared.touch()
        (here / "ns/mnt").unlink(missing_ok=True)
        os.link(shared, here / "ns/mnt")
        return self.group(group)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def changes() -> list[None]:
    return []


@pytest.fixture
def bare(host: Host, changes: list[None]) -> Iterator[Directory]:
    """A directory that knows nothing yet. Whoever runs the tests is root of the folders that are the cgroups."""
    directory = Answered({}, lambda: changes.append(None), print, host.proc,
                         Hierarchies({"": str(host.tree), "memory": str(host.tree)}, os.geteuid()))
    yield directory
    directory.stop()


def entry(key: str, name: str, runtime: str = "Docker", **more: object) -> Entry:
    return Entry(Container(key, name), rank=0, runtime=runtime, **more)


@pytest.fixture
def directory(bare: Directory) -> Directory:
    known = Pod("web", "prod", "uid")
    bare.take("docker", [entry(A, "one", pod=known), entry(B, "two")])
    bare.take("podman", [entry(C, "three", "Podman")])
    bare.take("cri", [Entry(Container(SANDBOX), 1, POD, sandbox=True, runtime="CRI"),
                      Entry(Container(A, "main"), 1, POD, pod_name="main", runtime="CRI")])
    bare.take("containerd", [Entry(Container("c1", "c1"), 2, place="/default/c1", scope="default",
                                   runtime="containerd")])
    return bare


PLACES = [
    (f"/docker/{A}", A),
    (f"/docker/{A}/init.scope", A),
    (f"/system.slice/docker-{A}.scope", A),
    (f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{A}.scope", A),
    (f"/kubepods/burstable/pod1/{A}", A),
    (f"/libpod_parent/{'d' * 64}/libpod-{C}", C),
    (f"/machine.slice/libpod-{C}.scope/container", C),
    (f"/docker/{A}/docker/{'e' * 64}", A),      # a container in a container that nobody here knows
    (f"/docker/{A}/docker/{B}", A),             # nor does a name in a container make it another one
    ("/default/c1", "default/c1"),
    ("/default/c10", ""),
    ("/user.slice", ""),
    # anybody may call his group so
    (f"/{A}", ""),
    (f"/user.slice/user-1000.slice/{A}", ""),
    (f"/user.slice/user-1000.slice/user@1000.service/docker-{A}.scope", ""),
    (f"/docker/x{A}", ""),
    (f"/docker/{A}{A}", ""),
    (f"/docker/x/{A}", ""),
    (f"/system.slice/libpod-conmon-{C}.scope", ""),
    (f"/libpod_parent/libpod-{A}", ""),         # where another runtime puts its own
    (f"/docker/{C}", ""),
    ("/x/default/c1", ""),
    ("/", ""),
]


@pytest.mark.parametrize(("path", "key"), PLACES)
def test_places(directory: Directory, host: Host, path: str, key: str) -> None:
    found = directory.lookup(7, host.process(7, path))[0]
    wanted = directory._view.entries.get(key)
    assert found == (wanted and wanted.container)


@pytest.mark.parametrize("path", [f"/docker/{A}", f"/system.slice/docker-{A}.scope", "/default/c1"])
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_places_where_others_may_make_groups(directory: Directory, host: Host, path: str, mode: int) -> None:
    number = host.process(7, path)
    (host.tree / path.lstrip("/")).parent.chmod(mode)
    assert directory.lookup(7, number)[0] is None


def test_places_in_a_group_of_somebody_else(bare: Directory, host: Host) -> None:
    bare._hierarchies._root += 1
    bare.take("docker", [entry(A, "one")])
    assert bare.lookup(7, host.process(7, f"/docker/{A}"))[0] is None


def test_the_main_process_decides(bare: Directory, host: Host, changes: list[None]) -> None:
    """A name where the runtime puts it is believed only until the runtime tells of the container's main process."""
    forged, true = host.process(7, f"/docker/{A}"), host.process(8, f"/custom/{A}/init.scope")
    bare.take("docker", [entry(A, "one")])
    assert bare.lookup(7, forged)[0] == Container(A, "one")
    before = len(changes)
    bare.take("docker", [entry(A, "one", pid=8)])
    assert len(changes) > before
    assert bare.lookup(7, forged)[0] is None
    assert bare.lookup(8, true)[0] == Container(A, "one")
    assert bare.lookup(9, host.process(9, f"/custom/{A}/below"))[0] == Container(A, "one")
    assert bare.lookup(9, host.process(9, f"/custom/{B}"))[0] is None


def test_a_pid_alone_is_no_proof(bare: Directory, host: Host) -> None:
    """The process has ended, and another one got its pid: neither its group nor its namespace is the container's."""
    number = host.process(8, "/system.slice/other.service", namespace="private")
    bare.take("docker", [entry(A, "one", pid=8)])
    assert bare.lookup(8, number)[0] is None


def test_without_a_group(bare: Directory, host: Host) -> None:
    """Podman may make none: then the mount namespace tells, of the child of the container's monitor."""
    host.monitor(5, C)
    number = host.process(8, "/system.slice/x.service", namespace="private", parent=5)
    bare.take("podman", [entry(C, "three", "Podman", pid=8)])
    assert bare.lookup(9, host.process(9, "/", namespace="private"))[0] == Container(C, "three")
    assert bare.lookup(10, host.process(10, "/system.slice/x.service"))[0] is None
    assert bare.lookup(8, number)[0] == Container(C, "three")


@pytest.mark.parametrize("speaker", [0, USER])
@pytest.mark.parametrize("parent", [1, 5])
def test_a_pid_without_a_monitor(bare: Directory, host: Host, parent: int, speaker: int) -> None:
    """Of a container that has ended unnoticed, or runs on another machine: here it is another process's."""
    host.monitor(5, "conmon", A)
    number = host.process(8, "/system.slice/x.service", speaker, "private", parent)
    bare.take("podman", [entry(C, "three", "Podman", pid=8, speaker=speaker)])
    assert bare.lookup(8, number, 0, speaker)[0] is None
    assert bare.lookup(9, host.process(9, "/", speaker, "private"), 0, speaker)[0] is None


class TestUsers:
    """What the daemon of an ordinary user says."""

    def test_own_processes_only(self, bare: Directory, host: Host) -> None:
        group = f"/user.slice/libpod-{C}.scope"
        number = host.process(8, group, USER, "private")
        bare.take("his", [entry(C, "three", "Podman", pid=8, speaker=USER)])
        assert bare.lookup(8, number, 0, USER)[0] == Container(C, "three")
        host.process(9, group, 0, "private")
        assert bare.lookup(9, number, 0, 0)[0] is None          # as by sudo, in his group
        assert bare.lookup(10, number, 0, 0)[0] is None         # gone
        assert bare.lookup(11, number, 0, USER)[0] is None      # gone, and nothing tells where it was
        host.process(9, "/", USER, "private")
        assert bare.lookup(9, 1, 0, USER)[0] == Container(C, "three")

    @pytest.mark.parametrize("uid", [0, 1001])
    def test_a_claimed_pid(self, bare: Directory, host: Host, uid: int) -> None:
        number = host.process(8, f"/docker/{C}", uid, "private")
        bare.take("his", [entry(C, "web-production", "Podman", pid=8, speaker=USER)])
        for asked in (uid, USER):
            assert bare.lookup(8, number, 0, asked) == (None, None)

    def test_a_claimed_id(self, bare: Directory, host: Host) -> None:
        number = host.process(8, f"/docker/{A}", USER)
        claim = entry(A, "web-production", "Podman", pid=8, pod=POD, speaker=USER)
        bare.take("his", [claim])
        bare.take("docker", [entry(A, "one")])
        assert bare.lookup(8, number, 0, USER) == (Container(A, "one"), None)
        assert bare.lookup(8, number, 0, 0) == (Container(A, "one"), None)

    def test_a_claimed_pod(self, bare: Directory, host: Host) -> None:
        """He can't change what the system's pod of that UID is called."""
        number = host.process(8, f"/docker/{A}")
        bare.take("cri", [Entry(Container(A, "main"), 1, Pod("web", "prod", "uid"), runtime="CRI"),
                          Entry(Container(SANDBOX), 1, Pod("web", "prod", "uid"), sandbox=True, runtime="CRI")])
        bare.take("docker", [entry(A, "one")])
        bare.take("his", [entry(C, "x", "Podman", pod=replace(POD, name="forged"), sandbox=True, speaker=USER)])
        assert bare.lookup(8, number)[1] == Pod("web", "prod", "uid")

    def test_filters(self, bare: Directory, host: Host) -> None:
        """A user's container is chosen by name only where the system has none of that name; ids likewise."""
        mine, his = host.process(7, f"/docker/{A}"), host.process(8, f"/user.slice/libpod-{C}.scope", USER)
        bare.take("docker", [entry(A, "web")])
        bare.take("his", [entry(C, "web", "Podman", pid=8, speaker=USER),
                          entry(A, "other", "Podman", pid=8, speaker=USER)])
        bare.tree._paths.update({mine: f"/docker/{A}"})
        for wanted, expected in (({"container_names": {"web"}}, mine), ({"container_names": {"other"}}, None),
                                 ({"container_ids": {A}}, mine), ({"container_ids": {C}}, his)):
            added: set[int] = set()
            Wanted(OwnerFilter(**{key: frozenset(value) for key, value in wanted.items()}), bare,
                   SimpleNamespace(add_cgroup=added.add, drop_cgroup=added.discard), print).start()
            assert added == ({expected} if expected else set())


    @pytest.mark.parametrize("group", [f"/docker/{A}", "/user.slice/user-1000.slice"])
    def test_filters_take_no_more_than_his(self, bare: Directory, host: Host, group: str) -> None:
        """Neither the group of the system's container that his process is in, nor one that his daemon states."""
        host.process(8, group, USER)
        bare.take("docker", [entry(A, "web")])
        bare.take("his", [entry(A, "mine", "containerd", pid=8, speaker=USER, place="/user.slice")])
        added: set[int] = set()
        Wanted(OwnerFilter(container_names=frozenset({"mine"})), bare,
               SimpleNamespace(add_cgroup=added.add, drop_cgroup=added.discard), print).start()
        assert added == set()


def test_first_rank_describes_and_who_knows_the_pod_best(directory: Directory) -> None:
    found = next(e for e in directory.entries() if e.key == A)
    assert found.container.name == "one"
    assert found.names == ("one", "main")
    assert directory.pod(found) == POD


def test_sandboxes_are_no_containers(directory: Directory) -> None:
    assert SANDBOX not in {found.key for found in directory.entries()}


def test_changes_are_told_once(directory: Directory, changes: list[None]) -> None:
    before = len(changes)
    renamed = [entry(A, "one", pod=Pod("web", "prod", "uid")), entry(B, "new")]
    directory.take("docker", renamed)
    directory.take("docker", list(renamed))
    assert len(changes) == before + 1


def test_packets_wait_for_no_list(directory: Directory, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a long one is merged, the earlier ones answer."""
    merging, answered, made = threading.Event(), threading.Event(), module.View

    def slow(*args: object) -> object:
        merging.set()
        assert answered.wait(10)
        return made(*args)

    monkeypatch.setattr(module, "View", slow)
    group = host.group(f"/docker/{A}")
    directory.tree._paths[group] = f"/docker/{A}"
    taking = threading.Thread(target=directory.take, args=("his", [entry(C, "x", "Podman", speaker=USER)]))
    taking.start()
    assert merging.wait(10)
    try:
        assert directory.lookup(0, group)[0].name == "one"
    finally:
        answered.set()
        taking.join()


def test_few_removed_containers_are_remembered(bare: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's daemon may list others each time; those of the system stay."""
    monkeypatch.setattr(module, "_REMEMBERED", 10)
    bare.take("docker", [entry(A, "web")])
    bare.take("docker", [])
    for first in range(0, 200, 20):
        bare.take("his", [entry(f"{n:064x}", str(n), "Podman", speaker=USER) for n in range(first, first + 20)])
    names = [found.container.name for found in bare.entries()]
    assert sorted(names, key=lambda name: name.rjust(3)) == [*map(str, range(170, 200)), "web"]


@pytest.mark.parametrize(("prefix", "said"), [
    ("a", f"2 containers have an id that starts so: {A[:12]} (one of pod web.prod), {B[:12]} (two)"),
    ("ff", "no container has an id that starts so"),
])
def test_wrong_prefixes(directory: Directory, prefix: str, said: str) -> None:
    with pytest.raises(ContainerError) as error:
        Wanted(OwnerFilter(container_ids=frozenset({prefix})), directory, Cgroups(), print).start()
    assert said in str(error.value)
    assert prefix in str(error.value)


@pytest.mark.parametrize(("wanted", "said"), [
    (OwnerFilter(container_names=frozenset({"nobody"})), "--container-name nobody: there is no such container yet"),
    (OwnerFilter(pods=frozenset({("x.y", "default")})), "--pod-name x.y.default: there is no such pod yet"),
    (OwnerFilter(container_ids=frozenset({"ab"})), "no control group of its own"),
    (OwnerFilter(pods=frozenset({("web", "prod")})), ""),
])
def test_what_is_no_error_is_said(directory: Directory, wanted: OwnerFilter, said: str) -> None:
    texts: list[str] = []
    Wanted(wanted, directory, Cgroups(), texts.append).start()
    assert len(texts) == bool(said)
    assert all(said in text for text in texts)


def test_filter_without_runtime() -> None:
    directory = Directory({}, lambda: None, print)
    with pytest.raises(ContainerError, match="no container runtime answers"):
        Wanted(OwnerFilter(container_names=frozenset({"x"})), directory, Cgroups(), print).start()
    directory.stop()


def test_filter_without_the_package_that_asks_the_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error that ends the run names what to install, as the warning before it did."""
    monkeypatch.setattr(module, "places", lambda *_, **__: [Place(BY_NAME["containerd"], "/run/c.sock")])
    monkeypatch.delitem(sys.modules, "ptcpdump.context.containers.containerd", raising=False)
    monkeypatch.delitem(sys.modules, "ptcpdump.context.containers.rpc", raising=False)
    monkeypatch.setitem(sys.modules, "grpc", None)
    directory = Directory({}, lambda: None, lambda _: None, hierarchies=Hierarchies(points={"": str(tmp_path)}))
    directory.start()
    said = (r"no container runtime answers \(containerd at /run/c\.sock: "
            r"the Python package grpc is missing; install ptcpdump\[containers\]\)")
    with pytest.raises(ContainerError, match=said):
        Wanted(OwnerFilter(container_names=frozenset({"x"})), directory, Cgroups(), print).start()
    directory.stop()


class Late(Runtime):
    """A runtime that lists what the test puts in."""

    endpoint = SimpleNamespace(speaker=0, shares_pids=True, begin_look=tuple,
                               bounds=SimpleNamespace(entries=100, pace=100))

    def containers(self) -> list[Entry]:
        return []

    def events(self) -> Iterator[None]:
        return iter(())

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def late(bare: Directory, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """A directory with one runtime, that has answered."""
    monkeypatch.setattr(module, "places", lambda *_, **__: [Place(BY_NAME["Docker"], "x")])
    monkeypatch.setattr(module, "open_runtime", lambda _: Late())
    bare._appeared([(1, f"/docker/{A}")])
    assert not bare.expecting
    bare.start()
    assert bare.settle(10)
    return bare


def test_a_container_that_begins_is_expected_to_get_a_name(late: Directory, host: Host) -> None:
    """Until a runtime names it, but only where a runtime makes such groups."""
    host.group("/docker")
    late._appeared([(3, f"/docker/{B}/below"), (4, f"/forged/{C}")])
    assert not late.expecting
    late._appeared([(2, f"/docker/{B}")])
    assert late.expecting
    late.learn("Docker at x", entry(A, "a"))
    assert late.expecting
    late.learn("Docker at x", entry(B, "b"))
    assert not late.expecting


def test_waiting_has_an_end(late: Directory, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many containers seem to begin, packets wait no more than half of the time."""
    host.group("/docker")
    now = 1000.0
    monkeypatch.setattr("ptcpdump.context.containers.patience.time", SimpleNamespace(monotonic=lambda: now))
    waited = 0
    for number in range(1000):
        late._appeared([(number, f"/docker/{number:064x}")])
        waited += late.expecting
        now += 0.01
    assert 100 < waited < 520
    now += 1
    assert not late.expecting
