"""The kernel's table of other namespaces' addresses (`neighbours` in bpf/maps.h)."""

import contextlib
import struct

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.object import Object, delete_from_map, write_map
from ptcpdump.net.neighbours import Key

_KEY = struct.Struct("=I16s")
_NUMBER = struct.Struct("=i")


class NeighbourTable:
    """Keeps the map equal to what is known in user space."""

    def __init__(self, loaded: Object) -> None:
        self._map = loaded.map_fd("neighbours")
        self._written: dict[Key, int] = {}

    def __bool__(self) -> bool:
        return bool(self._written)

    def set(self, table: dict[Key, int]) -> None:
        """Write what changed."""
        for key in self._written.keys() - table.keys():
            delete_from_map(self._map, _KEY.pack(*key))
        for key, number in table.items():
            if self._written.get(key) != number:
                with contextlib.suppress(PtcpdumpError):    # full: packets of the others are found nevertheless
                    write_map(self._map, _KEY.pack(*key), _NUMBER.pack(number))
        self._written = table
