"""What the flags of a live capture say and do."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import COMMAND, LIMIT, capturing, needs_privileges, run

pytestmark = needs_privileges


@pytest.fixture
def comma() -> Iterator[str]:
    """A device whose name holds a comma."""
    name = f"p,{os.getpid() % 100000}"
    run("ip", "link", "add", name, "type", "veth", "peer", "name", f"q{os.getpid() % 100000}")
    try:
        run("ip", "link", "set", name, "up")
        yield name
    finally:
        run("ip", "link", "delete", name)


def send(count: int, port: int = 9) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(b"x", ("127.0.0.1", port))


@pytest.mark.parametrize("form", ["{}", "lo,{}"])
def test_interface_with_a_comma(comma: str, tmp_path: Path, form: str) -> None:
    name = comma if form == "{}" else comma.replace(",", r"\,")
    with capturing(tmp_path, "-i", form.format(name), "-w", tmp_path / "x") as seen:
        pass
    assert comma in seen.stderr.partition("listening on ")[2]


def test_pid_of_nobody(tmp_path: Path) -> None:
    process = subprocess.Popen(["true"])
    process.wait(LIMIT)
    with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x", "--pid", f"{process.pid},{os.getpid()}") as seen:
        pass
    assert f"--pid {process.pid}: there is no such process" in seen.stderr


def test_pid_of_somebody(tmp_path: Path) -> None:
    with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x", "--pid", str(os.getpid())) as seen:
        pass
    assert "no such process" not in seen.stderr


@pytest.mark.parametrize("more", [[], ["-w", "/dev/null"]])
def test_count(tmp_path: Path, more: list[str]) -> None:
    with capturing(tmp_path, "-i", "lo", "-c", "3", "--count", *more, "udp port 1019") as seen:
        send(5, 1019)
        seen.wait()
    assert seen.stdout == "3 packets\n"
    assert seen.stderr.endswith("0 packets dropped by kernel\n")


def test_quiet(tmp_path: Path) -> None:
    with capturing(tmp_path, "-i", "lo", "-c", "1", "--log-level", "error", "--pid", str(2**22 - 1)) as seen:
        pass
    assert "listening" not in seen.stderr
    assert "warning" not in seen.stderr


def test_socket_filter_without_its_capability(tmp_path: Path) -> None:
    lacking = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
    done = run(*lacking, *COMMAND, "-i", "lo", "--backend", "socket-filter", check=False)
    assert done.returncode == 1
    assert "capturing needs CAP_NET_RAW" in done.stderr
    with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x", prefix=lacking):
        pass
