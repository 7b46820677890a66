"""Packets as the library's users see them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
from ptcpdump.net.interface import Interface


class Direction(IntEnum):
    """Which way a packet went, seen from the interface; the values are those of pcapng's epb_flags."""

    UNKNOWN = 0
    IN = 1
    OUT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet.

    time_ns: nanoseconds since the epoch (UTC). data: what was captured, from the link-level header on (see linktype, a
    LINKTYPE_ value). length: bytes on the wire. line: as the command prints it, without line feed.
    """

    time_ns: int
    interface: Interface
    direction: int = Direction.UNKNOWN
    data: bytes
    length: int
    linktype: int
    context: Context | None = None
    line: str = ""

    @property
    def time(self) -> datetime:
        """Time of capture in UTC, to the microsecond."""
        seconds, nanoseconds = divmod(self.time_ns, 1_000_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)

    @property
    def process(self) -> Process | None:
        """The process that the packet belongs to, if that is known."""
        return self.context.process if self.context else None

    @property
    def parent(self) -> Process | None:
        """The parent of that process."""
        return self.context.parent if self.context else None

    @property
    def thread(self) -> Thread | None:
        """The thread, where the kernel told it apart from the process."""
        return self.context.thread if self.context else None

    @property
    def uid(self) -> int | None:
        """The user id of the process."""
        return self.context.uid if self.context else None

    @property
    def container(self) -> Container | None:
        """The container of the process."""
        return self.context.container if self.context else None

    @property
    def pod(self) -> Pod | None:
        """The Kubernetes pod of the process."""
        return self.context.pod if self.context else None

    @property
    def found(self) -> Found | None:
        """How the process was found."""
        return self.context.found if self.context else None

    def __str__(self) -> str:
        return self.line
