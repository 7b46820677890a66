"""What the kernel's programs must know of other namespaces so that packets passing through find their process."""

import contextlib
import struct
from collections.abc import Iterable

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.object import delete_from_map, write_map
from ptcpdump.kernel.loading.hooks import ECHO
from ptcpdump.kernel.loading.loader import Loaded, attach_late
from ptcpdump.net.neighbours import Key, Neighbour, Neighbours
from ptcpdump.net.netns import Namespace

_KEY = struct.Struct("=I16s")
_NEIGHBOUR = struct.Struct("=iI")


class PassingPackets:
    """Keeps the map `neighbours` (bpf/maps.h) equal to what the other namespaces are.

    captured, everything: the namespaces that are captured, and all that there are. Where packets can pass through, the
    hook that sees who sends echo requests is attached too; elsewhere it would only cost.
    """

    def __init__(self, loaded: Loaded, captured: Iterable[Namespace], everything: Iterable[Namespace]) -> None:
        self._loaded = loaded
        self._map = loaded.object.map_fd("neighbours")
        self._written: dict[Key, Neighbour] = {}
        self._echo = False
        self._neighbours = Neighbours(captured, everything)
        self._write()

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when read() may find a change."""
        return self._neighbours.fileno()

    def read(self) -> None:
        """Take in what changed; never waits."""
        self._neighbours.read()
        self._write()

    def rescan(self, everything: Iterable[Namespace]) -> None:
        """Take in all namespaces that there are now, and let go of those that are gone."""
        self._neighbours.rescan(everything)
        self._write()

    def capture(self, namespace: Namespace) -> None:
        """Look from this namespace, too."""
        self._neighbours.capture(namespace)

    def close(self) -> None:
        """Stop following; a second call does nothing."""
        self._neighbours.close()

    def _write(self) -> None:
        table = self._neighbours.table()
        for key in self._written.keys() - table.keys():
            delete_from_map(self._map, _KEY.pack(*key))
        for key, neighbour in table.items():
            if self._written.get(key) != neighbour:
                with contextlib.suppress(PtcpdumpError):    # full: packets of the others are found nevertheless
                    write_map(self._map, _KEY.pack(*key), _NEIGHBOUR.pack(*neighbour))
        self._written = table
        if table and not self._echo and self._neighbours.pass_through():
            self._echo = True
            attach_late(self._loaded, ECHO)
