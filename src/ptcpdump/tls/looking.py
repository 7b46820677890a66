"""Which files are considered for probes: those of processes that run, and what is mapped as code from now on."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ptcpdump.kernel.bindings.mappings import Mappings
from ptcpdump.procfs import processes
from ptcpdump.threads import Faults
from ptcpdump.tls.files import MappedFile, mapped_files
from ptcpdump.tls.placing import Placer


def look_at_running(placer: Placer, warn: Callable[[str], None], over: Callable[[], bool], faults: Faults) -> None:
    """Consider the files of all processes that run, until over() is true. What fails concerns one process."""
    hidden = 0
    for pid in processes():
        if over():
            return
        if pid == os.getpid() or not placer.looks_at(pid):
            continue
        with faults:
            try:
                for file in mapped_files(pid):
                    placer.consider(file)
            except PermissionError:
                hidden += 1
    if hidden:
        running = "1 running process" if hidden == 1 else f"{hidden} running processes"
        warn(f"TLS keys of {running} are not taken: we may not look at their files (CAP_SYS_PTRACE)")


def new_files(mappings: Iterable[Mappings]) -> list[MappedFile]:
    """What was mapped since the last time."""
    return [MappedFile(pid, path, f"{start:x}-{end:x}") for mapping in mappings
            for pid, start, end, inode, path in mapping.read() if inode]


def consider(placer: Placer, files: Iterable[MappedFile], faults: Faults) -> None:
    """Consider files that were mapped just now, and what has waited for such. What fails concerns one file.

    Before that, files that are written to lose their probes.
    """
    with faults:
        placer.look_at_changes()
    for file in files:
        with faults, suppress(PermissionError):
            placer.consider(file)
    with faults:
        placer.look()


def online_cpus() -> list[int]:
    """The CPUs that are online."""
    found: list[int] = []
    for part in Path("/sys/devices/system/cpu/online").read_text().strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
