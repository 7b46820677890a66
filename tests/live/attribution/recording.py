"""Captures of all backends that go on while one scenario after the other is played: to start them takes longest."""

import contextlib
import json
import pickle
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ptcpdump import Packet
from tests.live.harness import LIMIT, Actor, Link, actor

BACKENDS = ("tc", "cgroup-skb", "tp-btf", "socket-filter")
STARTED = 5 * LIMIT     # seconds that several may take to start at once, in an emulated machine
HERE, THERE, LOOPBACK = "here", "there", "lo"       # our end of the veth pair, the other one, our loopback
ROLES = Path(__file__).with_name("roles.py")
RECORDER = Path(__file__).with_name("recorder.py")


@dataclass
class _Recorder:
    process: subprocess.Popen[bytes]

    @classmethod
    @contextlib.contextmanager
    def start(cls, settings: dict[str, object], prefix: list[str]) -> Iterator["_Recorder"]:
        process = subprocess.Popen([*prefix, sys.executable, str(RECORDER), json.dumps(settings)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            yield cls(process)
            process.stdin.close()
            assert process.wait(LIMIT) == 0, process.args
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdin.close()
            process.stdout.close()

    def next(self, limit: int = LIMIT) -> object:
        """What it hands over next, within so many seconds."""
        assert select.select([self.process.stdout], [], [], limit)[0], f"nothing comes from {self.process.args}"
        try:
            return pickle.load(self.process.stdout)
        except EOFError:
            raise AssertionError(f"{self.process.args} ended: {self.process.wait(LIMIT)}") from None


@dataclass
class Recording:
    """Backends that capture in one namespace, all of them mostly. What they have got is taken piece by piece."""

    recorders: dict[str, _Recorder]
    marker: Actor

    @classmethod
    @contextlib.contextmanager
    def start(cls, interfaces: list[str], address: str, prefix: list[str],
              backends: tuple[str, ...] = BACKENDS) -> Iterator["Recording"]:
        """address: of the first of the interfaces. prefix: what runs a command in the namespace."""
        with contextlib.ExitStack() as stack:
            recorders = {backend: stack.enter_context(_Recorder.start(
                {"interface": interfaces, "backend": backend}, prefix)) for backend in backends}
            marker = stack.enter_context(actor("marker", address, prefix=prefix, script=ROLES))
            marker.receive()
            for recorder in recorders.values():
                assert recorder.next(STARTED) == "ready"
            yield cls(recorders, marker)

    def take(self) -> dict[str, list[Packet]]:
        """All packets until now that have not been taken yet, in the order of time, by backend."""
        self.marker.tell()
        self.marker.receive()
        return {backend: list(recorder.next()) for backend, recorder in self.recorders.items()}


@contextlib.contextmanager
def recordings(link: Link) -> Iterator[dict[str, Recording]]:
    """Captures at all places where scenarios are played."""
    with Recording.start([link.here, "lo"], link.ip4, []) as here, \
            Recording.start([link.there], link.peer4, link.inside()) as there:
        yield {HERE: here, LOOPBACK: here, THERE: there}
