"""Daemons of ordinary users, and control groups that are only called like a container's."""

import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import daemons
import pytest

import ptcpdump
from ptcpdump import Packet
from ptcpdump.net.mounts import cgroup2_mounts
from tests.live.containers.daemons import remove_cgroups
from tests.live.harness import LIMIT, Actor, actor, capturing, needs_privileges

pytestmark = [needs_privileges, pytest.mark.skipif(os.geteuid() != 0, reason="a process of another user needs root")]

USER = 61233            # of nobody
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
ONE, TWO = "1" * 64, "2" * 64
LIBPOD = "/v4.0.0/libpod"
HOSTILE = "\x1b]0;owned\x07\u202e\u200b"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, and the user may write to."""
    path = Path(tempfile.mkdtemp(prefix="ptcpdump-strangers-"))
    path.chmod(0o755)
    (path / "his").mkdir()
    os.chown(path / "his", USER, USER)
    yield path
    shutil.rmtree(path)


@contextlib.contextmanager
def group(path: str) -> Iterator[list[str]]:
    """A control group, and the prefix of a command that runs in it."""
    mounts = cgroup2_mounts()
    if not mounts:
        pytest.skip("cgroup v2 is not mounted")
    here = Path(mounts[0] + path)
    here.mkdir(parents=True)
    try:
        yield ["sh", "-c", f'echo $$ > {here}/cgroup.procs && exec "$@"', "sh"]
    finally:
        remove_cgroups(path.split("/")[1])


@contextlib.contextmanager
def daemon(path: Path | int, answers: dict[str, object], prefix: list[str]) -> Iterator[None]:
    """A daemon at a socket, or a port of the loopback, run by a prefix.

    Answers: bodies by path, None for events that never come.
    """
    words = [*prefix, sys.executable, daemons.__file__, str(path), json.dumps(answers)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(LIMIT)


def podman(*containers: dict[str, object]) -> dict[str, object]:
    """Answers of a Podman that runs these containers."""
    return {f"{LIBPOD}/pods/json": [], f"{LIBPOD}/containers/json": list(containers), f"{LIBPOD}/events": None}


def docker(*containers: dict[str, object], pids: dict[str, int] | None = None) -> dict[str, object]:
    """Answers of a Docker that runs these containers, with the main process of some."""
    return {"/containers/json": list(containers), "/events": None} | {
        f"/containers/{key}/json": {"State": {"Pid": pid}} for key, pid in (pids or {}).items()}


def container(key: object, name: str, pid: int = 0, **more: object) -> dict[str, object]:
    return {"Id": key, "Names": [name], "Image": "i", "Labels": {}, "State": "running", "Pid": pid, **more}


@pytest.fixture
def receiver() -> Iterator[int]:
    """A port of the loopback where datagrams are welcome."""
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]


class Watched(Actor):
    """A process whose parent is the monitor of a container."""

    @functools.cached_property
    def pid(self) -> int:
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text())


@contextlib.contextmanager
def sender(port: int, *prefix: str, container: str = "") -> Iterator[Actor]:
    """A process that sends a datagram whenever told. container: id of the one whose monitor starts it."""
    monitor = ["sh", "-c", '"$@"; true', container] if container else []
    with actor("udp_sender", "127.0.0.1", port, 1000, prefix=[*monitor, *prefix]) as process:
        process.receive()
        if not container:
            yield process
            return
        child = Watched(process.process)
        try:
            yield child
        finally:
            os.kill(child.pid, signal.SIGKILL)


def send(*processes: Actor) -> None:
    for process in processes:
        process.tell()
        process.receive()


def captured(path: Path, process: Actor) -> list[Packet]:
    """The packets that a process has sent."""
    found = [p for p in ptcpdump.open(path) if p.process and p.process.pid == process.pid]
    assert found
    return found


def names(packets: list[Packet]) -> set[str | None]:
    return {p.container and p.container.name for p in packets}


def test_a_user_may_speak_of_his_own_processes_only(folder: Path, tmp_path: Path, receiver: int) -> None:
    """Neither by a pid nor by an id he makes a container, or a pod, of processes of others."""
    file, his = tmp_path / "x.pcapng", folder / "his/podman.sock"
    with (group(f"/docker/{ONE}") as into, sender(receiver, *into) as theirs, sender(receiver) as roots,
          sender(receiver, "unshare", "--mount", *AS_USER, container=TWO) as own):
        claims = podman(container(ONE, "web-production", theirs.pid), container("3" * 64, "forged", roots.pid),
                        container(TWO, "mine", own.pid, Labels={"io.kubernetes.pod.name": "forged"}))
        with daemon(his, claims, AS_USER), capturing(tmp_path, "-i", "lo", "-w", file, "--podman-address", his):
            send(theirs, roots, own)
    for process in (theirs, roots):
        assert {(p.container, p.pod) for p in captured(file, process)} == {(None, None)}
    assert names(captured(file, own)) == {"mine"}
    assert {p.pod for p in captured(file, own)} == {None}


@pytest.mark.parametrize("runtime", ["docker", "podman"])
def test_a_user_at_the_port_of_a_daemon(tmp_path: Path, receiver: int, runtime: str) -> None:
    """Where no daemon runs, any user may listen."""
    file = tmp_path / "x.pcapng"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (group(f"/system.slice/cri-containerd-{ONE}.scope") as into, sender(receiver, *into) as theirs,
          sender(receiver, "unshare", "--mount", *AS_USER, container=TWO) as own):
        listed = container(ONE, "forged", theirs.pid), container(TWO, "mine", own.pid)
        claims = podman(*listed) | docker(*listed, pids={ONE: theirs.pid, TWO: own.pid})
        with (daemon(port, claims, AS_USER),
              capturing(tmp_path, "-i", "lo", "-w", file, f"--{runtime}-address", f"tcp://127.0.0.1:{port}",
                        f"udp port {receiver}")):
            for _ in range(40):
                send(theirs, own)
    assert captured(file, own)[-1].container.name == "mine"
    assert names(captured(file, theirs)) == {None}


@pytest.mark.parametrize("name", ["podman/podman.sock", "docker.sock"])
def test_usual_place_of_a_users_daemon(tmp_path: Path, receiver: int, name: str) -> None:
    folder = Path(f"/run/user/{USER}")
    (folder / "podman").mkdir(parents=True)
    for path in (folder, folder / "podman"):
        os.chown(path, USER, USER)
    file = tmp_path / "x.pcapng"
    try:
        with (sender(receiver, "unshare", "--mount", *AS_USER, container=TWO) as own, sender(receiver) as roots,
              daemon(folder / name,
                     podman(container(ONE, "forged", roots.pid), container(TWO, "mine", own.pid))
                     | docker(container(ONE, "/forged"), container(TWO, "/mine"), pids={ONE: roots.pid, TWO: own.pid}),
                     AS_USER),
              capturing(tmp_path, "-i", "lo", "-w", file)):
            for _ in range(40):     # these daemons are looked for in the background
                send(own, roots)
    finally:
        shutil.rmtree(folder)
    assert captured(file, own)[-1].container.name == "mine"
    assert names(captured(file, roots)) == {None}


def test_a_users_link_to_another_socket(tmp_path: Path, receiver: int) -> None:
    """Root doesn't talk to whatever a link of a user leads to."""
    folder = Path(f"/run/user/{USER}")
    (folder / "podman").mkdir(parents=True)
    os.chown(folder / "podman", USER, USER)
    target = tmp_path / "roots.sock"
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(target))
            listener.listen()
            listener.setblocking(False)
            (folder / "podman/podman.sock").symlink_to(target)
            with sender(receiver) as roots, capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x", "-v"):
                for _ in range(40):
                    send(roots)
            with pytest.raises(BlockingIOError):
                listener.accept()
    finally:
        shutil.rmtree(folder)


