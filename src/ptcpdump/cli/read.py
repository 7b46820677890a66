"""`-r` and `-V`: packets of savefiles through the filters to text, to another savefile, or to a count."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ptcpdump.accounts import account
from ptcpdump.cli import say
from ptcpdump.cli.options import DEFAULT_SNAPLEN, Options
from ptcpdump.cli.outputs import open_sinks, printed_names, renderer
from ptcpdump.cli.settings import owner_filter
from ptcpdump.context.model import Context
from ptcpdump.errors import SavefileError
from ptcpdump.filters.owner import OwnerMatcher
from ptcpdump.filters.pcap import linktype_description, linktype_name
from ptcpdump.filters.savefile import ExpressionFilter
from ptcpdump.run.privileges import confine, relinquish
from ptcpdump.sinks.sink import Sink
from ptcpdump.sources.reader import SavefileReader
from ptcpdump.sources.savefile import Counts, open_savefile, pump

STANDARD_INPUT = "-"
Wanted = Callable[[Context | None], bool]


def run(options: Options) -> int:
    """Read all files, as one run of packets for -c and --skip."""
    paths = _listed(options.file_list) if options.file_list else [options.read_file]
    wanted = _owners(options)
    if options.user:
        confine()
    matched = passed = 0
    with printed_names(options), closing(open_sinks(options)) as sink:
        for path in paths:
            skip = max(0, options.skip - matched)
            count = options.max_packets - passed if options.max_packets else 0
            counts, stopped = _read_one(path, options, wanted, sink, skip=skip, count=count)
            matched += counts.matched
            passed += counts.passed
            if stopped or (options.max_packets and passed >= options.max_packets):
                break
    if options.count_only:
        say.show(f"{passed} packet{'' if passed == 1 else 's'}")
    return 0


def _owners(options: Options) -> Wanted | None:
    """The owner filter as readers ask it; None when there is none."""
    chosen = owner_filter(options)
    if not chosen:
        return None
    matcher = OwnerMatcher(chosen)
    return lambda context: context is not None and matcher.matches(context)


def _read_one(
    path: str, options: Options, wanted: Wanted | None, sink: Sink, *, skip: int, count: int
) -> tuple[Counts, bool]:
    """Pump one file; True when a signal stopped it."""
    with open_savefile(path, renderer=renderer(options), wanted=wanted) as reader, _stopped_by_signals(reader) as seen:
        if options.user:
            relinquish(account(options.user))
        expression = None
        if options.expression:
            linktype = reader.interfaces[0].linktype if reader.interfaces else 1
            expression = ExpressionFilter(options.expression, linktype, optimize=options.optimize)
        if options.loud:
            say.tell(_start_line(path, reader))
        counts = pump(reader, sink, filter=expression, skip=skip, count=count, owners=wanted is not None)
    if expression and options.loud:
        for name, reason in expression.refused.items():
            say.warn(f"packets of link type {name} were left out: {reason}")
    return counts, bool(seen)


def _start_line(path: str, reader: SavefileReader) -> str:
    """Say what is read, in tcpdump's words."""
    line = f"reading from file {path}"
    if not reader.interfaces:
        return line
    first = reader.interfaces[0]
    name, description = linktype_name(first.linktype), linktype_description(first.linktype)
    kind = f"{name} ({description})" if description else name
    return f"{line}, link-type {kind}, snapshot length {first.snaplen or DEFAULT_SNAPLEN}"


@contextmanager
def _stopped_by_signals(reader: SavefileReader) -> Iterator[list[int]]:
    """SIGINT and SIGTERM end the reading after the current packet; yields the list of those that came."""
    seen: list[int] = []

    def stop(number: int, _: object) -> None:
        seen.append(number)
        reader.stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listed(path: str) -> list[str]:
    """The names of savefiles in a file, one a line."""
    try:
        text = sys.stdin.read() if path == STANDARD_INPUT else Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SavefileError(f"-V {path}: {getattr(error, 'strerror', None) or 'it is no text file'}") from error
    names = [line for line in text.splitlines() if line.strip()]
    if not names:
        raise SavefileError(f"-V {path}: it names no file")
    return names
