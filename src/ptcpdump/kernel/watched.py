"""Interfaces of backends that see all of them: which ones are wanted is a map that the programs ask."""

import struct

from ptcpdump.kernel.loader import Loaded
from ptcpdump.kernel.object import delete_from_map, write_map
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
    return struct.pack("=II", interface.netns, interface.index)      # struct interface_key of bpf/record.h