WRONG = [{"Id": 5}, {"Names": [None]}, {"Names": "x"}, {"Labels": [1]}, {"Labels": {"a": 5}}, {"Image": {}},
         {"Pid": "7"}, {"Pid": 1 << 70}, {"IsInfra": 1}, {"State": None, "Pid": None}, {"Pod": []}, {"Id": None},
         {"Id": HOSTILE}, {"Labels": {HOSTILE: HOSTILE}}, {"Names": [HOSTILE + "\ud800"]}]


def test_wrong_types_cost_nothing_but_themselves(folder: Path, tmp_path: Path, receiver: int) -> None:
    file, his = tmp_path / "x.pcapng", folder / "his/podman.sock"
    with sender(receiver, "unshare", "--mount", *AS_USER, container=TWO) as own:
        listed = [container(f"{number:064x}", "x") | wrong for number, wrong in enumerate(WRONG)]
        with (daemon(his, podman(*listed, container(TWO, "mine", own.pid)), AS_USER),
              capturing(tmp_path, "-i", "lo", "-w", file, "--podman-address", his) as seen):
            send(own)
    assert names(captured(file, own)) == {"mine"}
    assert seen.stderr.count("makes no sense") == 1
    assert clean(seen.stderr)


def clean(text: str) -> bool:
    """Whether nothing in it would move the cursor, or hide or reorder what is shown."""
    return not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", text)


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 500 " + HOSTILE.encode() + b"\x9b2J\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 200_000,
    b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps({"message": HOSTILE}).encode(),
    b"HTTP/9.9 \x1b[2J\r\n\r\n",
], ids=["reason", "depth", "object", "protocol"])
def test_wrong_answers_are_told_once(tmp_path: Path, receiver: int, answer: bytes) -> None:
    path = tmp_path / "docker.sock"
    with (sender(receiver) as roots, daemons.serving(path, {"/": answer}),
          capturing(tmp_path, "-i", "lo", "-c", "3", "--docker-address", path) as seen):
        seen.wait_for("Docker at")
        for _ in range(3):
            send(roots)
        seen.wait()
    assert seen.status == 0
    assert seen.stderr.count("Docker at") == 1
    assert clean(seen.stderr)


