"""Docker: a real daemon in a namespace of its own."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from tests.live.containers import daemons
from tests.live.containers.daemons import BUSYBOX, Docker
from tests.live.harness import COMMAND, capturing, run

UID = "0fd7a5c2-1f0b-4f3a-9a39-6f6b5a7a3d11"
POD = {"io.kubernetes.pod.name": "web-0.a", "io.kubernetes.pod.namespace": "prod", "io.kubernetes.pod.uid": UID}
COUNT = 32      # short-lived ones, of which some run at the same time
HELLO = "echo hi | nc -w 1 127.0.0.1 9; true"
# A container counts as such with its main process, which a busy machine has to look at while it lives: about a second;
# one that is to be chosen by its name says hello at its end as well.
ONCE_MORE = f"{HELLO}; sleep 1; {HELLO}"


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    with daemons.place(tmp_path_factory.mktemp("docker"), 1) as place, daemons.docker(place) as client:
        yield client


@pytest.fixture
def remove(docker: Docker) -> Iterator[contextlib.ExitStack]:
    """Containers of one test."""
    yield contextlib.ExitStack()
    if left := docker("ps", "-aq").split():
        docker("rm", "-f", *left)


@contextlib.contextmanager
def capture(docker: Docker, folder: Path, packets: list[Packet], *flags: object) -> Iterator[None]:
    path = folder / "x.pcapng"
    with capturing(folder, "-i", "any", "-w", path, "--docker-address", docker.socket, *flags,
                   prefix=docker.place.enter) as seen:
        yield
    print(seen.stderr)
    packets += ptcpdump.open(path)


def names(packets: list[Packet]) -> set[str]:
    return {p.container.name for p in packets if p.container}


def test_host_network(docker: Docker, remove: object, tmp_path: Path) -> None:
    label = '"x"\n\x1b[31m\\'
    docker("run", "-d", "--name", "server", "--network", "host", "--label", f"quote={label}", BUSYBOX,
           "httpd", "-f", "-p", "8077", "-h", "/www")
    packets: list[Packet] = []
    with capture(docker, tmp_path, packets):
        docker("run", "--rm", "--name", "client", "--network", "host", BUSYBOX, "sh", "-c",
               "nc 127.0.0.1 8077 </dev/null; true")
    assert names(packets) == {"server", "client"}
    server = next(p.container for p in packets if p.container and p.container.name == "server")
    assert (server.image, server.labels) == (BUSYBOX, {"quote": label})


def test_bridge(docker: Docker, remove: object, tmp_path: Path) -> None:
    docker("run", "-d", "--name", "server", BUSYBOX, "httpd", "-f", "-p", "80", "-h", "/www")
    packets: list[Packet] = []
    with capture(docker, tmp_path, packets):
        docker("run", "--rm", "--name", "client", BUSYBOX, "sh", "-c", f"nc {docker.ip('server')} 80 </dev/null; true")
    assert names(packets) == {"server", "client"}


def test_filter_takes_either_end(docker: Docker, remove: object, tmp_path: Path) -> None:
    """Between two containers on one bridge a published port is served by docker-proxy, a process of the host."""
    docker("run", "-d", "--name", "web", "-p", "8088:80", BUSYBOX, "httpd", "-f", "-p", "80", "-h", "/www")
    docker("run", "-d", "--name", "other", BUSYBOX, "sleep", "1000")
    packets: list[Packet] = []
    with capture(docker, tmp_path, packets, "--container-name", "web", "--container-name", "other"):
        docker("exec", "other", "sh", "-c", "nc 172.17.0.1 8088 </dev/null; true")
    # the choice doesn't change whose they are: on the bridge the proxy has this end
    assert {p.process and p.process.name for p in packets} == {"docker-proxy"}
    for name in ("other", "web"):
        address = f"{docker.ip(name)}."
        assert any(address in p.line for p in packets)


def test_published_port_from_outside(docker: Docker, remove: object, tmp_path: Path) -> None:
    """The kernel translates the address: packets of both directions are the container's."""
    here, there = docker.place.namespace, f"{docker.place.namespace}o"
    docker("run", "-d", "--name", "web", "-p", "8088:80", BUSYBOX, "httpd", "-f", "-p", "80", "-h", "/www")
    run("ip", "netns", "add", there)
    try:
        run("ip", "-n", here, "link", "add", "out0", "type", "veth", "peer", "name", "out1", "netns", there)
        for name, device, address in ((here, "out0", "10.214.0.1/24"), (there, "out1", "10.214.0.2/24")):
            run("ip", "-n", name, "address", "add", address, "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
        packets: list[Packet] = []
        with capture(docker, tmp_path, packets, "-Q", "inout", "tcp"):
            run("ip", "netns", "exec", there, "curl", "-s", "--retry-connrefused", "--retry", "5",
                "http://10.214.0.1:8088/")
    finally:
        run("ip", "netns", "delete", there)
    inside = [p for p in packets if "172.17." in p.line]
    assert inside
    assert {p.container.name if p.container else "" for p in inside if "> 172.17." in p.line} == {"web"}
    assert {p.container.name if p.container else "" for p in inside if "> 172.17." not in p.line} == {"web"}


def test_filters(docker: Docker, remove: object, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        docker("run", "-d", "--name", name, "--network", "host", BUSYBOX, "sleep", "1000")
    identifier = docker("inspect", "-f", "{{.Id}}", "two")
    packets: list[Packet] = []
    with capture(docker, tmp_path, packets, "--container-name", "one", "--container-id", identifier[:20],
                 "--container-name", "later"):
        for name in ("one", "two", "three"):
            docker("exec", name, "sh", "-c", HELLO)
        docker("run", "--name", "later", "--network", "host", BUSYBOX, "sh", "-c", ONCE_MORE)
        docker("run", "--name", "foreign", "--network", "host", BUSYBOX, "sh", "-c", ONCE_MORE)
    assert names(packets) == {"one", "two", "later"}
    assert all(p.container for p in packets)


def test_rename(docker: Docker, remove: object, tmp_path: Path) -> None:
    docker("run", "-d", "--name", "old", "--network", "host", BUSYBOX, "sleep", "1000")
    packets: list[Packet] = []
    with capture(docker, tmp_path, packets):
        docker("exec", "old", "sh", "-c", HELLO)
        docker("rename", "old", "new")
        # the news takes its time: what is sent after it shows the new name
        for _ in range(10):
            docker("exec", "new", "sh", "-c", HELLO)
    assert packets[-1].container.name == "new"
    assert names(packets) <= {"old", "new"}


def test_restarted_daemon(tmp_path: Path) -> None:
    """The capture outlives a daemon, says its end once, and knows the containers of the next one."""
    folder = tmp_path / "d"
    folder.mkdir()
    packets: list[Packet] = []
    with daemons.place(folder, 4) as place, contextlib.ExitStack() as stack:
        first = stack.enter_context(daemons.docker(place))
        with capture(first, tmp_path, packets, "-U"):
            stack.close()
            second = stack.enter_context(daemons.docker(place))
            for number in range(40):        # until it is asked again, after some seconds
                second("run", "--name", f"c{number}", "--network", "host", BUSYBOX, "sh", "-c", ONCE_MORE)
                if names(list(ptcpdump.open(tmp_path / "x.pcapng"))):
                    break
    assert f"c{number}" in names(packets)


def test_dockershim_pod(docker: Docker, remove: object, tmp_path: Path) -> None:
    def labels(more: dict[str, str]) -> list[str]:
        return [word for item in {**POD, **more}.items() for word in ("--label", "=".join(item))]

    docker("run", "-d", "--name", f"k8s_POD_web-0.a_prod_{UID}_0", "--network", "host",
           *labels({"io.kubernetes.docker.type": "podsandbox", "io.kubernetes.container.name": "POD", "app": "web",
                    "annotation.note": "x"}), BUSYBOX, "sleep", "1000")
    packets: list[Packet] = []
    with capture(docker, tmp_path, packets, "--pod-name", "web-0.a.prod"):
        for name in ("main", "side"):
            docker("run", "--name", f"k8s_{name}_web-0.a_prod_{UID}_0", "--network", "host",
                   *labels({"io.kubernetes.docker.type": "container", "io.kubernetes.container.name": name}),
                   BUSYBOX, "sh", "-c", ONCE_MORE)
        docker("run", "--name", "foreign", "--network", "host", BUSYBOX, "sh", "-c", ONCE_MORE)
    assert names(packets) == {f"k8s_{name}_web-0.a_prod_{UID}_0" for name in ("main", "side")}
    pods = [p.pod for p in packets]
    assert all(pod and (pod.name, pod.namespace, pod.uid) == ("web-0.a", "prod", UID) for pod in pods)
    assert pods[0].labels == {"app": "web"}
    assert pods[0].annotations == {"note": "x"}


@pytest.mark.slow
def test_many_short_ones(docker: Docker, remove: object, tmp_path: Path) -> None:
    packets: list[Packet] = []
    with capture(docker, tmp_path, packets, "port", "9"):
        def start(number: int) -> None:
            docker("run", "--rm", "--name", f"short{number}", "--network", "host", BUSYBOX, "sh", "-c", ONCE_MORE)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(start, range(COUNT)))
    assert names(packets) == {f"short{number}" for number in range(COUNT)}
    hellos = [p for p in packets if "Flags [S]," in p.line]
    assert sum(p.container is not None for p in hellos) >= len(hellos) // 2     # the second of each, at least


def test_wrong_id(docker: Docker, tmp_path: Path) -> None:
    result = run(*docker.place.enter, *COMMAND, "-i", "lo", "-w", tmp_path / "x", "--docker-address", docker.socket,
                 "--container-id", "0" * 20, check=False)
    assert result.returncode == 1
    assert "no container has an id that starts so" in result.stderr


def test_frozen_daemon_delays_nothing(docker: Docker, remove: object, tmp_path: Path) -> None:
    os.kill(pid := int((docker.place.folder / "dockerd.pid").read_text()), signal.SIGSTOP)
    try:
        start = time.monotonic()
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x", "--docker-address", docker.socket,
                       prefix=docker.place.enter):
            took = time.monotonic() - start
    finally:
        os.kill(pid, signal.SIGCONT)
    assert took < 10


def test_silent_socket_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x", "--docker-address", path) as seen:
            held, _ = listener.accept()
            seen.wait_for(f"{path}: it does not answer")     # at once, not when the capture ends
            for _ in range(2):
                listener.accept()[0].close()    # it asks again, and fails again
            held.close()
    assert seen.stderr.count(f"{path}: it does not answer") == 1
