"""Takes TLS secrets out of running programs: finds their files, probes them, and hands on what the probes tell.

A thread looks into files, which may take a while, and another one reads what probes tell. A probe sits in a file, so it
holds for all processes that run it, now and later; whose secrets are wanted is asked for each secret. Of the memory of
processes only the arguments of the calls that are probed are looked at.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Iterable
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
_BUNCH = 0.001              # seconds after a secret until those of the same handshake are there, too


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
        self._following = True                  # whether files are considered here
        self._closed = False
        self._lock = threading.Lock()           # of the ring of secrets
        self._looked = threading.Event()        # what ran before has been looked at
        self._probes = SecretProbes(kernel_btf)
        self._placer = Placer(kinds, self._probes, looks_at, taker.expect_derivations, warn)
        self._mappings: list[Mappings] = []
        self._end_of_looking, self._end_of_reading = (os.eventfd(0, os.EFD_CLOEXEC) for _ in range(2))
        self._looking: threading.Thread | None = None
        self._reading: threading.Thread | None = None

    def start(self, programs: Iterable[str] = ()) -> None:
        """Begin: what is mapped from now on is seen; then look at what runs, and at these files, that will run soon."""
        try:
            self._mappings.extend(map(Mappings, online_cpus()))
        except PtcpdumpError as error:
            self._forget_mappings()
            self._warn(f"TLS keys of programs that start from now on are not taken: {error}")
        self._reading = start_thread(self._read, "TLS keys")
        for path in programs:
            self._placer.consider_path(path)
        self._looking = start_thread(self._look, "programs with TLS keys")
        if not self._looked.wait(_PATIENCE):
            self._warn("TLS keys: there are many programs to look at; some are probed a little later")

    def hand_over(self) -> LaterPrograms:
        """Root's privileges will be given up: who keeps them follows programs from now on, in a process that is forked.

        The thread that did has ended then, and with it whatever it held.
        """
        self._stop_looking()
        return LaterPrograms(self._probes, self._placer, self._taker.expect_derivations)

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
        os.eventfd_write(self._end_of_reading, 1)
        self._stop_looking(_END)
        if self._reading is not None:
            self._reading.join(_END)
        self._placer.close()
        with self._lock:
            self._probes.close()
        for thread, end in ((self._looking, self._end_of_looking), (self._reading, self._end_of_reading)):
            if thread is None or not thread.is_alive():
                os.close(end)

    def _stop_looking(self, seconds: float | None = None) -> None:
        self._following = False
        os.eventfd_write(self._end_of_looking, 1)
        if self._looking is not None:
            self._looking.join(seconds)
        if self._looking is None or not self._looking.is_alive():
            self._forget_mappings()

    def _forget_mappings(self) -> None:
        for mapping in self._mappings:
            mapping.close()
        self._mappings.clear()

    # ------------------------------------------------------------------ in threads

    def _look(self) -> None:
        """Consider what runs, and what is mapped from then on, as long as that is ours to do."""
        poll = select.poll()
        poll.register(self._end_of_looking, select.POLLIN)
        for mapping in self._mappings:
            poll.register(mapping.fileno(), select.POLLIN)
        if self._placer.changes.fileno() >= 0:
            poll.register(self._placer.changes.fileno(), select.POLLIN)
        faults = Faults("TLS keys", self._warn)
        look_at_running(self._placer, self._warn, lambda: not self._following, faults)
        self._looked.set()
        while self._following:
            patience = self._placer.patience
            poll.poll(None if patience is None else patience * 1000)
            if self._following:
                consider(self._placer, new_files(self._mappings), faults)

    def _read(self) -> None:
        """Hand on secrets at once: packets wait for them, and looking into a file may take longer than these do.

        At once but for a moment: to wake up for each of them would take as much time as a handshake does.
        """
        poll = select.poll()
        poll.register(self._end_of_reading, select.POLLIN)
        poll.register(self._probes.fileno(), select.POLLIN)
        faults = Faults("TLS keys", self._warn)
        while not self._closed:
            poll.poll()
            time.sleep(_BUNCH)
            with faults:
                self._drain()
            if faults.failed:
                time.sleep(PAUSE)

    def _drain(self) -> None:
        """Hand on the secrets that have come; whoever calls it last knows that all have been."""
        with self._lock:
            for secret in () if self._closed else self._probes.read():
                named = secret.transcript or (is_label(secret.label) and any(secret.random))
                if named and self._wants(secret):
                    self._taker.probed(secret)
