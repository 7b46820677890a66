"""Traffic whose owners the test knows, captured by every backend at once and judged packet by packet.

A scenario is a function that sets things up, captures while something happens (Stage.capturing), and returns what it
knows: which packets must be whose. A packet is right, unknown (nobody is named, or the other end, marked as such), or
wrong. Unknown is allowed only where a scenario says why a backend can't know; wrong never is.
"""

import contextlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ptcpdump import Packet
from ptcpdump.context.model import Found
from tests.live.harness import LIMIT, Actor, Link, actor

BACKENDS = ("tc", "cgroup-skb", "tp-btf", "socket-filter")
IN, OUT = 1, 2
ROLES = Path(__file__).with_name("roles.py")
MORE_ROLES = Path(__file__).with_name("roles_more.py")
RECORDER = Path(__file__).with_name("recorder.py")


@dataclass(frozen=True)
class Owner:
    """Who a packet must be shown as; what is None may be anything."""

    pid: int
    uid: int | None = None

    def is_of(self, packet: Packet) -> bool:
        """Whether the packet is shown as this one's."""
        return packet.process is not None and packet.process.pid == self.pid and self.uid in (None, packet.uid)


class Kernel:
    """The owner of sockets that the kernel has opened for itself."""

    def is_of(self, packet: Packet) -> bool:
        """Whether the packet is shown as the kernel's."""
        return packet.process is None and packet.found is Found.KERNEL


KERNEL = Kernel()


@dataclass(frozen=True)
class Expected:
    """Packets that have one of these owners; none: nobody may be named but the other end, marked as such.

    least: how many there are at least. part: of those that match, in the order of time.
    """

    which: Callable[[Packet], bool]
    owners: tuple[Owner | Kernel, ...] = ()
    least: int = 1
    part: slice = field(default_factory=lambda: slice(None))

    def chosen(self, packets: list[Packet]) -> list[Packet]:
        """The packets that it is about."""
        return list(filter(self.which, packets))[self.part]

    def allows(self, packet: Packet) -> bool:
        """Whether a packet is shown as it must be."""
        if not self.owners:
            return packet.process is None or packet.found is Found.PEER
        return packet.found is not Found.PEER and any(owner.is_of(packet) for owner in self.owners)


@dataclass
class Verdict:
    """Numbers of packets, and the lines of those that were wrong or unknown."""

    right: int = 0
    unknown: int = 0
    wrong: int = 0
    missing: int = 0
    lines: list[str] = field(default_factory=list)

    def judge(self, packets: list[Packet], expected: list[Expected]) -> "Verdict":
        """Take these packets into account."""
        for one in expected:
            found = one.chosen(packets)
            self.missing += max(0, one.least - len(found))
            for packet in found:
                borrowed = packet.found is Found.PEER
                nobody = packet.process is None and packet.found is not Found.KERNEL
                if one.allows(packet):
                    self.right += 1
                    continue
                if borrowed or nobody:
                    self.unknown += 1
                else:
                    self.wrong += 1
                self.lines.append(f"{'unknown' if borrowed or nobody else 'WRONG'}: uid {packet.uid}, "
                                  f"by {packet.found}: {packet.line}; owners {one.owners}")
        return self


@dataclass
class Stage:
    """Where a scenario plays: a namespace behind a veth pair, and a folder."""

    link: Link
    folder: Path
    packets: dict[str, list[Packet]] = field(default_factory=dict)

    @contextlib.contextmanager
    def capturing(self, interface: str = "", *, inside: bool = False, **settings: object) -> Iterator[None]:
        """Capture with all backends, on our end of the veth pair if nothing else is said.

        inside: in the namespace. settings: as those of ptcpdump.capture().
        """
        prefix = self.link.inside() if inside else []
        with contextlib.ExitStack() as stack:
            recorders = {}
            for backend in BACKENDS:
                words = {"interface": interface or self.link.here, "backend": backend, **settings}
                path = self.folder / backend
                recorders[backend] = path, stack.enter_context(_Recorder.start(path, words, prefix))
            for _, recorder in recorders.values():
                recorder.await_ready()
            yield
            for backend, (path, recorder) in recorders.items():
                recorder.stop()
                self.packets[backend] = pickle.loads(path.read_bytes())

    def role(self, name: str, *words: object, inside: bool = False,
             script: Path = ROLES) -> contextlib.AbstractContextManager[Actor]:
        """A process of roles.py, or of another script like it."""
        return actor(name, *words, prefix=self.link.inside() if inside else [], script=script)


@dataclass
class _Recorder:
    process: subprocess.Popen[str]

    @classmethod
    @contextlib.contextmanager
    def start(cls, path: Path, settings: dict[str, object], prefix: list[str]) -> Iterator["_Recorder"]:
        process = subprocess.Popen([*prefix, sys.executable, str(RECORDER), str(path), json.dumps(settings)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield cls(process)
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def await_ready(self) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n", f"no capture with {self.process.args}"

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(LIMIT) == 0, self.process.args
        self.process.stdin = None


@dataclass(frozen=True)
class Scenario:
    """unknown: why a backend may not know owners. unseen: backends that do not see these packets at all."""

    title: str
    play: Callable[[Stage], list[Expected]]
    unknown: dict[str, str] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """For pytest."""
        return self.play.__name__


SCENARIOS: list[Scenario] = []


def scenario(title: str, *, unknown: dict[str, str] | None = None,
             unseen: tuple[str, ...] = ()) -> Callable[[Callable[[Stage], list[Expected]]], None]:
    """Add a function to the scenarios."""
    def add(play: Callable[[Stage], list[Expected]]) -> None:
        SCENARIOS.append(Scenario(title, play, unknown or {}, frozenset(unseen)))

    return add


def with_text(text: bytes, direction: int = 0) -> Callable[[Packet], bool]:
    """Packets that carry this."""
    return lambda p: text in p.data and direction in (0, p.direction)


def of_port(port: object, direction: int = 0) -> Callable[[Packet], bool]:
    """Packets from or to this port."""
    return lambda p: (f".{port} " in p.line or f".{port}:" in p.line) and direction in (0, p.direction)
