"""The interfaces of a live capture as they come and go: attached to, with a row of the run's table each."""

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from ptcpdump.errors import InterfaceError, PtcpdumpError
from ptcpdump.kernel.backends.base import Backend
from ptcpdump.kernel.bindings.maps import delete_from_map, read_map
from ptcpdump.kernel.bindings.structs import INTERFACE_KEY
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.kernel.traits import traits
from ptcpdump.net.interface import Interface, Statistics
from ptcpdump.net.interfaces import ANY, find_interface, interface
from ptcpdump.net.netns import Namespace, enter, find_namespace
from ptcpdump.net.watcher import LinkNews
from ptcpdump.records import replace
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.run.settings import Settings
from ptcpdump.sources.interface_rows import InterfaceRows

if TYPE_CHECKING:
    from ptcpdump.run.helper import Helper

_ON_THEIR_WAY = 1_000_000_000       # ns for which packets of an interface that is gone may still be recorded
_UNWATCHED = 4096                   # interfaces that nobody tells the end of; from there on idle ones are let go of

_OPTIONS = ((12, b"linux"),)        # if_os, for pcapng

Key = tuple[int, int]               # inode of the network namespace, ifindex


class Attachments:
    """Attaches a backend to interfaces and keeps rows (sources.interface_rows) up to date."""

    def __init__(self, settings: Settings, table: InterfaceTable, rows: InterfaceRows, loaded: Loaded,
                 backend: Backend, warn: Callable[[str], None]) -> None:
        self._settings = settings
        self._traits = traits(settings.backend)
        self._table = table
        self._rows = rows
        self._drops = loaded.object.map_fd("drops")
        self._backend = backend
        self._warn = warn
        self._every = ANY in settings.interfaces
        self._known: dict[Key, Interface] = {}      # all that have a row in `rows`
        self._alive: set[Key] = set()               # those that are attached to
        self._unwatched: dict[Key, int] = {}        # those that nobody attached to, with their packets at the last look
        self._leaving: deque[tuple[int, Key]] = deque()
        self._relinquished = False      # others attach and detach
        self._find: Callable[[int, int], Interface | None] = find_interface

    def attach(self, found: Interface) -> None:
        """Attach to an interface and give it a row. Raises PtcpdumpError."""
        key = (found.netns, found.index)
        self._enroll(found)
        try:
            if not self._relinquished:
                enter(namespace_of(found), lambda: self._backend.attach(found))
        except BaseException:
            self._let_go(key)
            raise
        self._alive.add(key)

    @property
    def alive(self) -> dict[Key, Interface]:
        """The interfaces that are attached to."""
        return {key: self._known[key] for key in self._alive}

    def relinquish(self, helper: "Helper | None") -> None:
        """From now on a helper, which tells of it, attaches and detaches, or nobody does."""
        self._relinquished = True
        if helper is not None:
            self._find = helper.find

    def unknown(self, netns: int, ifindex: int) -> None:
        """Give a row to an interface that a packet came from without one: nobody had to attach to it, or it is gone."""
        found = self._find(netns, ifindex) or Interface(
            name=f"if{ifindex}", index=ifindex, netns=netns, label=f"{ifindex}@{netns}")
        if len(self._unwatched) >= _UNWATCHED:
            self._forget_idle()
        self._unwatched[netns, ifindex] = 0
        self._enroll(found)

    def take_in(self, news: LinkNews) -> None:
        """Follow what the kernel says of an interface."""
        key = (news.namespace.inode, news.link.index)
        match news.what:
            case "removed" if key in self._alive:
                self._alive.discard(key)
                if not self._relinquished:
                    self._backend.detach(self._known[key])
                self._leaving.append((time.monotonic_ns(), key))
            case "renamed" if key in self._alive:
                self._enroll(interface(news.link, news.namespace))
            case "added" | "renamed" if key not in self._alive and (
                    self._every or news.link.name in self._settings.interfaces):
                self._try_to_attach(news)

    def _try_to_attach(self, news: LinkNews) -> None:
        try:
            self.attach(interface(news.link, news.namespace))
        except InterfaceError:
            pass        # gone again, or a device whose packets nobody can read
        except PtcpdumpError as error:
            self._warn(str(error))

    def check_any_left(self) -> None:
        """Raise InterfaceError when the last interface that was named has disappeared."""
        if not self._alive and not self._every and not self._settings.netns:
            names = ", ".join(sorted({row.name for row in self._known.values()}))
            raise InterfaceError(f"{names}: the interface disappeared")

    def recycle(self, drained: int) -> None:
        """Let go of the rows of interfaces that went away before `drained` (CLOCK_MONOTONIC ns).

        All packets recorded until then have been handed out. One that comes later nevertheless gets a row anew.
        """
        while self._leaving and self._leaving[0][0] + _ON_THEIR_WAY < drained:
            _, key = self._leaving.popleft()
            if key in self._known and key not in self._alive:
                self._let_go(key)

    def tell_statistics(self) -> None:
        """Tell the table of all packets so far; for the end of a capture."""
        for key in list(self._known):
            self._count(key)

    def tell_so_far(self) -> None:
        """Tell the sink of all packets until now; for the end of a savefile that another one follows."""
        for key in self._known:
            row = self._rows.row(*key)
            if row is not None:
                self._table.tell_so_far(row, self._counted(key))

    def look_around(self) -> list[str]:
        """What others have done to our hooks meanwhile; see Backend.look_around()."""
        return self._backend.look_around(lambda row, look: enter(namespace_of(row), look))

    def _enroll(self, found: Interface) -> None:
        """Let packets of an interface belong to its row from now on."""
        key = (found.netns, found.index)
        shown = replace(self._traits.as_seen(found), snaplen=self._settings.snaplen, filter=self._settings.expression,
                        options=_OPTIONS)
        if self._known.get(key) == shown:
            return
        row = self._table.row(shown)
        if key in self._known:
            self._let_go(key)
        self._known[key] = shown
        self._rows.put(*key, row, shown.linktype)

    def _let_go(self, key: Key) -> None:
        self._count(key)
        row = self._rows.row(*key)
        self._rows.drop(*key)
        del self._known[key]
        self._unwatched.pop(key, None)
        if row is not None:
            self._table.release(row)

    def _forget_idle(self) -> None:
        """Interfaces that nobody attached to and that had no packets since the last time may be gone."""
        for key, before in list(self._unwatched.items()):
            packets = self._rows.packets(*key)
            if packets == before:
                self._let_go(key)
            else:
                self._unwatched[key] = packets

    def _counted(self, key: Key) -> Statistics:
        """How many packets of an interface came, and how many were dropped."""
        raw = read_map(self._drops, INTERFACE_KEY.pack(netns=key[0], ifindex=key[1]), 8)
        dropped = int.from_bytes(raw, sys.byteorder) if raw else 0
        return Statistics(received=self._rows.packets(*key) + dropped, dropped=dropped)

    def _count(self, key: Key) -> None:
        """Tell the table of an interface's packets, for the last time."""
        row = self._rows.row(*key)
        counted = self._counted(key)
        if counted.dropped:         # another interface may get this number
            delete_from_map(self._drops, INTERFACE_KEY.pack(netns=key[0], ifindex=key[1]))
        if row is not None:
            self._table.count(row, counted)


def namespace_of(row: Interface) -> Namespace:
    """The network namespace of an interface. Raises InterfaceError.

    Its path may be that of a process: a pid that another one has got leads to another namespace.
    """
    if not row.netns_path:
        return Namespace(row.netns)
    found = find_namespace(row.netns_path)
    if found.inode != row.netns:
        raise InterfaceError(f"network namespace {row.netns} is gone: {row.netns_path} is another one now")
    return found
