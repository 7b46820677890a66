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

from ptcpdump.errors import PrivilegeError, PtcpdumpError
from ptcpdump.kernel.bindings.mappings import Mappings
from ptcpdump.kernel.bindings.object import Link
from ptcpdump.kernel.loading.secrets import Secret, SecretProbes
from ptcpdump.procfs import processes
from ptcpdump.threads import PAUSE, Faults, start_thread
from ptcpdump.tls.files import MappedFile, mapped_files, open_mapped
from ptcpdump.tls.keylog import is_label
from ptcpdump.tls.locate import Locator

_PATIENCE = 5.0             # seconds that a start waits for what runs already to be looked at
_END = 2.0                  # seconds that the end waits for the thread
_MOST_PROBES = 4096         # probes at one time: each is a file that stays open
_MOST_SAID = 16             # refusals that are told, and then that there are more

class KeyProbes:
    """Probes for the secrets of all programs that are wanted, those that start later too.

    kinds: of kinds.KINDS. wants(secret): whether somebody asked for this process's. looks_at(pid): whether a process's
    files are looked into at all. take(secret): gets each secret, in this object's thread. warn(text): what a user
    should know. Raises UnsupportedError or PrivilegeError where the kernel allows none of it.
    """

    def __init__(self, kinds: frozenset[str], wants: Callable[[Secret], bool], looks_at: Callable[[int], bool],
                 take: Callable[[Secret], None], warn: Callable[[str], None], kernel_btf: str | None = None) -> None:
        self._wants = wants
        self._looks_at = looks_at
        self._take = take
        self._warn = warn
        self._locator = Locator(kinds)
        self._files: dict[tuple[int, ...], list[Link]] = {}
        self._places: set[tuple[int, int, int]] = set()     # device, inode and offset of each probe
        self._said = 0
        self._closed = False
        self._following = True
        self._lock = threading.Lock()
        self._looked = threading.Event()        # what ran before has been looked at
        self._probes = SecretProbes(kernel_btf)
        self._mappings: list[Mappings] = []
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread: threading.Thread | None = None

    def start(self, programs: Iterable[str] = ()) -> None:
        """Begin: what is mapped from now on is seen; then look at what runs, and at these files, that will run soon."""
        try:
            self._mappings.extend(map(Mappings, _cpus()))
        except PtcpdumpError as error:
            self._stop_following()
            self._warn(f"TLS keys of programs that start from now on are not taken: {error}")
        for path in programs:
            self._consider_path(path)
        self._thread = start_thread(self._run, "TLS keys")
        if not self._looked.wait(_PATIENCE):
            self._warn("TLS keys: there are many programs to look at; some are probed a little later")

    def relinquish(self) -> None:
        """Root's privileges will be given up: what is probed stays so, nothing is added."""
        self._following = False
        self._signal()

    def finish(self) -> None:
        """Hand on what has come, and say what was lost. Call it once, after the last packet."""
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
        with self._lock:
            for links in self._files.values():
                for link in links:
                    link.close()
            self._files.clear()
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
            self._look_at_running()
        self._looked.set()
        while not self._closed:
            ready = dict(poll.poll())
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
        for file in self._news():
            self._consider(file)

    def _news(self) -> list[MappedFile]:
        """What was mapped since the last time."""
        with self._lock:
            return [MappedFile(pid, path, f"{start:x}-{end:x}") for mapping in self._mappings
                    for pid, start, end, inode, path in mapping.read() if inode]

    def _drain(self) -> None:
        """Hand on the secrets that have come."""
        with self._lock:
            secrets = [] if self._closed and not self._files else self._probes.read()
        for secret in secrets:
            if is_label(secret.label) and any(secret.random) and self._wants(secret):
                self._take(secret)

    def _look_at_running(self) -> None:
        hidden = 0
        for pid in processes():
            if self._closed:
                return
            if pid == os.getpid() or not self._looks_at(pid):
                continue
            try:
                for file in mapped_files(pid):
                    self._consider(file)
            except PermissionError:
                hidden += 1
        if hidden:
            self._warn(f"TLS keys of {hidden} running processes are not taken: we may not look at their files "
                       "(CAP_SYS_PTRACE)")

    def _consider(self, file: MappedFile) -> None:
        """Probe a file if it has something to probe."""
        if not file.path.startswith("/") or not self._looks_at(file.pid):
            return
        with suppress(PermissionError):
            descriptor = open_mapped(file)
            if descriptor is not None:
                try:
                    self._probe(descriptor, file.path)
                finally:
                    os.close(descriptor)

    def _consider_path(self, path: str) -> None:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                self._probe(descriptor, path)
            finally:
                os.close(descriptor)

    def _probe(self, descriptor: int, path: str) -> None:
        about = os.fstat(descriptor)
        key = about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns
        with self._lock:
            if key in self._files or self._closed:
                return
            self._files[key] = []
        located = self._locator.locate(descriptor)
        if located.refused:
            self._refuse(f"TLS keys of {path} are not taken: {located.refused}")
        for place in located.places:
            if len(self._places) >= _MOST_PROBES:
                self._refuse(f"TLS keys of {path} are not taken: {_MOST_PROBES} probes are there already")
                return
            # a file that was only touched since is probed there already
            where = about.st_dev, about.st_ino, place.offset
            if where in self._places:
                continue
            try:
                link = self._probes.attach(descriptor, place, path)
            except (PtcpdumpError, PrivilegeError) as error:
                self._refuse(f"TLS keys of {path} are not taken: {error}")
                return
            with self._lock:
                self._places.add(where)
                self._files.setdefault(key, []).append(link)

    def _refuse(self, text: str) -> None:
        self._said += 1
        if self._said < _MOST_SAID:
            self._warn(text)
        elif self._said == _MOST_SAID:
            self._warn("TLS keys of further programs are not taken, which are not named here")

    def _signal(self) -> None:
        """Have the thread look at what has changed."""
        with suppress(BlockingIOError):     # it has much to look at already
            os.write(self._waker, b"x")

    def _stop_following(self) -> None:
        for mapping in self._mappings:
            mapping.close()
        self._mappings.clear()


def _cpus() -> list[int]:
    """The CPUs that are online."""
    found: list[int] = []
    for part in Path("/sys/devices/system/cpu/online").read_text().strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
