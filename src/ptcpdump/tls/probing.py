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
from typing import Protocol

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.mappings import Mappings
from ptcpdump.kernel.loading.secrets import Secret, SecretProbes
from ptcpdump.threads import PAUSE, Faults, start_thread
from ptcpdump.tls.keylog import is_label
from ptcpdump.tls.looking import consider, look_at_running, new_files, online_cpus
from ptcpdump.tls.placing import Placer
from ptcpdump.tls.programs import LaterPrograms

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
        self._following = True                  # whether files are considered here
        self._paused = False
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

    def hand_over(self) -> LaterPrograms:
        """Root's privileges will be given up: who keeps them follows programs from now on.

        Until resume() there is no thread here, so that the process can be forked.
        """
        self._following = False
        self._paused = True
        self._signal()
        if self._thread is not None:
            self._thread.join()
        self._stop_following()
        return LaterPrograms(self._probes, self._placer, self._taker.expect_derivations)

    def resume(self) -> None:
        """Go on, with what probes tell alone."""
        self._paused = False
        self._thread = start_thread(self._run, "TLS keys")

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
        if self._following:
            with faults:
                look_at_running(self._placer, self._warn, lambda: self._closed or self._paused)
        self._looked.set()
        while not self._closed and not self._paused:
            patience = self._placer.patience if self._following else None
            ready = dict(poll.poll(None if patience is None else patience * 1000))
            with faults:
                self._see_to(woken=self._wake in ready)
            if faults.failed:
                time.sleep(PAUSE)

    def _see_to(self, *, woken: bool) -> None:
        """Take in what has happened."""
        if woken:
            os.read(self._wake, 64)
        self._drain()
        if self._following:
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
