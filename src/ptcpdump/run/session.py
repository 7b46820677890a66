"""One live capture: kernel programs, interfaces, owners and sinks wired together, from start to the last packet.

Nothing is printed here; whoever runs a session shows its counters, and its warnings as they come.
"""

import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ptcpdump.context.containers.follower import ContainerFollower
from ptcpdump.context.escape import escape
from ptcpdump.context.owners import OwnerResolver
from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.render import Part, Renderer
from ptcpdump.context.text_cache import ContextCache
from ptcpdump.errors import InterfaceError, PtcpdumpError
from ptcpdump.kernel.backends.base import Backend, Expression
from ptcpdump.kernel.backends.table import Traits, open_backend, traits
from ptcpdump.kernel.bindings.lanes import Lanes
from ptcpdump.kernel.bindings.maps import read_map
from ptcpdump.kernel.bindings.object import possible_cpus
from ptcpdump.kernel.bindings.ring import Ring
from ptcpdump.kernel.bindings.structs import COUNTERS, EVENT_BUFFER, INTERFACE_KEY
from ptcpdump.kernel.loading import loader
from ptcpdump.kernel.owners import selection
from ptcpdump.kernel.owners.forwarded import ForwardedOwners
from ptcpdump.net.interface import Interface
from ptcpdump.net.interfaces import ANY, find_interface, interface
from ptcpdump.net.netns import Namespace, all_namespaces, enter, find_namespace
from ptcpdump.net.spotter import NamespaceSpotter
from ptcpdump.net.watcher import LinkNews, NamespaceNews, News, Watcher
from ptcpdump.run.preparation import Preparation, Settings
from ptcpdump.sinks.sink import Sink
from ptcpdump.sources.live import LiveSource

_LOOK_AROUND = 1.0                      # seconds between looks for others' programs before ours
_PATIENCE = 1.0                         # seconds without packets after which we look around nevertheless
# seconds that a packet may wait for its batch when nobody is watching: while the kernel has to wake us, fewer
_LATENCY, _SHORTEST = 0.05, 0.002


@dataclass(frozen=True, slots=True)
class Counters:
    """Numbers of packets: handed to the sinks, passed by the filter, lost because the buffer was full."""

    captured: int
    received: int
    dropped: int
    lost_events: int = 0
    unfollowed: int = 0     # children of selected processes for which there was no room
    forgotten: int = 0      # processes and earlier programs of them that were forgotten before their time


def log_warning(text: str) -> None:
    """Hand a warning to the logger `ptcpdump`."""
    import logging  # noqa: PLC0415  most captures have nothing to say

    logging.getLogger("ptcpdump").warning("%s", escape(text))


