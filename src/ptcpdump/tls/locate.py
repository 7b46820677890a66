"""Where the function is that a file's code hands its TLS secrets to, for each kind of library."""

import os
import stat
from dataclasses import dataclass, replace

from ptcpdump.kernel.loading.secrets import Place
from ptcpdump.tls import golang, library
from ptcpdump.tls.elf import BrokenElfError, Elf, NothingToProbeError
from ptcpdump.tls.prologues import cheapest

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Located:
    """What was found in a file. refused: why it can't be probed although it seems to have TLS; else "".

    derives: then OpenSSL's libcrypto may tell what its secrets are derived from; see find_derivation().
    """

    places: tuple[Place, ...] = ()
    refused: str = ""
    derives: bool = False


class Locator:
    """Looks into files, and remembers what it found. kinds: of kinds.KINDS, those that are wanted."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self._kinds = kinds
        self._known: dict[tuple[object, ...], Located] = {}

    def locate(self, descriptor: int) -> Located:
        """What an open file has.

        The same contents are looked at once. They are known by their build id, but for one owner and size only: whoever
        makes a file can give it any build id.
        """
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return Located()
        try:
            elf = Elf(descriptor)
        except (BrokenElfError, OSError):
            return Located()
        key = (elf.build_id, about.st_uid, about.st_size) if elf.build_id else (
            about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        found = self._known.get(key)
        if found is None:
            found = self._look(elf)
            if len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[key] = found
        return found

    def locate_derivation(self, descriptor: int) -> Place | None:
        """OpenSSL's public function that derives secrets, if an open file has it."""
        try:
            elf = Elf(descriptor)
            place = library.find_derivation(elf)
            return None if place is None else _moved(elf, place)
        except (BrokenElfError, OSError):
            return None

    def _look(self, elf: Elf) -> Located:
        try:
            if "go" in self._kinds and golang.is_go(elf):
                return Located(tuple(_moved(elf, Place(offset)) for offset in golang.find_key_log(elf)))
            if self._kinds - {"go"} and library.has_labels(elf):
                kind, place = library.find_log_secret(elf)
                return Located((_moved(elf, place),) if kind in self._kinds else ())
        except NothingToProbeError:
            return Located()
        except BrokenElfError as error:
            return Located(refused=str(error), derives="openssl" in self._kinds and not golang.is_go(elf))
        except OSError as error:
            return Located(refused=f"it can't be read: {error.strerror}")
        return Located()


def _moved(elf: Elf, place: Place) -> Place:
    """A function's place, where a probe costs least."""
    return replace(place, offset=cheapest(elf, place.offset))
