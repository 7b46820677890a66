"""Names of containers under -Z: a daemon's socket is root's, so the helper asks, and nothing but what it knows."""

import contextlib
import json
import os
import re
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import daemons
import pytest

from ptcpdump.context.containers.source import RuntimeFailure
from ptcpdump.run import asking
from tests.live.containers.test_strangers import ONE, container, group, receiver, sender
from tests.live.guard.test_privileges import assert_powerless, children
from tests.live.harness import capturing, needs_privileges, send_until

pytestmark = [needs_privileges, pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")]
__all__ = ["receiver"]      # the fixture
LIST = "/containers/json"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that only root may enter."""
    path = Path(tempfile.mkdtemp(prefix="ptcpdump-asking-"))
    yield path
    shutil.rmtree(path)


def test_a_container_that_starts_later(folder: Path, tmp_path: Path, receiver: int) -> None:
    news, asked = threading.Event(), threading.Event()

    def events(connection: socket.socket) -> None:
        connection.sendall(daemons.STREAM)
        news.wait(30)
        connection.sendall(b'{"Type": "container", "Action": "start"}\n')
        with contextlib.suppress(OSError):
            connection.recv(1)

    answers: dict[str, daemons.Answer] = {LIST: daemons.ok([]), "/events": events}
    place = folder / "docker.sock"
    with (daemons.serving(place, answers), group(f"/docker/{ONE}") as into,
          capturing(tmp_path, "-Z", "nobody", "-n", "-l", "-i", "lo", "--docker-address", place,
                    f"udp dst port {receiver}") as seen):
        assert_powerless(seen.process.pid)
        assert len(children(seen.process.pid)) == 1
        with sender(receiver, *into) as process:
            answers[f"/containers/{ONE}/json"] = lambda connection: (
                connection.sendall(daemons.ok({"State": {"Pid": process.pid}})), asked.set())
            answers[LIST] = daemons.ok([container(ONE, "/later", process.pid)])
            news.set()
            assert asked.wait(30)
            send_until(seen, process, "Container [later]")
    assert "lack their names" not in seen.stderr


@contextlib.contextmanager
def asker(*addresses: str) -> Iterator[asking.Asker]:
    """What a capture has, and the helper's side in a thread."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    serving = threading.Thread(target=asking.serve, args=(theirs, addresses))
    serving.start()
    made = asking.Asker(ours)
    try:
        yield made
    finally:
        made.close()
        serving.join()
        theirs.close()


def test_questions(folder: Path) -> None:
    place = folder / "docker.sock"
    answers = {LIST: daemons.ok([1]), "/images": daemons.ok([2]), f"/containers/{ONE}/json": daemons.NOT_FOUND}
    with daemons.serving(place, answers), asker(str(place)) as made:
        assert json.loads(made.ask(str(place), f"{LIST}?all=1")) == [1]
        with pytest.raises(RuntimeFailure, match="404 Not Found"):
            made.ask(str(place), f"/containers/{ONE}/json")
        for path in ("/images/json", f"{LIST}?all=1&size=1", f"/containers/{ONE}/json/../export", "/containers/x/json",
                     f"{LIST}?all=1 HTTP/1.1\r\n\r\nPOST /containers/create"):
            with pytest.raises(RuntimeFailure, match="that is not asked with privileges"):
                made.ask(str(place), path)
        with pytest.raises(RuntimeFailure, match="that is not asked with privileges"):
            made.ask("/var/run/docker.sock", f"{LIST}?all=1")
        assert json.loads(made.ask(str(place), f"{LIST}?all=1")) == [1]


def test_answers_have_an_end(folder: Path) -> None:
    place = folder / "docker.sock"
    endless = daemons.endless(daemons.STREAM, b"x" * 65536)
    before = set(os.listdir("/proc/self/fd"))
    with daemons.serving(place, {LIST: endless}), asker(str(place)) as made:
        with pytest.raises(RuntimeFailure):
            made.ask(str(place), f"{LIST}?all=1")
        assert endless.sent < 64 << 20
    memory = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]
    assert int(memory) < 1 << 20
    assert len(set(os.listdir("/proc/self/fd")) - before) <= 2