@dataclass(slots=True)
class Session:
    """A capture that can be started, polled and ended. Use it as a context manager: leaving it detaches everything."""

    settings: Settings
    sink: Sink
    renderer: Renderer = field(default_factory=Renderer)
    warn: Callable[[str], None] = log_warning       # called in any thread with what a user should know
    preparation: Preparation | None = None          # made with the same settings; None: start() makes it
    relinquished: bool = False      # privileges were given up: what needs them is left as it was then
    table: list[Interface] = field(default_factory=list)
    processes: ProcessTable = field(default_factory=ProcessTable)
    cache: ContextCache = field(init=False)

    _loaded: loader.Loaded | None = None
    _backend: Backend | None = None
    _source: LiveSource | None = None
    _watcher: Watcher | None = None
    _epoll: select.epoll | None = None
    _polled: set[int] = field(default_factory=set)
    _containers: ContainerFollower | None = None
    _passing: ForwardedOwners | None = None
    _spotter: NamespaceSpotter = field(default_factory=NamespaceSpotter)
    _rows: dict[tuple[int, int], int] = field(default_factory=dict)
    _alive: set[tuple[int, int]] = field(default_factory=set)
    _final: Counters | None = None
    _pace: float = _LATENCY
    _next_look: float = 0

    def __post_init__(self) -> None:
        self.cache = ContextCache(None, self.renderer)

    # ------------------------------------------------------------------ start

    def start(self) -> None:
        """Attach everything. Raises PtcpdumpError, and leaves nothing behind then."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        settings = self.settings
        preparation = self.preparation = self.preparation or Preparation(settings)
        if settings.owner.by_container or self.renderer.parts & (Part.CONTAINER | Part.POD):
            self._containers = ContainerFollower(settings.runtimes, self.warn)
        namespaces = preparation.namespaces
        self._loaded, self._watcher = preparation.take()
        expression = Expression(settings.expression, settings.snaplen, settings.optimize)
        self._backend = open_backend(self._traits, self._loaded, expression, settings.direction,
                                     preparation.take_keeper())
        self._source = self._open_source(self._loaded)
        if settings.owner:
            selected = selection.Selection(self._loaded.object, settings.owner)
            self.processes.listeners.append(selected.on_event)
            selected.fill()
        self._epoll = select.epoll()
        self._listen(self._watcher.fileno())
        if self._containers is not None:
            self._listen(self._containers.fileno())
        for descriptor in self._source.filenos():
            # edge-triggered for batches: what counts is that the kernel woke us, not that something is there
            self._epoll.register(descriptor, select.EPOLLIN | (0 if settings.immediate else select.EPOLLET))
        loader.attach(self._loaded)
        if settings.owner:
            selected.add_running()
            if self._containers is not None and settings.owner.by_container:
                self._containers.select(settings.owner, selected)
        everything = all_namespaces()
        self._spotter.looked(everything, again=1)   # for what came while we were starting
        self.processes.namespace_listener = self._spotter.on_event
        self._passing = ForwardedOwners(self._loaded, namespaces, everything)
        self._listen(self._passing.fileno())
        for text in loader.losses(self._loaded):
            self.warn(text)
        if self._watcher.unwatched:
            self.warn(f"{self._watcher.unwatched} network namespaces are left out, since no more files may be opened: "
                      "raise the hard limit (ulimit -Hn)")
        if loader.needs_proc_sockets(self._loaded):
            from ptcpdump.kernel.owners import proc_sockets  # noqa: PLC0415  only where the kernel has no iterators

            for namespace in namespaces:
                proc_sockets.write_sockets(self._loaded.object.map_fd("flows"), namespace)
        for row in preparation.interfaces:
            try:
                self._add(row)
            except InterfaceError:
                if row.name in settings.interfaces or not settings.interfaces:
                    raise       # else one of many, which went away just now
        self.processes.scan()
        if self._containers is not None:
            self._containers.settle()

    def _open_source(self, loaded: loader.Loaded) -> LiveSource:
        owners = OwnerResolver(
            self.processes, all_threads=self._traits.always_thread,
            containers=self._containers.lookup if self._containers else None)
        source = LiveSource(self.sink, self.cache, self.processes, owners, self._unknown, self.settings.max_packets)
        transport, maps = loaded.transport, loaded.object
        if transport.ring:
            source.read_rings(Ring(maps.map_fd("packets"), transport.ring), Ring(maps.map_fd("events"), EVENT_BUFFER))
        else:
            source.read_perf(maps.map_fd("packets_perf"), maps.map_fd("events_perf"), transport.perf_pages)
        if transport.lane:
            source.read_lanes(Lanes(maps.map_fd("lanes"), possible_cpus(), transport.lane, transport.lane_stride))
        return source

    @property
    def _traits(self) -> Traits:
        return traits(self.settings.backend)

    # ------------------------------------------------------------------ interfaces

    def _add(self, row: Interface) -> None:
        """Attach to an interface, with its own row in the table."""
        assert self._backend is not None
        backend = self._backend
        seen = self._traits.as_seen(row)
        known = self._rows.get((row.netns, row.index))
        if known is None or self.table[known] != seen:
            self._enroll(seen)
        enter(_namespace_of(row), lambda: backend.attach(row))
        self._alive.add((row.netns, row.index))

    def _rename(self, key: tuple[int, int], seen: Interface) -> None:
        """An interface has another name from now on: what came before keeps the old one, with what is known of it."""
        assert self._source is not None
        if self.table[self._rows[key]] == seen:
            return
        self._source.consume()
        self.sink.set_statistics(self._rows[key], self._source.interface_packets(*key), 0)
        self._enroll(seen)

    def _enroll(self, row: Interface) -> None:
        assert self._source is not None
        self._source.add_interface(row.netns, row.index, len(self.table), row.linktype)
        self._rows[row.netns, row.index] = len(self.table)
        self.table.append(row)
        self.sink.add_interface(row)

    def _unknown(self, netns: int, ifindex: int) -> None:
        """A packet came from an interface that has no row: nobody had to be attached to it, or it is gone already."""
        row = find_interface(netns, ifindex) or Interface(
            name=f"if{ifindex}", index=ifindex, netns=netns, label=f"{ifindex}@{netns}")
        self._enroll(self._traits.as_seen(row))

    def _follow(self) -> None:
        """Take in what the kernel says of interfaces that came and went."""
        assert self._watcher is not None
        self._take_in(self._watcher.read())

    def _rescan(self) -> None:
        """Look for what nobody tells: namespaces that only processes keep."""
        assert self._watcher is not None and self._passing is not None
        everything = all_namespaces()
        self._spotter.looked(everything)
        self._take_in(self._watcher.rescan(everything))
        self._passing.rescan(everything)

    def _take_in(self, all_news: list[News]) -> None:
        assert self._backend is not None and self._passing is not None
        every = ANY in self.settings.interfaces
        for news in all_news:
            if isinstance(news, NamespaceNews) and news.what == "added":
                self._passing.add_captured(news.namespace)
            if not isinstance(news, LinkNews):
                continue
            key = (news.namespace.inode, news.link.index)
            if news.what == "removed" and key in self._alive:
                self._alive.discard(key)
                self._backend.detach(self.table[self._rows[key]])
            elif news.what == "renamed" and key in self._alive:
                self._rename(key, self._traits.as_seen(interface(news.link, news.namespace)))
            elif news.what in ("added", "renamed") and key not in self._alive and (
                    every or news.link.name in self.settings.interfaces):
                try:
                    self._add(interface(news.link, news.namespace))
                except InterfaceError:
                    continue        # gone again, or a device whose packets nobody can read
                except PtcpdumpError as error:
                    self.warn(str(error))
        if not self._alive and not every and not self.settings.netns:
            names = ", ".join(sorted({row.name for row in self.table}))
            raise InterfaceError(f"{names}: the interface disappeared")

    # ------------------------------------------------------------------ run

    def poll(self, wait: float | None, wake: int | None = None) -> int:
        """Hand over the packets that are there, after waiting for some if there are none; returns how many.

        wait: seconds, None for ever. wake: a descriptor whose readability ends the waiting. Call it again at once
        while it returns packets, for more may have come meanwhile.
        """
        assert self._source is not None and self._watcher is not None and self._epoll is not None
        assert self._backend is not None
        if wake is not None:
            self._listen(wake)
        longest = _PATIENCE if self.settings.immediate else self._pace  # a batch too small to wake us is fetched so
        descriptors = {descriptor for descriptor, _ in
                       self._epoll.poll(longest if wait is None else min(wait, longest))}
        for descriptor in descriptors:
            self._take_news(descriptor)
        if self._spotter.due() and not self.relinquished:
            self._rescan()
        if time.monotonic() >= self._next_look and not self.relinquished:
            self._next_look = time.monotonic() + _LOOK_AROUND
            for text in self._backend.look_around(lambda row, look: enter(_namespace_of(row), look)):
                self.warn(text)
        woken = not descriptors.isdisjoint(self._source.filenos())
        # waking us is paid by whoever sends: so we look a little more often than it would be needed
        self._pace = max(self._pace / 2, _SHORTEST) if woken else min(self._pace * 1.05, _LATENCY)
        if not self.settings.immediate and not woken and self._containers is not None and self._containers.expecting:
            return 0        # nobody waits, and there is room
        return self._source.consume()

    def _take_news(self, descriptor: int) -> None:
        assert self._source is not None and self._watcher is not None and self._passing is not None
        if descriptor == self._watcher.fileno():
            self._follow()
        elif descriptor == self._passing.fileno():
            self._passing.read()
        elif self._containers is not None and descriptor == self._containers.fileno() and self._containers.take_news():
            self._source.forget_all()

    def _listen(self, descriptor: int) -> None:
        """Let a descriptor's readability end the waiting from now on."""
        if descriptor not in self._polled and self._epoll is not None:
            self._epoll.register(descriptor, select.EPOLLIN)
            self._polled.add(descriptor)

    def run(self, wake: int, stopped: Callable[[], bool]) -> None:
        """Hand over packets until `stopped` says so or the limit is reached; `wake` becomes readable to look anew."""
        found = 0
        while not stopped() and not self.done:
            # batches are fetched when the kernel wakes us for a whole one: asking again at once would find crumbs
            found = self.poll(0 if found and self.settings.immediate else None, wake)

    @property
    def done(self) -> bool:
        """Whether as many packets as wanted have been handed over."""
        return self._source is not None and self._source.done

    def finish(self) -> Counters:
        """Detach, hand over what the kernel has already captured, and count. A second call returns the same."""
        if self._final is None:
            assert self._source is not None and self._backend is not None
            self._backend.close()
            while not self._source.done and self._source.consume(ended=True):
                pass
            self._final = self.counters()
            for key, number in self._rows.items():
                dropped = self._dropped(*key)
                self.sink.set_statistics(number, self._source.interface_packets(*key) + dropped, dropped)
        return self._final

    def counters(self) -> Counters:
        """The counters as they are now, or as they were at the end."""
        if self._final is not None:
            return self._final
        assert self._source is not None and self._loaded is not None
        raw = read_map(self._loaded.object.map_fd("counters"), bytes(4), COUNTERS.size * possible_cpus()) or b""
        each = [COUNTERS.unpack(raw[at:at + COUNTERS.size]) for at in range(0, len(raw), COUNTERS.size)]

        def whole(name: str) -> int:
            return sum(of_cpu[name] for of_cpu in each)

        return Counters(self._source.captured, whole("received"), whole("lost") + self._source.lost_perf,
                        whole("lost_events"), whole("unfollowed"), self.processes.lives.forgotten)

    def _dropped(self, netns: int, ifindex: int) -> int:
        assert self._loaded is not None
        raw = read_map(self._loaded.object.map_fd("drops"), INTERFACE_KEY.pack(netns=netns, ifindex=ifindex), 8)
        return int.from_bytes(raw, sys.byteorder) if raw else 0

    def close(self) -> None:
        """Detach everything; packets that are not fetched yet are lost. The sink stays open."""
        if self._containers is not None:
            self._containers.close()
            self._containers = None
        if self._backend is not None:
            self._backend.close()
        if self._loaded is not None:
            if self._final is None and self._source is not None:
                self._final = self.counters()
            self._loaded.close()
            self._loaded = None
        if self.preparation is not None:
            self.preparation.close()
        if self._epoll is not None:
            self._epoll.close()
            self._epoll = None
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        if self._passing is not None:
            self._passing.close()
            self._passing = None

    def __enter__(self) -> "Session":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _namespace_of(row: Interface) -> Namespace:
    return find_namespace(row.netns_path) if row.netns_path else Namespace(row.netns)
