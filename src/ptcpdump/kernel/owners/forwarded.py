"""Which network namespace has which address, for the programs: so that forwarded packets find their process, and none
that is not theirs."""

import contextlib
from collections.abc import Iterable

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.maps import delete_from_map, write_map
from ptcpdump.kernel.bindings.structs import ADDRESS_KEY, ADDRESS_NETNS, LOCAL_KEY
from ptcpdump.kernel.loading.hooks import ECHO
from ptcpdump.kernel.loading.loader import Loaded, attach_late
from ptcpdump.net.addresses import AddressTable, Key, Place
from ptcpdump.net.local import Prefix
from ptcpdump.net.netns import Namespace

_OTHERS: Prefix = (0, bytes(16))        # all that is not a namespace's own


class ForwardedOwners:
    """Keeps the maps `addresses` (bpf/base_maps.h) and `local` (bpf/local.h) up to date.

    captured, everything: the namespaces that are captured, and all that there are. Where packets are
    forwarded, the hook that sees who sends echo requests is attached too; elsewhere it would only cost.
    """

    def __init__(self, loaded: Loaded, captured: Iterable[Namespace], everything: Iterable[Namespace]) -> None:
        self._loaded = loaded
        self._map = loaded.object.map_fd("addresses")
        self._local = None if loaded.plain else loaded.object.map_fd("local")
        self._written: dict[Key, Place] = {}
        self._own: dict[int, frozenset[Prefix]] = {}
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
        self._write_own()

    def stay_at_home(self) -> None:
        """See AddressTable."""
        self._table.stay_at_home()

    def leave_to_others(self) -> None:
        """See AddressTable."""
        self._table.leave_to_others()

    def close(self) -> None:
        """Stop following; a second call does nothing."""
        self._table.close()

    def _write_own(self) -> None:
        """A namespace counts as known while all that is its own is written."""
        if self._local is None:
            return
        now = self._table.own()
        for netns in self._own.keys() | now.keys():
            before, own = self._own.pop(netns, frozenset()), now.get(netns, frozenset())
            if own == before:
                self._own[netns] = own
                continue
            if netns not in now:
                delete_from_map(self._local, _local_key(netns, _OTHERS))
            for prefix in before - own:
                delete_from_map(self._local, _local_key(netns, prefix))
            if netns not in now:
                continue
            try:
                for prefix in own - before:
                    write_map(self._local, _local_key(netns, prefix), b"\1")
                write_map(self._local, _local_key(netns, _OTHERS), b"\0")
                self._own[netns] = own
            except PtcpdumpError:       # full
                delete_from_map(self._local, _local_key(netns, _OTHERS))

    def _write(self) -> None:
        self._write_own()
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


def _local_key(netns: int, prefix: Prefix) -> bytes:
    bits, address = prefix
    return LOCAL_KEY.pack(bits=32 + bits, netns=netns, address=address)


def _key(netns: int, address: bytes) -> bytes:
    return ADDRESS_KEY.pack(netns=netns, address=address)
