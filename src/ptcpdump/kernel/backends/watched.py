"""Interfaces of backends that see all of them: which ones are wanted is a map that the programs ask."""

from abc import ABC, abstractmethod

from ptcpdump.kernel.backends.base import Expression, FilterPrograms, directions
from ptcpdump.kernel.bindings.maps import delete_from_map, write_map
from ptcpdump.kernel.bindings.structs import INTERFACE_KEY
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.net.interface import Interface


class Watched:
    """The map `watched` of bpf/slots.h."""

    def __init__(self, loaded: Loaded) -> None:
        self._map = loaded.object.map_fd("watched")

    def add(self, interface: Interface) -> None:
        """Let the programs take packets of this interface."""
        write_map(self._map, _key(interface), b"\1")

    def drop(self, interface: Interface) -> None:
        """The reverse of add(); nothing happens for one that was not added."""
        delete_from_map(self._map, _key(interface))


def _key(interface: Interface) -> bytes:
    return INTERFACE_KEY.pack(netns=interface.netns, ifindex=interface.index)


class WatchingBackend(ABC):
    """The programs of one run, attached from the first interface on. Raises FilterError, UnsupportedError."""

    def __init__(self, loaded: Loaded, expression: Expression, direction: str) -> None:
        self._loaded = loaded
        self._expression = expression
        self._directions = directions(direction)
        self._filters = FilterPrograms()
        self._watched = Watched(loaded)
        self._opened = False

    def attach(self, interface: Interface) -> None:
        """Take packets of an interface, in whatever namespace it is."""
        self._watched.add(interface)
        if not self._opened:
            self._open(interface)
            self._opened = True

    def detach(self, interface: Interface) -> None:
        """Take no more packets of an interface."""
        self._watched.drop(interface)

    def look_around(self, run_inside: object) -> list[str]:
        """Nobody's programs stand before these."""
        return []

    @abstractmethod
    def _open(self, interface: Interface) -> None:
        """Attach the programs; the interface is the first, for which the expression is compiled."""
