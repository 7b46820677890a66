"""Takes TLS secrets out of running programs: finds their files, probes them, and hands on what the probes tell.

A thread of its own does it, for looking into a file may take a while. A probe sits in a file, so it holds for all
processes that run it, now and later; whose secrets are wanted is asked for each secret. Of the memory of processes only
the arguments of the calls that are probed are looked at.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.mappings import Mappings
from ptcpdump.kernel.loading.secrets import Secret, SecretProbes
from ptcpdump.procfs import processes
from ptcpdump.threads import PAUSE, Faults, start_thread
from ptcpdump.tls.files import MappedFile, mapped_files
from ptcpdump.tls.keylog import is_label
from ptcpdump.tls.placing import Placer

_PATIENCE = 5.0             # seconds that a start waits for what runs already to be looked at
_END = 2.0                  # seconds that the end waits for the thread


class Taker(Protocol):
    """Who gets what probes have read, in their thread."""

    def probed(self, secret: Secret) -> None:
        """Take a secret, or what one is derived from."""

    def expect_derivations(self) -> None:
        """From now on there are probes that tell what secrets are derived from."""


class KeyProbes:
    """Probes for the secrets of all programs that are wanted, those that start later too.

    kinds: of kinds.KINDS. wants(secret): whether somebody asked for this process's. looks_at(pid): whether a process's
    files are looked into at all. taker: gets each secret. warn(text): what a user should know. Raises UnsupportedError
    or PrivilegeError where the kernel allows none of it.
    """

    def __init__(self, kinds: frozenset[str], wants: Callable[[Secret], bool], looks_at: Callable[[int], bool],
                 taker: Taker, warn: Callable[[str], None], kernel_btf: str | None = None) -> None:
        self._wants = wants
        self._taker = taker
        self._warn = warn
        self._closed = False
        self._following = True
        self._lock = threading.Lock()
        self._looked = threading.Event()        # what ran before has been looked at
        self._probes = SecretProbes(kernel_btf)
        self._placer = Placer(kinds, self._probes, looks_at, taker.expect_derivations, warn)
        self._mappings: list[Mappings] = []
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread: threading.Thread | None = None

    def start(self, programs: Iterable[str] = ()) -> None:
        """Begin: what is mapped from now on is seen; then look at what runs, and at these files, that will run soon."""
        try:
            self._mappings.extend(map(Mappings, online_cpus()))
        except PtcpdumpError as error:
            self._stop_following()
            self._warn(f"TLS keys of programs that start from now on are not taken: {error}")
        for path in programs:
            self._placer.consider_path(path)
        self._thread = start_thread(self._run, "TLS keys")
        if not self._looked.wait(_PATIENCE):
            self._warn("TLS keys: there are many programs to look at; some are probed a little later")

    def relinquish(self) -> None:
        """Root's privileges will be given up: what is probed stays so, nothing is added."""
        self._following = False
        self._signal()

    def finish(self) -> None:
        """Hand on what has come, and say what was lost. Call it once, after the last packet."""
        if self._following:
            self._placer.look(over=True)
        self._drain()
        lost, unreadable = self._probes.counters()
        if lost:
            self._warn(f"{lost} TLS secrets were lost: so many came at once")
        if unreadable:
            self._warn(f"{unreadable} TLS secrets could not be read from their programs")

    def close(self) -> None:
        """Take all probes out; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._signal()
        if self._thread is not None:
            self._thread.join(_END)
        self._placer.close()
        with self._lock:
            self._stop_following()
        self._probes.close()
        if self._thread is None or not self._thread.is_alive():
            os.close(self._wake)
            os.close(self._waker)

    # ------------------------------------------------------------------ in the thread

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._probes.fileno(), select.POLLIN)
        for mapping in self._mappings:
            poll.register(mapping.fileno(), select.POLLIN)
        faults = Faults("TLS keys", self._warn)
        with faults:
            look_at_running(self._placer, self._warn, lambda: self._closed)
        self._looked.set()
        while not self._closed:
            patience = self._placer.patience
            ready = dict(poll.poll(None if patience is None else patience * 1000))
            with faults:
                self._see_to(poll, woken=self._wake in ready)
            if faults.failed:
                time.sleep(PAUSE)

    def _see_to(self, poll: select.poll, *, woken: bool) -> None:
        """Take in what has happened."""
        if woken:
            os.read(self._wake, 64)
        if not self._following:
            for mapping in self._mappings:
                poll.unregister(mapping.fileno())
            self._stop_following()
        self._drain()
        with self._lock:
            news = new_files(self._mappings)
        consider(self._placer, news)

    def _drain(self) -> None:
        """Hand on the secrets that have come."""
        with self._lock:
            secrets = [] if self._closed else self._probes.read()
        for secret in secrets:
            named = secret.transcript or (is_label(secret.label) and any(secret.random))
            if named and self._wants(secret):
                self._taker.probed(secret)

    def _signal(self) -> None:
        """Have the thread look at what has changed."""
        with suppress(BlockingIOError):     # it has much to look at already
            os.write(self._waker, b"x")

    def _stop_following(self) -> None:
        for mapping in self._mappings:
            mapping.close()
        self._mappings.clear()


def look_at_running(placer: Placer, warn: Callable[[str], None], over: Callable[[], bool]) -> None:
    """Consider the files of all processes that run, until over() is true."""
    hidden = 0
    for pid in processes():
        if over():
            return
        if pid == os.getpid() or not placer.looks_at(pid):
            continue
        try:
            for file in mapped_files(pid):
                placer.consider(file)
        except PermissionError:
            hidden += 1
    if hidden:
        warn(f"TLS keys of {hidden} running processes are not taken: we may not look at their files (CAP_SYS_PTRACE)")


def new_files(mappings: Iterable[Mappings]) -> list[MappedFile]:
    """What was mapped since the last time."""
    return [MappedFile(pid, path, f"{start:x}-{end:x}") for mapping in mappings
            for pid, start, end, inode, path in mapping.read() if inode]


def consider(placer: Placer, files: Iterable[MappedFile]) -> None:
    """Consider files that were mapped just now, and what has waited for such."""
    for file in files:
        with suppress(PermissionError):
            placer.consider(file)
    placer.look()


def online_cpus() -> list[int]:
    """The CPUs that are online."""
    found: list[int] = []
    for part in Path("/sys/devices/system/cpu/online").read_text().strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
