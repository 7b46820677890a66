"""What is known of an interface: the same for a live device and for one that a savefile describes."""

from collections.abc import Callable

from ptcpdump.records import dataclass


@dataclass(frozen=True, slots=True)
class Interface:
    """One row of a run's interface table; `Packet.interface` is the number of a row.

    name: the device's name, empty where a savefile does not say.
    index: ifindex inside its network namespace, 0 if unknown.
    netns: inode of the network namespace, 0 if unknown.
    netns_path: a path by which that namespace can be entered, empty if unknown.
    linktype: LINKTYPE_ value, see https://www.tcpdump.org/linktypes.html.
    snaplen: at most this many bytes of a packet are captured; 0: no limit.
    filter: the capture filter in force, as the user wrote it.
    description: free text of the interface's savefile; for a live device of another network namespace which one that
        is, by its name, where it has one, and its inode.
    label: how text lines and savefiles name it where that is not its name, for instance "eth0@web" or
        "eth0@4026532281" for a device of another network namespace.
    options: what else a pcapng file says of it, as (code, value) of the options of its description in this machine's
        byte order (draft-ietf-opsawg-pcapng, section 4.2).
    """

    name: str = ""
    index: int = 0
    netns: int = 0
    netns_path: str = ""
    linktype: int = 1
    snaplen: int = 262144
    filter: str = ""
    description: str = ""
    label: str = ""
    options: tuple[tuple[int, bytes], ...] = ()

    @property
    def shown(self) -> str:
        """How text lines name it."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Statistics:
    """Packets of an interface, as pcapng's interface statistics tell them; None where nobody counted.

    received: by the interface; dropped: by the interface for lack of resources; accepted: by the filter; os_dropped: by
    the system; delivered: to whoever captured. started and ended: nanoseconds since the epoch.
    """

    received: int | None = None
    dropped: int | None = None
    accepted: int | None = None
    os_dropped: int | None = None
    delivered: int | None = None
    started: int | None = None
    ended: int | None = None

    def __add__(self, other: "Statistics") -> "Statistics":
        """Both together: numbers are added, the time is that from the first start to the last end."""
        return Statistics(
            _sum(self.received, other.received), _sum(self.dropped, other.dropped), _sum(self.accepted, other.accepted),
            _sum(self.os_dropped, other.os_dropped), _sum(self.delivered, other.delivered),
            _one(min, self.started, other.started), _one(max, self.ended, other.ended))


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one + other, (1 << 64) - 1)


def _one(which: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else which(one, other)
