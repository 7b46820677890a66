"""Which container a cgroup belongs to, and which cgroups a filter means."""

from collections.abc import Iterator

import pytest

from ptcpdump.context.containers.addresses import Addresses
from ptcpdump.context.containers.directory import Directory
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.containers.wanted import Wanted
from ptcpdump.context.model import Container, Pod
from ptcpdump.errors import ContainerError
from ptcpdump.filters.owner import OwnerFilter

A, B, SANDBOX = "a" * 64, "ab" * 32, "c" * 64
POD = Pod("web", "prod", "uid", {"app": "x"}, {"note": "y"})


class Cgroups:
    def add_cgroup(self, identifier: int) -> None:
        """Unused: no such cgroup exists here."""

    def drop_cgroup(self, identifier: int) -> None:
        """Likewise."""


class Answered(Directory):
    """A directory whose lists come from the test instead of from daemons."""

    answered = True


@pytest.fixture
def changes() -> list[None]:
    return []


@pytest.fixture
def directory(changes: list[None]) -> Iterator[Directory]:
    directory = Answered(Addresses(), lambda: changes.append(None), print)
    bare = Pod("web", "prod", "uid")
    directory.take("docker", [Entry(Container(A, "one"), 0, bare), Entry(Container(B, "two"), 0)])
    directory.take("cri", [Entry(Container(SANDBOX), 1, POD, sandbox=True),
                           Entry(Container(A, "main", labels={"io.kubernetes.container.name": "main"}), 1, POD)])
    directory.take("containerd", [Entry(Container("c1", "c1"), 2, place="/default/c1", scope="default")])
    yield directory
    directory.stop()


@pytest.mark.parametrize(("path", "key"), [
    (f"/docker/{A}", A),
    (f"/docker/{A}/init.scope", A),
    (f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{A}.scope", A),
    (f"/libpod_parent/{'d' * 64}/libpod-{B}", B),
    (f"/docker/{A}/docker/{'e' * 64}", A),      # a container in a container that nobody here knows
    ("/default/c1", "default/c1"),
    ("/default/c10", ""),
    ("/../default/c1/below", ""),
    ("/user.slice", ""),
    ("/", ""),
])
def test_paths(directory: Directory, path: str, key: str) -> None:
    assert directory.identify(path) == key


def test_first_rank_describes_and_who_knows_the_pod_best(directory: Directory) -> None:
    entry = next(e for e in directory.entries() if e.key == A)
    assert entry.container.name == "one"
    assert directory.pod(entry) == POD


def test_sandboxes_are_no_containers(directory: Directory) -> None:
    assert SANDBOX not in {entry.key for entry in directory.entries()}


def test_changes_are_told_once(directory: Directory, changes: list[None]) -> None:
    before = len(changes)
    renamed = [Entry(Container(A, "one"), 0, Pod("web", "prod", "uid")), Entry(Container(B, "new"), 0)]
    directory.take("docker", renamed)
    directory.take("docker", list(renamed))
    assert len(changes) == before + 1


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
    directory = Directory(Addresses(), lambda: None, print)
    with pytest.raises(ContainerError, match="no container runtime answers"):
        Wanted(OwnerFilter(container_names=frozenset({"x"})), directory, Cgroups(), print).start()
    directory.stop()


class Late(Runtime):
    """A runtime that lists what the test puts in."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def list(self) -> list[Entry]:
        return self.entries

    def events(self) -> Iterator[None]:
        return iter(())

    def close(self) -> None:
        """Nothing is open."""


def test_a_container_that_begins_is_expected_to_get_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a runtime names it, but not for ever, and only where there are runtimes."""
    monkeypatch.setattr("ptcpdump.context.containers.directory.places", lambda _: [("late", "x", lambda _: Late())])
    directory = Directory(Addresses(), lambda: None, print)
    directory._appeared(1, f"/late/{A}")
    assert not directory.expecting
    directory.start()
    try:
        assert directory.settle(10)
        directory._appeared(2, f"/late/{B}")
        directory._appeared(3, f"/late/{B}/below")
        assert directory.expecting
        directory.learn("late", Entry(Container(A, "a"), 0))
        assert directory.expecting
        directory.learn("late", Entry(Container(B, "b"), 0))
        assert not directory.expecting
        monkeypatch.setattr("ptcpdump.context.containers.directory._NAMING", 0.0)
        directory._appeared(4, f"/late/{SANDBOX}")
        assert not directory.expecting
    finally:
        directory.stop()
