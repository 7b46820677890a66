"""Which network namespace has which address, for the programs: so that forwarded packets find their process."""

import contextlib
from collections.abc import Iterable

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.maps import delete_from_map, write_map
from ptcpdump.kernel.bindings.structs import ADDRESS_KEY, ADDRESS_NETNS
from ptcpdump.kernel.loading.hooks import ECHO
from ptcpdump.kernel.loading.loader import Loaded, attach_late
from ptcpdump.net.addresses import AddressTable, Key, Place
from ptcpdump.net.netns import Namespace


class ForwardedOwners:
    """Keeps the map `addresses` (bpf/maps.h) up to date.

    captured, everything: the namespaces that are captured, and all that there are. Where packets are
    forwarded, the hook that sees who sends echo requests is attached too; elsewhere it would only cost.
    """

    def __init__(self, loaded: Loaded, captured: Iterable[Namespace], everything: Iterable[Namespace]) -> None:
        self._loaded = loaded
        self._map = loaded.object.map_fd("addresses")
        self._written: dict[Key, Place] = {}
        self._echo = False
        self._table = AddressTable(captured, everything)
        self._write()

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when read() may find a change."""
        return self._table.fileno()

    def read(self) -> None:
        """Take in what changed; never waits."""
        self._table.read()
        self._write()

    def rescan(self, everything: Iterable[Namespace]) -> None:
        """Take in all namespaces that there are now, and let go of those that are gone."""
        self._table.rescan(everything)
        self._write()

    def add_captured(self, namespace: Namespace) -> None:
        """Look from this namespace, too."""
        self._table.add_captured(namespace)

    def leave_to_others(self) -> None:
        """See AddressTable."""
        self._table.leave_to_others()

    def close(self) -> None:
        """Stop following; a second call does nothing."""
        self._table.close()

    def _write(self) -> None:
        table = self._table.table()
        for key in self._written.keys() - table.keys():
            delete_from_map(self._map, _key(*key))
        for key, place in table.items():
            if self._written.get(key) != place:
                with contextlib.suppress(PtcpdumpError):    # full: packets of the others are found nevertheless
                    write_map(self._map, _key(*key), ADDRESS_NETNS.pack(nsid=place[0], netns=place[1]))
        self._written = table
        if table and not self._echo and self._table.forwards():
            self._echo = True
            attach_late(self._loaded, ECHO)


def _key(netns: int, address: bytes) -> bytes:
    return ADDRESS_KEY.pack(netns=netns, address=address)
