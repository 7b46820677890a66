"""What /proc tells of a process (proc_pid_stat(5))."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")    # ns of the clock tick that start times are counted in


@dataclass(frozen=True, slots=True)
class Stat:
    """A process as its `stat` file describes it."""

    comm: str           # at most 15 bytes; those that are no UTF-8 as surrogates
    parent: int         # pid; 0: none
    start_ticks: int    # clock ticks since boot


def read_stat(process: Path) -> Stat | None:
    """Of a process by its folder in /proc; None: it is gone."""
    try:
        text = os.fsdecode((process / "stat").read_bytes())
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")      # the name may hold parentheses
    fields = rest.split()
    return Stat(name, int(fields[1]), int(fields[19]))


def processes(proc: Path = PROC) -> Iterator[int]:
    """Pids of all processes that there are now."""
    for name in os.listdir(proc):
        if name.isdecimal():
            yield int(name)
