"""One live capture: kernel programs, interfaces and owners wired to the driver, from start to the last packet.

Nothing is printed here; whoever runs a capture shows its counters, and its warnings as they come.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ptcpdump.context.containers.follower import ContainerFollower
from ptcpdump.context.escape import escape
from ptcpdump.context.owners import OwnerResolver
from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.render import Part, Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import InterfaceError, PtcpdumpError, UnsupportedError
from ptcpdump.filters.owner import LiveMatcher
from ptcpdump.kernel.backends.base import Backend, Expression
from ptcpdump.kernel.backends.opening import open_backend
from ptcpdump.kernel.bindings.wakeup import WakeUp
from ptcpdump.kernel.loading import loader
from ptcpdump.kernel.owners import selection
from ptcpdump.kernel.owners.forwarded import ForwardedOwners
from ptcpdump.kernel.traits import traits
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interfaces import ANY, NEWLY
from ptcpdump.net.netns import all_namespaces
from ptcpdump.net.spotter import NamespaceSpotter
from ptcpdump.net.watcher import Watcher
from ptcpdump.run import buffers
from ptcpdump.run.attachments import Attachments
from ptcpdump.run.counters import Counters, read_counters
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.run.measured import Measured
from ptcpdump.run.preparation import Preparation
from ptcpdump.run.settings import Delivery, Settings
from ptcpdump.run.surroundings import Surroundings
from ptcpdump.run.waiting import Waiting
from ptcpdump.sinks.sink import Sink
from ptcpdump.sources.interface_rows import InterfaceRows
from ptcpdump.sources.live import LiveSource
from ptcpdump.threads import Faults, is_shortage

with lazy_modules:
    import logging  # most captures have nothing to say

    from ptcpdump.kernel.owners import lookup, proc_sockets  # only where the kernel has no iterators
    from ptcpdump.run import following, helper, keys

if TYPE_CHECKING:
    from ptcpdump.kernel.backends.keeper import FilterKeeper
    from ptcpdump.run.helper import Helper
    from ptcpdump.tls.probing import KeyProbes, Taker


def log_warning(text: str) -> None:
    """Hand a warning to the logger `ptcpdump`."""
    logging.getLogger("ptcpdump").warning("%s", escape(text))


def _learn_proc_sockets(loaded: loader.Loaded, preparation: Preparation) -> None:
    """Have earlier sockets known by what /proc says of them, where the kernel does not tell of them itself."""
    if not loader.needs_proc_sockets(loaded):
        return
    for namespace in preparation.namespaces:
        with suppress(InterfaceError):      # it has ended since; one that was asked for is missed by its interfaces
            proc_sockets.write_sockets(loaded.object.map_fd("flows"), namespace)


class LiveCapture:
    """A capture that can be started, driven and ended. Use it as a context manager: leaving it detaches everything.

    sink: where its packets go; it stays open. renderer: how contexts look. warn: called in any thread with what a user
    should know. preparation: made with the same settings; None: start() makes it. taker: gets TLS secrets, in a thread
    of their own, where settings.tls_keys asks for them. Once it has started, `driver` pulls its packets.
    """

    def __init__(self, settings: Settings, sink: Sink, renderer: Renderer | None = None,
                 warn: Callable[[str], None] = log_warning, preparation: Preparation | None = None,
                 taker: "Taker | None" = None) -> None:
        self.settings = settings
        self.table = InterfaceTable(sink)
        self.processes = ProcessTable()
        self._sink = sink
        self._renderer = renderer or Renderer()
        self._warn = warn = Measured(warn)
        self._preparation = preparation
        self._taker = taker
        self._keys: KeyProbes | None = None
        self._traits = traits(settings.backend)
        self._rows = InterfaceRows()
        self._spotter = NamespaceSpotter()
        self._begun = False
        self._waiting: Waiting | None = None
        self._shortage = Faults("following interfaces and namespaces", warn, is_shortage)
        self._final: Counters | None = None
        self._loaded: loader.Loaded | None = None
        self._keeper: FilterKeeper | None = None
        self._backend: Backend | None = None
        self._watcher: Watcher | None = None
        self._containers: ContainerFollower | None = None
        self._passing: ForwardedOwners | None = None
        self._lookup: lookup.SocketLookup | None = None     # where the kernel does not know owners
        self._surroundings: Surroundings | None = None
        self._source: LiveSource | None = None
        self._driver: Driver | None = None

    # ------------------------------------------------------------------ start

    def start(self) -> None:
        """Attach everything. Raises PtcpdumpError, and leaves nothing behind then."""
        if self._begun:
            raise PtcpdumpError("the capture has been started before: make another one")
        self._begun = True
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        settings = self.settings
        self._waiting = Waiting(settings.delivery)
        preparation = self._preparation = self._preparation or Preparation(settings)
        if settings.owner.by_container or self._renderer.parts & (Part.CONTAINER | Part.POD):
            self._containers = ContainerFollower(settings.runtimes, self._warn)
        loaded, self._watcher = preparation.take()
        self._loaded = loaded
        expression = Expression(settings.expression, settings.snaplen, settings.optimize)
        self._keeper = preparation.take_keeper()
        self._backend = open_backend(self._traits, loaded, expression, settings.direction, self._keeper)
        self._attachments = Attachments(settings, self.table, self._rows, loaded, self._backend, self._warn)
        self._sink.ask_statistics(self._attachments.tell_so_far)
        self._source = self._open_source(loaded)
        selected = None
        if settings.owner and not loaded.plain:
            selected = selection.Selection(loaded.object, settings.owner)
            self.processes.listeners.append(selected.on_event)
            selected.fill()
        self.listen(self._watcher.fileno())
        if self._containers is not None:
            self.listen(self._containers.fileno())
        self._waiting.packets(
            self._source.filenos(), WakeUp(loaded.object.map_fd("reader")) if loaded.transport.ring else None)
        loader.attach(loaded, preparation.namespaces[0] if loaded.plain else None)
        if selected is not None:
            selected.add_running()
            if self._containers is not None and settings.owner.by_container:
                self._containers.select(settings.owner, selected)
        everything = all_namespaces()
        self._spotter.looked(everything, again=1)   # for what came while we were starting
        self.processes.namespace_listener = self._spotter.on_event
        self._passing = ForwardedOwners(loaded, preparation.namespaces, everything)
        self.listen(self._passing.fileno())
        for text in loader.losses(loaded):
            self._warn(text)
        if self._watcher.unwatched:
            self._warn(f"{self._watcher.unwatched} network namespaces are left out, since no more files may be opened: "
                       "raise the hard limit (ulimit -Hn)")
        self._learn_sockets(loaded, preparation)
        self._attach_chosen(preparation)
        self.processes.scan()
        if self._containers is not None:
            self._containers.settle()
        if settings.tls_keys and self._taker is not None:
            if settings.owner and selected is None:
                raise UnsupportedError("taking TLS keys of chosen processes alone needs Linux 5.10")
            self._keys = keys.probe_keys(settings, selected, self._taker, self._warn)
        self._driver = Driver(self._source, self._sink, self._contexts, self.table, limit=settings.max_packets,
                              by_owner=bool(settings.owner) and selected is None)
        self._surroundings = Surroundings(
            self._watcher, self._passing, self._spotter, self._attachments, catch_up=self._driver.step,
            received=lambda: self.counters().received, sockets=self._lookup, warn=self._warn)
        with self._shortage:
            self._surroundings.take_in(self._watcher.rescan(everything))    # what came after namespaces were listed
        if settings.hint_after:
            self._surroundings.hint_at_silence(settings, self.table)

    def _attach_chosen(self, preparation: Preparation) -> None:
        settings = self.settings
        for row in preparation.interfaces:
            try:
                self._attachments.attach(row)
            except InterfaceError:
                chosen = row.name in settings.interfaces or not settings.interfaces
                if chosen and ANY not in settings.netns:
                    raise       # else one of many, which went away just now, or its namespace did

    def _learn_sockets(self, loaded: loader.Loaded, preparation: Preparation) -> None:
        """Have earlier sockets known where the kernel does not tell of them, and later ones where it never does."""
        assert self._source is not None
        _learn_proc_sockets(loaded, preparation)
        if loaded.plain:
            self._lookup = lookup.SocketLookup(loaded.object.map_fd("flows"), preparation.namespaces[0],
                                               told=loaded.openers is not None and loaded.openers.working)
            self._lookup.look()
            self._source.find_owner = self._lookup.find

    def prepare_to_relinquish(self, create: Callable[[str], int] | None = None) -> "Helper | None":
        """Leave what needs privileges to a process of its own, where something does: give up yours after that.

        create(path): opens a further savefile where only we may, None where none is to come.
        """
        if self._surroundings is None or self._backend is None:
            raise PtcpdumpError("a capture has to be started before privileges are given up")
        assert self._watcher is not None and self._passing is not None and self._waiting is not None
        settings = self.settings
        every = ANY in settings.interfaces
        followed = made = None
        if every or ANY in settings.netns or NEWLY in settings.netns:
            followed = following.Following(self._watcher, self._passing, self._backend,
                                           None if every else settings.interfaces, self._attachments.alive)
        daemons = self._containers.by_privilege() if self._containers is not None else []
        programs = self._keys.hand_over() if self._keys is not None else None
        # the keeper may be killed: then the helper removes filters
        if followed or create or daemons or programs or self._keeper is not None:
            keeper = self._keeper
            if keeper is not None:
                keeper.prepare_heir()
            made = helper.Helper(followed, create, self._warn, daemons, programs, release=self._backend.close,
                                 begin=keeper.take_over if keeper is not None else lambda: None)
            if keeper is not None:
                keeper.leave_to_others()
            if self._containers is not None:
                self._containers.ask_by(made.ask)
        if self._lookup is not None:
            self._warn("owners that only /proc tells are not known on this kernel after -Z, for only root may look "
                       "there: those of sockets that are opened from now on, where no kprobes tell")
        self._surroundings.relinquish(made)
        if followed:        # another process reads these now
            self._waiting.ignore(self._passing.fileno())
            self._waiting.ignore(self._watcher.fileno())
            self._passing.leave_to_others()
            self._watcher.leave_to_others()
        else:
            self._passing.stay_at_home()
        if made and (followed or programs):
            self.listen(made.fileno())
        return made

    def _open_source(self, loaded: loader.Loaded) -> LiveSource:
        resolver = OwnerResolver(
            self.processes, all_threads=self._traits.always_thread,
            containers=self._containers.lookup if self._containers else None)
        wanted = None
        if self.settings.owner and loaded.plain:
            wanted = LiveMatcher(self.settings.owner, self.processes.ancestors).matches
        self._contexts = ContextStage(self._renderer, wanted, processes=self.processes, resolve=resolver)
        assert self._contexts.owners is not None
        source = LiveSource(self._rows, self._attachments.unknown, self._contexts.owners.process_event)
        buffers.read_buffers(source, loaded)
        source.waiting = self._wait
        return source

    # ------------------------------------------------------------------ run

    @property
    def driver(self) -> Driver:
        """Who pulls the packets. Raises PtcpdumpError before the start."""
        if self._driver is None:
            raise PtcpdumpError("the capture has not been started yet: its packets come inside its `with` block")
        return self._driver

    def leave(self) -> None:
        """End the driver's step behind the packet that it is at; for signal handlers."""
        if self._driver is not None:
            self._driver.leave()

    @property
    def held(self) -> bool:
        """See Driver.held."""
        return self._driver is not None and self._driver.held

    def listen(self, descriptor: int) -> None:
        """Let a descriptor's readability end the driver's waiting from now on; for a capture that has started."""
        if self._waiting is not None:
            self._waiting.listen(descriptor)

    def watch_output(self, descriptor: int) -> None:
        """Have `unread` tell when nobody is left who could read a pipe; for a capture that has started."""
        if self._waiting is not None:
            self._waiting.watch_output(descriptor)

    @property
    def unread(self) -> bool:
        """Whether nobody is left who could read what is written, see watch_output()."""
        return self._waiting is not None and self._waiting.unread

    def _wait(self, seconds: float | None) -> bool:
        """Wait for packets, news, or whoever has called listen(); False when packets had better stay where they are."""
        assert self._source is not None and self._waiting is not None and self._surroundings is not None
        for descriptor in self._waiting.wait(seconds, found=self._source.busy):
            with self._shortage:
                self._take_news(descriptor)
        with self._shortage:
            self._surroundings.look_around(self._source.drained)
        # nobody watches, and there is room
        leave = self.settings.delivery is Delivery.BATCHES and not self._waiting.woken
        return not leave or self._containers is None or not self._containers.expecting

    def _take_news(self, descriptor: int) -> None:
        assert self._surroundings is not None
        if self._surroundings.take_news(descriptor):
            return
        if self._containers is not None and descriptor == self._containers.fileno() and self._containers.take_news():
            assert self._contexts.owners is not None
            self._contexts.owners.forget_all()

    # ------------------------------------------------------------------ end

    def finish(self) -> Counters:
        """Detach, hand over what the kernel has already captured, and count. A second call returns the same."""
        if self._final is None:
            driver = self.driver
            assert self._source is not None and self._backend is not None
            if self._surroundings is not None:
                self._surroundings.detach()
            self._backend.close()
            self._source.end()
            while not driver.done:
                driver.step()
            if self._keys is not None:
                self._keys.finish()
            self._final = self.counters()
            self._sink.ask_statistics(None)     # from here on the table has them
            self._attachments.tell_statistics()
            self.table.tell_statistics()
        return self._final

    def counters(self) -> Counters:
        """The counters as they are now, or as they were at the end; all 0 before the start."""
        if self._final is not None:
            return self._final
        if self._loaded is None or self._source is None:
            return Counters()
        return read_counters(self._loaded, self._driver.passed if self._driver else 0, self._source.lost_perf,
                             self.processes.lives.forgotten)

    def close(self) -> None:
        """Detach everything; packets that are not fetched yet are lost. A second call does nothing."""
        self._sink.ask_statistics(None)         # the maps go
        if self._containers is not None:
            self._containers.close()
            self._containers = None
        if self._surroundings is not None:
            self._surroundings.close()
        if self._keys is not None:
            self._keys.close()
        if self._backend is not None:
            self._backend.close()
        if self._loaded is not None:
            self._final = self.counters()
            self._loaded.close()
            self._loaded = None
        if self._preparation is not None:
            self._preparation.close()
        if self._source is not None:
            self._source.stop()
        if self._waiting is not None:
            self._waiting.close()
        for watcher in (self._watcher, self._passing):
            if watcher is not None:
                watcher.close()
        self._warn.finish()

    def __enter__(self) -> "LiveCapture":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
