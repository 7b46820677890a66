"""Runtimes started for the tests: in a network namespace of their own, below a folder of their own, gone afterwards."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.harness import run

LIMIT = 30
BUSYBOX = "busybox:local"
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Place:
    """Where a daemon runs."""

    folder: Path
    namespace: str

    @property
    def enter(self) -> list[str]:
        """The prefix of commands that run there."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}"]

    def run(self, *words: object, **more: object) -> str:
        """Run a command there and return what it prints."""
        return run(*self.enter, *map(str, words), **more).stdout.strip()


@contextlib.contextmanager
def place(folder: Path, number: int) -> Iterator[Place]:
    """A network namespace, so that bridges and firewall rules of the runtimes leave with it."""
    name = f"ptc{os.getpid() % 10000}{number:x}"
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", name, "link", "set", "lo", "up")
        yield Place(folder, name)
    finally:
        run("ip", "netns", "delete", name)


def need(*programs: str) -> None:
    """Skip where a program is missing."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    if os.geteuid():
        pytest.skip("container runtimes need root")


@contextlib.contextmanager
def daemon(place: Place, words: list[str], answers: Callable[[], bool], **more: object) -> Iterator[subprocess.Popen]:
    """Run a daemon in the place, with mounts of its own, until it answers; skip when it never does."""
    log = place.folder / f"{Path(words[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen([*place.enter, "unshare", "--mount", "--propagation", "private", *words],
                                   stdout=output, stderr=output, start_new_session=True, **more)
    try:
        wait(lambda: answers() or process.poll() is not None)
        if process.poll() is not None:
            pytest.skip(f"{words[0]} does not run here: {log.read_text(errors='replace')[-300:]}")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)      # what went on as a child, as Podman of a user does


def wait(condition: Callable[[], bool]) -> None:
    """Poll what has no event to wait for: whether somebody else's daemon is ready."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def remove_cgroups(*names: str) -> None:
    """Remove control groups that runtimes leave behind when their containers are gone."""
    for hierarchy in [CGROUPS, *CGROUPS.iterdir()]:
        for name in names:
            for folder, _, _ in os.walk(hierarchy / name, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()


def root_file_system(folder: Path) -> Path:
    """An archive of a busybox, for `import`."""
    root, archive = folder / "root", folder / "root.tar"
    if not archive.exists():
        for name in ("bin", "etc", "tmp", "www"):
            (root / name).mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin")
        for applet in ("sh", "httpd", "nc", "sleep", "true"):
            (root / "bin" / applet).symlink_to("busybox")
        (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
        (root / "www/index.html").write_text("hello from a container\n")
        run("tar", "-C", root, "-cf", archive, ".")
    return archive


@dataclass
class Docker:
    """A dockerd."""

    place: Place
    process: subprocess.Popen

    @property
    def socket(self) -> Path:
        return self.place.folder / "docker.sock"

    def __call__(self, *words: object, **more: object) -> str:
        """What `docker WORDS` prints."""
        return self.place.run("docker", "--host", f"unix://{self.socket}", *words, **more)

    def ip(self, name: str) -> str:
        """The address of a container on the bridge."""
        return self("inspect", "-f", "{{.NetworkSettings.IPAddress}}", name)


@contextlib.contextmanager
def docker(place: Place, *flags: str) -> Iterator[Docker]:
    """A dockerd with the image busybox:local. flags: more of its own."""
    need("dockerd", "docker", "iptables", "busybox")
    folder = place.folder
    client = Docker(place, None)
    words = ["dockerd", "--host", f"unix://{client.socket}", "--data-root", f"{folder}/data",
             "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/dockerd.pid", *flags]
    try:
        with daemon(place, words, lambda: "Server Version" in client("info", check=False)) as process:
            client.process = process
            client("import", "-c", 'CMD ["/bin/sh"]', root_file_system(folder), BUSYBOX)
            yield client
            if process.poll() is None and (left := client("ps", "-aq").split()):
                client("rm", "-f", *left)
    finally:
        remove_cgroups("docker")
