"""Features of the kernel that have a next best way. PTCPDUMP_DISABLE=NAME,... takes some of them away.

That is for tests: so each way of older kernels is gone here, on one that has better ones.
"""

import os

from ptcpdump.errors import UsageError

VARIABLE = "PTCPDUMP_DISABLE"
OFF = f"switched off by {VARIABLE}"
FEATURES = {    # and what is done without each
    "types": "programs that are bound to the kernel's types are left out; raw tracepoints, /proc",
    "tracepoints": "raw tracepoints for processes; sockets are known by cgroup hooks alone",
    "functions": "sockets are known by cgroup hooks and tracepoints",
    "iterators": "earlier sockets are looked up in /proc",
    "cgroup": "sockets are known by tracepoints and /proc",
    "conntrack": "flows that are translated are known by their answers",
    "ringbuf": "perf buffers",
    "lanes": "one ring for the packets of all CPUs",
    "tcx": "filters in clsact qdiscs",
    "owners": "as before Linux 5.10: kprobes and raw tracepoints tell who uses a socket, /proc the rest",
    "openers": "and without these: owners are looked up in /proc when packets are read",
}


def usable(name: str) -> bool:
    """Whether a feature may be used if the kernel has it. Raises UsageError for a variable that names unknown ones."""
    away = os.environ.get(VARIABLE)
    if not away:
        return True
    names = away.split(",")
    for one in names:
        if one not in FEATURES:
            raise UsageError(f"{VARIABLE}: there is no feature {one}; there are: {', '.join(FEATURES)}")
    return name not in names
