"""`-r` and `-V`: packets of savefiles through the filters to text, to another savefile, or to a count."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from ptcpdump.accounts import account
from ptcpdump.cli import say
from ptcpdump.cli.options import DEFAULT_SNAPLEN, Options
from ptcpdump.cli.outputs import dumping, open_sinks, printed_names, renderer
from ptcpdump.cli.settings import owner_filter
from ptcpdump.cli.signals import Signals
from ptcpdump.context.model import Context
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import SavefileError
from ptcpdump.filters.owner import OwnerMatcher
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import COMMON
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.sink import Sink
from ptcpdump.sources.opening import open_source
from ptcpdump.sources.reader import SavefileReader
from ptcpdump.sources.several import SequenceSource
from ptcpdump.sources.source import Source

with lazy_modules:
    from ptcpdump.cli import whole_file
    from ptcpdump.filters import pcap, savefile  # load libpcap
    from ptcpdump.run import privileges
    from ptcpdump.sinks import recorder

STANDARD_INPUT = "-"
_DIRECTIONS = {"in": 1, "out": 2, "inout": 0}   # as the driver takes them
Wanted = Callable[[Context | None], bool]


def run(options: Options) -> int:
    """Read all files, as one run of packets for -c and --skip."""
    paths = _listed(options.file_list) if options.file_list else [options.read_file]
    wanted = _owners(options)
    if options.user:
        privileges.require_becoming(account(options.user))
        privileges.confine()
    request = recorder.Request() if "signal" in options.dump_on else None
    with printed_names(options), closing(open_sinks(options, request=request)) as sink:
        files = Files(paths, options, sink)
        source = SequenceSource(files)
        driver = Driver(source, sink, ContextStage(renderer(options), wanted), files.table, filter=files.filter,
                        directions=_DIRECTIONS[options.direction], by_owner=wanted is not None, skip=options.skip,
                        limit=options.max_packets)
        signals = Signals(asked=lambda: _stop(driver, files, source), held=lambda: driver.held,
                          show=lambda: _show(driver), dump=dumping(request))
        try:
            with signals, closing(source):
                driver.run(lambda: signals.stop)
        finally:
            files.warn()
            if driver.undirected and options.loud:
                say.warn(f"-Q {options.direction}: {driver.undirected} packets were left out whose direction the file "
                         "does not tell")
            files.table.tell_statistics()
    if options.count_only:
        say.show(f"{driver.passed} packet{'' if driver.passed == 1 else 's'}")
    return 0


def _owners(options: Options) -> Wanted | None:
    """The owner filter as the context stage asks it; None when there is none."""
    chosen = owner_filter(options)
    if not chosen:
        return None
    matcher = OwnerMatcher(chosen)
    return lambda context: context is not None and matcher.matches(context)


class Files:
    """Opens one file after the other, and says so; the filter of all of them suits the file that is read."""

    def __init__(self, paths: Iterable[str], options: Options, sink: Sink) -> None:
        self.table = InterfaceTable(sink)
        self.filter: savefile.ExpressionFilter | None = None
        if options.expression:
            self.filter = savefile.ExpressionFilter(options.expression, optimize=options.optimize)
        self._loud = options.loud
        self._user = options.user
        self._unpack_limit = options.unpack_limit
        self._sink = sink
        self._paths = iter(paths)
        self._said: set[str] = set()
        self._opening = False       # a pipe may have nobody yet who writes to it

    def __iter__(self) -> Iterator[Source]:
        return self

    def __next__(self) -> Source:
        self.warn()
        path = next(self._paths)
        self._opening = True
        reader = open_source(path, self.table, self._sink.write_secrets, self._unpack_limit)
        interfaces = reader.interfaces if isinstance(reader, SavefileReader) else []
        self._opening = False
        try:
            if self._user:
                privileges.relinquish(account(self._user))
            if self.filter:
                self.filter.require(interfaces[0].linktype if interfaces else 1)
            if self._loud:
                say.tell(_start_line(path, interfaces))
        except BaseException:
            reader.close()
            raise
        return reader

    def stop(self, source: SequenceSource) -> None:
        """End after the packets that are read already; for signal handlers."""
        if self._opening:
            raise KeyboardInterrupt
        source.stop()

    def warn(self) -> None:
        """Say which packets could not be looked at since the last time."""
        refused = self.filter.refused if self.filter and self._loud else {}
        for name in refused.keys() - self._said:
            self._said.add(name)
            reason = refused[name]
            say.warn(f"packets of link type {name} were left out: {reason}")


def _start_line(path: str, interfaces: list[Interface]) -> str:
    """Say what is read, in tcpdump's words."""
    line = f"reading from file {path}"
    if not interfaces:
        return line
    first = interfaces[0]
    name, description = COMMON.get(first.linktype) or (
        pcap.linktype_name(first.linktype), pcap.linktype_description(first.linktype))
    kind = f"{name} ({description})" if description else name
    return f"{line}, link-type {kind}, snapshot length {first.snaplen or DEFAULT_SNAPLEN}"


def _stop(driver: Driver, files: Files, source: SequenceSource) -> None:
    """End behind the present packet where a printer in Python is interrupted, else behind those read already."""
    driver.leave()
    files.stop(source)


def _show(driver: Driver) -> None:
    """What SIGUSR1 asks for."""
    say.complain(f"{driver.read} packets read, {driver.matched} packets received by filter")


def _listed(path: str) -> list[str]:
    """The names of savefiles in a file, one a line."""
    try:
        text = whole_file.read(path)
    except OSError as error:
        raise SavefileError(f"-V {path}: {error.strerror}") from error
    if b"\0" in text:
        raise SavefileError(f"-V {path}: it is no list of file names, for it holds NUL: -r reads a savefile")
    # a name may hold whatever else ends lines of text, and need not be UTF-8
    names = [os.fsdecode(line) for line in text.split(b"\n") if line.strip()]
    if not names:
        raise SavefileError(f"-V {path}: it names no file")
    return names
