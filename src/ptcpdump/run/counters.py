"""How many packets a live capture has seen, and how many it has lost."""

from ptcpdump.kernel.bindings.maps import read_map
from ptcpdump.kernel.bindings.object import possible_cpus
from ptcpdump.kernel.bindings.structs import COUNTERS
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.records import dataclass


@dataclass(frozen=True, slots=True)
class Counters:
    """Numbers of packets: handed to the sinks, passed by the filter, lost because the buffer was full."""

    captured: int = 0
    received: int = 0
    dropped: int = 0
    lost_events: int = 0
    unfollowed: int = 0     # children of selected processes for which there was no room
    untracked: int = 0      # sockets for whose addresses there was no room: what comes in may be theirs
    forgotten: int = 0      # processes and earlier programs of them that were forgotten before their time


def read_counters(loaded: Loaded, captured: int, lost_perf: int, forgotten: int) -> Counters:
    """The kernel's counters of a run, of all CPUs; the others are those of user space.

    Before Linux 5.8 nobody but root may read the kernel's (after -Z): what was received is what came then.
    """
    raw = read_map(loaded.object.map_fd("counters"), bytes(4), COUNTERS.size * possible_cpus())
    if raw is None:
        return Counters(captured, captured + lost_perf, lost_perf, forgotten=forgotten)
    each = [COUNTERS.unpack(raw[at:at + COUNTERS.size]) for at in range(0, len(raw), COUNTERS.size)]

    def whole(name: str) -> int:
        return sum(of_cpu[name] for of_cpu in each)

    return Counters(captured, whole("received"), whole("lost") + lost_perf, whole("lost_events"), whole("unfollowed"),
                    whole("untracked"), forgotten)
