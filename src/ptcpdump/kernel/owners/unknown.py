"""What can't be known of owners, by backend and by kernel: packets of these kinds show nobody, or are marked.

The one table of it: `--doctor` shows what holds here, the README all, and docs/attribution.md gives it as reasons.
"""

from ptcpdump.kernel.loading import probes
from ptcpdump.kernel.traits import CGROUP_SKB, SOCKET_FILTER, TC, TP_BTF, Traits
from ptcpdump.records import dataclass

_EVERY = (TC, CGROUP_SKB, TP_BTF, SOCKET_FILTER)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that backends do not know; before: of which kernel on they do, None if that is of no help."""

    what: str
    backends: tuple[Traits, ...]
    before: tuple[int, int] | None = None

    @property
    def names(self) -> str:
        """Of the backends, as people write them."""
        return "every backend" if self.backends == _EVERY else ", ".join(backend.name for backend in self.backends)


UNSEEN = Unknown("what no socket of this host sends or gets is not seen: ARP, IGMP, tunnels, what is forwarded",
                 (CGROUP_SKB,))
GIVEN = Unknown("who was handed an open socket (SCM_RIGHTS) by a process that then ended, until it uses the socket; "
                "one that only closed it is named", _EVERY, (6, 3))
TAKEN = Unknown("who took an open socket out of another process (pidfd_getfd), or was handed it by io_uring, until it "
                "uses the socket: the other one is named while it lives", _EVERY)
RESOLVING = Unknown("who of several processes with one socket sends to a neighbour whose address is not known yet, "
                    "without function hooks", (TC,))
CROWDED = Unknown("who gets what belongs to no known connection, once there were more than 65,536 sockets",
                  (TP_BTF, SOCKET_FILTER))
CHOSEN = Unknown("which socket of a SO_REUSEPORT group a BPF program chooses", (TC, TP_BTF, SOCKET_FILTER))
GROUP = Unknown("which socket of a SO_REUSEPORT group gets what comes in", (TP_BTF, SOCKET_FILTER))
STEERED = Unknown("who gets what opens a connection, or comes in by UDP, where a program chooses sockets (SK_LOOKUP)",
                  (TP_BTF, SOCKET_FILTER))
BELOW = Unknown("who gets what comes in on a device below another one (of a bridge, a bond, a macvlan), where a socket "
                "of its port is bound to a device", (TC, TP_BTF, SOCKET_FILTER))
SHARED = Unknown("who gets what comes in by UDP for a socket that several processes receive on: until a second one "
                 "has, who used it last is named, then nobody", _EVERY)
MULTICAST = Unknown("who gets multicast, where several sockets have its port", (TC, TP_BTF, SOCKET_FILTER))
EARLY = Unknown("who gets the first packets that come in for an address that this host translates", (TC,))
INTERCEPTED = Unknown("who gets what opens a connection, or comes in by UDP, for an address that is not this host's "
                      "(TPROXY)", (TC, TP_BTF, SOCKET_FILTER))
PUBLISHED = Unknown("who gets what opens a connection, or comes in by UDP, for a port that this host translates to a "
                    "container's, where a process here has that port, too: the first time that one is named, later "
                    "nobody", (TC, TP_BTF, SOCKET_FILTER))
UNTRANSLATED = Unknown("who gets what comes in for an address that this host translates", (TP_BTF, SOCKET_FILTER))

UNKNOWN = (
    UNSEEN, TAKEN, CHOSEN, GROUP, STEERED, SHARED, BELOW, MULTICAST, EARLY, UNTRANSLATED, PUBLISHED, INTERCEPTED,
    RESOLVING, CROWDED,
    Unknown("who sends by a packet socket", (TC,), (6, 10)),
    GIVEN,
    Unknown("who gets what comes in for an address that this host translates, before the first answer", (TC,), (5, 18)),
    Unknown("which child a process that lives on has handed a socket down to, until it uses the socket: its parent is "
            "named", _EVERY, (5, 17)),
    Unknown("which of several processes that receive on a UDP socket gets what comes in: who used it last is named",
            _EVERY, (5, 17)),
    Unknown("who holds a socket whose process has ended, until it uses the socket", _EVERY, (5, 13)),
    Unknown("who uses a socket that another process opened: that one may be named", (TC,), (5, 11)),
)


def here() -> list[Unknown]:
    """What is not known with the running kernel."""
    version = probes.programs_version()
    return [each for each in UNKNOWN if each.before is None or version < each.before]


def markdown() -> str:
    """All of it as a table for the README, with the last line feed."""
    rows = [f"| {each.what} | {each.names} | {_kernels(each.before)} |" for each in UNKNOWN]
    return "\n".join(["| Not known, or not seen | With | On Linux |", "|---|---|---|", *rows, ""])


def _kernels(before: tuple[int, int] | None) -> str:
    return f"before {before[0]}.{before[1]}" if before else "any"
