"""Puts probes into the files that programs run, and says which of them can't be probed."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from ptcpdump.errors import PrivilegeError, PtcpdumpError
from ptcpdump.kernel.bindings.object import Link
from ptcpdump.kernel.loading.secrets import Place, SecretProbes
from ptcpdump.tls.changes import Changes, File
from ptcpdump.tls.files import MappedFile, mapped_files, open_mapped
from ptcpdump.tls.locate import Locator

_MOST_PROBES = 4096         # probes at one time: each is a file that stays open
_MOST_FILES = 1 << 16       # that are remembered
_MOST_SAID = 16             # refusals that are told, and then that there are more
_LATER = 0.5                # seconds until a process has also loaded what a library of it needs
_MOST_LATER = 1024          # libraries that wait for that


class Placer:
    """Considers files, each once, and probes those that have something to probe; in one thread at a time.

    probes: closed by the caller, after this. looks_at(pid): whether a process's files are looked into at all.
    expect_derivations(): called when there are probes of what secrets are derived by. warn(text): what a user should
    know.
    """

    def __init__(self, kinds: frozenset[str], probes: SecretProbes, looks_at: Callable[[int], bool],
                 expect_derivations: Callable[[], None], warn: Callable[[str], None]) -> None:
        self.looks_at = looks_at
        self._locator = Locator(kinds)
        self._probes = probes
        self._expect_derivations = expect_derivations
        self._warn = warn
        self._files: OrderedDict[tuple[int, ...], None] = OrderedDict()     # that were considered
        self._links: dict[tuple[int, int, int], Link] = {}      # by device, inode and offset of each probe
        self.changes = Changes()        # of files that are probed
        self.on_change: Callable[[File], None] = lambda file: None      # for whoever else has their probes
        self._refused: list[tuple[float, MappedFile, str]] = [] # refusals that may be mended, and when they are told
        self._said = 0
        self._closed = False
        self._lock = threading.Lock()

    @property
    def patience(self) -> float | None:
        """Seconds until look() has to be called; None where nothing waits."""
        return _LATER if self._refused else None

    def elsewhere(self, expect_derivations: Callable[[], None], warn: Callable[[str], None]) -> None:
        """Go on in another process, forked from ours, which tells these; it has to look at the files of everybody."""
        self._expect_derivations = expect_derivations
        self._warn = warn
        self.looks_at = _everybody

    def consider(self, file: MappedFile) -> None:
        """Probe a file that a process has mapped, if it has something to probe. Raises PermissionError."""
        if not file.path.startswith("/") or not self.looks_at(file.pid):
            return
        descriptor = open_mapped(file)
        if descriptor is not None:
            try:
                self._probe(descriptor, file)
            finally:
                os.close(descriptor)

    def consider_path(self, path: str) -> None:
        """The same for a file that will be run, or loaded, by this name."""
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                self._probe(descriptor, MappedFile(0, path))
            finally:
                os.close(descriptor)

    def look(self, *, over: bool = False) -> None:
        """Decide on libraries that could not be probed a moment ago; over: on all. In any thread."""
        now = time.monotonic()
        while True:
            with self._lock:
                if not self._refused or not (over or self._refused[0][0] <= now):
                    return
                _, file, text = self._refused.pop(0)
            if not self._probe_derivation(file):
                self._refuse(text)

    def look_at_changes(self) -> None:
        """Take the probes out of files that are written to: what they are now is looked at when it is run."""
        for file in self.changes.read():
            self.take_out(file)
            self.on_change(file)

    def take_out(self, file: File) -> None:
        """Take all probes out of a file; in any thread."""
        with self._lock:
            for where in [where for where in self._links if where[:2] == file]:
                self._links.pop(where).close()

    def close(self) -> None:
        """Take all probes out, and put no more in."""
        with self._lock:
            self._closed = True
            for link in self._links.values():
                link.close()
            self._links.clear()
        self.changes.close()

    def _probe(self, descriptor: int, file: MappedFile) -> None:
        key = _contents(descriptor)
        if key in self._files or self._closed:
            return
        self._files[key] = None
        if len(self._files) > _MOST_FILES:      # the oldest is looked into again should it be met again
            self._files.popitem(last=False)
        located = self._locator.locate(descriptor)
        for place in located.places:
            if not self._attach(descriptor, place, file.path, key):
                return
        if not located.refused:
            return
        text = f"TLS keys of {file.path} are not taken: {located.refused}"
        if not located.derives or len(self._refused) >= _MOST_LATER:
            self._refuse(text)
        elif not self._probe_derivation(file):
            self._refused.append((time.monotonic() + _LATER, file, text))

    def _attach(self, descriptor: int, place: Place, path: str, contents: tuple[int, ...]) -> bool:
        """Probe a place that was found in an open file, unless that is done; False when it can't be, which is said."""
        about = os.fstat(descriptor)
        where = about.st_dev, about.st_ino, place.offset
        if where in self._links:        # the file was only touched since
            return True
        try:
            if len(self._links) >= _MOST_PROBES:
                raise PtcpdumpError(f"{_MOST_PROBES} probes are there already")
            if not self.changes.watch(descriptor):
                raise PtcpdumpError("it can't be followed whether it changes (inotify; fs.inotify.max_user_watches)")
            if _contents(descriptor) != contents:       # what was found is not there any more
                return False
            link = self._probes.attach(descriptor, place, path)
        except (PtcpdumpError, PrivilegeError) as error:
            self._refuse(f"TLS keys of {path} are not taken: {error}")
            return False
        with self._lock:
            self._links[where] = link
            if self._closed:        # meanwhile
                link.close()
        return True

    def _probe_derivation(self, file: MappedFile) -> bool:
        """Probe what a library that was refused derives its secrets by; False where nothing is found that does."""
        for other in _beside(file):
            with suppress(OSError):
                descriptor = open_mapped(other) if other.pid else os.open(other.path, os.O_RDONLY | os.O_CLOEXEC)
                if descriptor is None:
                    continue
                try:
                    contents = _contents(descriptor)
                    place = self._locator.locate_derivation(descriptor)
                    if place is not None and self._attach(descriptor, place, other.path, contents):
                        self._expect_derivations()
                        return True
                finally:
                    os.close(descriptor)
        return False

    def _refuse(self, text: str) -> None:
        self._said += 1
        if self._said < _MOST_SAID:
            self._warn(text)
        elif self._said == _MOST_SAID:
            self._warn("TLS keys of further programs are not taken, which are not named here")


def _contents(descriptor: int) -> tuple[int, ...]:
    """What tells an open file, and what is in it, from others."""
    about = os.fstat(descriptor)
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def _everybody(_pid: int) -> bool:
    return True


def _beside(file: MappedFile) -> Iterator[MappedFile]:
    """Where a library's other half may be: in its process, or where it is kept."""
    if file.pid:
        with suppress(PermissionError):
            yield from (each for each in mapped_files(file.pid) if each.path.startswith("/"))
    else:
        yield from (MappedFile(0, str(path)) for path in Path(file.path).parent.glob("libcrypto.so.[3-9]*"))
