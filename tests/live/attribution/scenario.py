"""Traffic whose owners the test knows, captured by every backend at once and judged packet by packet.

A scenario is a function that makes processes do something and returns what it knows: which packets must be whose. It
is played while all backends capture; where something has to be there before, it is a generator, whose first step comes
before the captures. A packet is right, unknown (nobody is named, or the other end, marked as such), or wrong. Unknown
is allowed only where a scenario says why a backend can't know; wrong never is.
"""

import contextlib
import inspect
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from ptcpdump import Packet
from ptcpdump.context.model import Found
from ptcpdump.kernel.owners.unknown import Unknown
from tests.live.attribution.recording import HERE, ROLES
from tests.live.harness import Actor, Link, actor

IN, OUT = 1, 2
MORE_ROLES = Path(__file__).with_name("roles_more.py")


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
    """Packets that have one of these owners; none: nobody may be named, nor the kernel, but the other end, as such.

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
            return packet.found is Found.PEER or (packet.process is None and packet.found is not Found.KERNEL)
        return packet.found is not Found.PEER and any(owner.is_of(packet) for owner in self.owners)


@dataclass
class Verdict:
    """Numbers of packets, and the lines of those that were wrong or unknown."""

    right: int = 0
    unknown: int = 0
    wrong: int = 0
    missing: int = 0
    lines: list[str] = field(default_factory=list)

    @staticmethod
    def all_seen(packets: list[Packet], expected: list[Expected]) -> bool:
        """Whether there are as many packets as there must be."""
        return all(len(one.chosen(packets)) >= one.least for one in expected)

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
    """Where a scenario plays: our end of a veth pair, and the namespace behind it."""

    link: Link
    ranges: Iterator[int] = field(default_factory=lambda: cycle(range(10_000, 30_000, 100)))

    def role(self, name: str, *words: object, inside: bool = False,
             script: Path = ROLES) -> contextlib.AbstractContextManager[Actor]:
        """A process of roles.py, or of another script like it.

        Each one inside gets its ports from a range of its own (ip_local_port_range, ip(7)), which ours are not from
        either: packets are told apart by their ports, and a client may otherwise get its server's, or that of the
        client before it.
        """
        prefix: list[str] = []
        if inside:
            first = next(self.ranges)
            prefix = self.link.inside("sh", "-c", 'echo "$0" > /proc/sys/net/ipv4/ip_local_port_range; exec "$@"',
                                      f"{first} {first + 99}")
        return actor(name, *words, prefix=prefix, script=script)


def converse(kind: str, client: Actor) -> None:
    """A client asks, and ends."""
    client.tell()
    if kind == "tcp":
        client.receive()
        client.tell()
    client.receive()
    client.tell()
    client.end()


Play = Callable[[Stage], list[Expected] | Generator[None, None, list[Expected]]]


@dataclass(frozen=True)
class Scenario:
    """Something that is played.

    where: the place that is captured at. unknown: why a backend may not know owners. unseen: backends that do not see
    these packets at all. since: of older kernels the table says that they may show another owner.
    """

    title: str
    play: Play
    where: str = HERE
    unknown: dict[str, str] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    since: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """For pytest."""
        return self.play.__name__

    def begin(self, stage: Stage) -> Generator[None, None, list[Expected]]:
        """Play it. What is before its first `yield` comes before the captures; most have none."""
        played = self.play(stage)
        if isinstance(played, Generator):
            return (yield from played)
        return played

    @property
    def begins_early(self) -> bool:
        """Whether a part of it comes before the captures."""
        return inspect.isgeneratorfunction(self.play)


SCENARIOS: list[Scenario] = []


def scenario(title: str, *, where: str = HERE, unknown: tuple[Unknown, ...] = (),
             unseen: tuple[str, ...] = (), since: tuple[int, int] = (0, 0)) -> Callable[[Play], None]:
    """Add a function to the scenarios. It sets things up, and returns what it knows of the packets that were seen."""
    reasons = {backend.name: each.what for each in unknown for backend in each.backends}

    def add(play: Play) -> None:
        SCENARIOS.append(Scenario(title, play, where, reasons, frozenset(unseen), since))

    return add


def with_text(text: bytes, direction: int = 0) -> Callable[[Packet], bool]:
    """Packets that carry this."""
    return lambda p: text in p.data and direction in (0, p.direction)


def of_port(port: object, direction: int = 0) -> Callable[[Packet], bool]:
    """Packets from or to this port."""
    return lambda p: (f".{port} " in p.line or f".{port}:" in p.line) and direction in (0, p.direction)