@pytest.mark.parametrize("place", ["/containers/json", "/events"])
def test_endless_answers(tmp_path: Path, receiver: int, place: str) -> None:
    path = tmp_path / "docker.sock"
    answers = {"/containers/json": daemons.ok([]), "/events": daemons.STREAM}
    answers[place] = daemons.endless(daemons.STREAM, b"[]," * 20_000)
    with (sender(receiver) as roots, daemons.serving(path, answers),
          capturing(tmp_path, "-i", "lo", "--docker-address", path) as seen):
        seen.wait_for("Docker at")      # it has given up
        send(roots)
        status = Path(f"/proc/{seen.process.pid}/status").read_text()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 250_000
    assert seen.stderr.count("Docker at") == 1


def test_a_name_makes_no_container(tmp_path: Path, receiver: int) -> None:
    """What counts is where the runtime's process is; what ordinary groups are called does not."""
    file, path = tmp_path / "x.pcapng", tmp_path / "docker.sock"
    with (group(f"/docker/{ONE}") as true, group(f"/forged/{ONE}") as false, group(f"/x/docker-{TWO}.scope") as wrong,
          sender(receiver, *true) as inside, sender(receiver, *false) as outside, sender(receiver, *wrong) as other):
        answers = docker(container(ONE, "/web"), container(TWO, "/other"), pids={ONE: inside.pid})
        with daemon(path, answers, []), capturing(tmp_path, "-i", "lo", "-w", file, "--docker-address", path):
            send(inside, outside, other)
    assert names(captured(file, inside)) == {"web"}
    assert names(captured(file, outside)) == {None}
    assert names(captured(file, other)) == {None}


def test_labels_make_no_pod_and_hide_none(tmp_path: Path, receiver: int) -> None:
    file, path = tmp_path / "x.pcapng", tmp_path / "docker.sock"
    pod = {"io.kubernetes.pod.name": "p", "io.kubernetes.pod.namespace": "n", "io.kubernetes.pod.uid": "u",
           "io.kubernetes.container.name": "main"}
    hidden = pod | {"io.kubernetes.docker.type": "podsandbox", "io.cri-containerd.kind": "sandbox"}
    with (group(f"/docker/{ONE}") as first, group(f"/docker/{TWO}") as second,
          sender(receiver, *first) as one, sender(receiver, *second) as two):
        answers = docker(container(ONE, "/one", Labels=pod), container(TWO, "/two", Labels=hidden))
        with (daemon(path, answers, []),
              capturing(tmp_path, "-i", "lo", "-w", file, "--docker-address", path, "--container-name", "one,two")):
            send(one, two)
    assert names(captured(file, one)) == {"one"}
    assert names(captured(file, two)) == {"two"}
    assert {p.pod for p in ptcpdump.open(file)} == {None}


@pytest.mark.parametrize("parent", ["docker", "forged"])
def test_groups_made_in_a_loop_delay_nothing(tmp_path: Path, receiver: int, parent: str) -> None:
    """Each seems to be a container that begins."""
    path, file = tmp_path / "docker.sock", tmp_path / "x.pcapng"
    with group(f"/{parent}/x"), daemon(path, docker(), []), sender(receiver) as roots:
        here = Path(cgroup2_mounts()[0]) / parent
        loop = (f"import os\nfor n in range(200_000):\n    path = f'{here}/{{n:064x}}'\n"
                "    os.mkdir(path)\n    os.rmdir(path)\n")
        with subprocess.Popen([sys.executable, "-c", loop]) as maker:
            try:
                with capturing(tmp_path, "-i", "lo", "-c", "20", "-w", file, "--docker-address", path) as seen:
                    for _ in range(20):
                        send(roots)
                    seen.wait()
                assert maker.poll() is None, "the loop was over too soon to tell"
            finally:
                maker.kill()
    assert len(list(ptcpdump.open(file))) == 20
