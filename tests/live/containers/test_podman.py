"""Podman: root's service at a socket of its own, and that of a user without privileges."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.containers import daemons
from tests.live.containers.daemons import Place
from tests.live.harness import capturing

IMAGE = "localhost/busybox:local"
HELLO = ("sh", "-c", "echo hi | nc -w 1 127.0.0.1 9; true")
# Podman tells of a container while it starts it: what it sends in the first moment may come too early
HELLO_AGAIN = ("sh", "-c",
               "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo hi | nc -w 1 127.0.0.1 9; sleep 0.2; done; true")
USER = 61234      # of nobody
# the default limits may be above what this process is allowed to give
LIMITS = '[containers]\ndefault_ulimits = ["nofile=16384:16384","nproc=32768:32768"]\n'
# a user without a range of further ids: files of all owners are the user's
STORAGE = """
[storage]
driver = "vfs"
[storage.options]
ignore_chown_errors = "true"
[storage.options.vfs]
ignore_chown_errors = "true"
"""


@dataclass
class Podman:
    place: Place
    user: int = 0

    @property
    def socket(self) -> Path:
        return self.place.folder / "podman.sock"

    @property
    def words(self) -> list[str]:
        folder = self.place.folder
        podman = ["podman", "--root", f"{folder}/root-store", "--runroot", f"{folder}/run", "--tmpdir", f"{folder}/tmp",
                  "--cgroup-manager", "cgroupfs"]
        if not self.user:
            return podman
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *podman]

    @property
    def environment(self) -> dict[str, str]:
        folder = str(self.place.folder)
        common = {**os.environ, "CONTAINERS_CONF": f"{folder}/containers.conf"}
        return common if not self.user else {**common, "HOME": folder, "XDG_RUNTIME_DIR": folder, "TMPDIR": folder,
                                             "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf"}

    def __call__(self, *words: object, **more: object) -> str:
        return self.place.run(*self.words, *words, env=self.environment, **more)


@contextlib.contextmanager
def running(folder: Path, number: int, user: int = 0) -> Iterator[Podman]:
    """Podman's service, for root or a user, in a place of that number."""
    daemons.need("podman", "runc", "busybox", "setpriv")
    (folder / "containers.conf").write_text(LIMITS)
    (folder / "storage.conf").write_text(STORAGE)
    os.chown(folder, user, user)
    try:
        with daemons.place(folder, number) as place:
            client = Podman(place, user)
            words = [*client.words, "system", "service", "--time", "0", f"unix://{client.socket}"]
            with daemons.daemon(place, words, client.socket.exists, env=client.environment):
                archive = daemons.root_file_system(folder)
                client("import", "--change", 'CMD ["/bin/sleep","1000"]', archive, IMAGE)
                yield client
                client("rm", "-f", "-t", "0", "-a")
                client("pod", "rm", "-f", "-t", "0", "-a")
    finally:
        daemons.remove_cgroups("libpod_parent")


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """Podman takes no path of more than 50 characters; users may enter the folders above this one."""
    folder = Path(tempfile.mkdtemp(prefix="ptcpdump-podman-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    with short_folder() as folder, running(folder, 3) as client:
        yield client


@pytest.fixture
def rootless() -> Iterator[Podman]:
    with short_folder() as folder:
        try:
            with running(folder, 8, USER) as client:
                yield client
        finally:
            end_all_of(USER)    # Podman leaves processes that keep the user's namespaces for the next command
            Path(f"/dev/shm/libpod_rootless_lock_{USER}").unlink(missing_ok=True)


def end_all_of(user: int) -> None:
    """End all processes of a user that exists for these tests alone."""
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if f"\nUid:\t{user}\t" in status.read_text():
                os.kill(int(status.parent.name), signal.SIGKILL)


@contextlib.contextmanager
def capture(podman: Podman, folder: Path, packets: list[Packet], *flags: object) -> Iterator[None]:
    path = folder / "x.pcapng"
    with capturing(folder, "-i", "any", "-w", path, "--podman-address", podman.socket, *flags,
                   prefix=podman.place.enter) as seen:
        yield
    print(seen.stderr)
    packets += [p for p in ptcpdump.open(path) if p.container]


def test_container_and_pod(podman: Podman, tmp_path: Path) -> None:
    podman("pod", "create", "--name", "pod1", "--network", "host", "--infra-image", IMAGE, "-l", "team=x")
    packets: list[Packet] = []
    with capture(podman, tmp_path, packets):
        podman("run", "--name", "alone", "--network", "host", "-l", "role=main", IMAGE, *HELLO)
        podman("run", "--name", "member", "--pod", "pod1", IMAGE, *HELLO)
    alone = [p for p in packets if p.container.name == "alone"]
    assert {p.container.labels["role"] for p in alone} == {"main"}
    assert {p.pod for p in alone} == {None}
    pods = [p.pod for p in packets if p.container.name == "member"]
    assert {(p.name, p.labels["team"]) for p in pods} == {("pod1", "x")}


def test_filter(podman: Podman, tmp_path: Path) -> None:
    packets: list[Packet] = []
    with capture(podman, tmp_path, packets, "--container-name", "wanted"):
        for name in ("wanted", "foreign"):
            podman("run", "--name", name, "--network", "host", IMAGE, *HELLO_AGAIN)
    assert {p.container.name for p in packets} == {"wanted"}


def test_rootless(rootless: Podman, tmp_path: Path) -> None:
    """A user's container may have no control group of its own: its processes are known by their mount namespace."""
    packets: list[Packet] = []
    with capture(rootless, tmp_path, packets):
        rootless("run", "--name", "mine", "--network", "host", "-l", "role=main", IMAGE, *HELLO_AGAIN)
    assert {(p.container.name, p.container.labels["role"]) for p in packets} == {("mine", "main")}
    assert {p.uid for p in packets} == {USER}      # not 0, which it is for itself
