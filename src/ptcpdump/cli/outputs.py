"""From the flags of a run to the sink that its packets go to."""

from collections.abc import Iterator
from contextlib import contextmanager

from ptcpdump.cli.options import Options
from ptcpdump.cli.settings import text_options
from ptcpdump.errors import UsageError
from ptcpdump.sinks.output import standard_output
from ptcpdump.sinks.sink import Sink, tee


def open_sinks(options: Options) -> Sink:
    """Create the files and the text that the flags ask for, as one sink.

    Raises SavefileError when a file can't be created.
    """
    sinks: list[Sink] = []
    if options.write_file:
        sinks.append(_savefile(options))
    if options.prints:
        sinks.append(_text(options))
    return tee(sinks)


def _text(options: Options) -> Sink:
    from ptcpdump.sinks.text import TextSink  # noqa: PLC0415  loads all printers, which -w does not need

    try:
        return TextSink(standard_output(immediate=options.follows_output), text_options(options))
    except ValueError as error:
        raise UsageError(f"-T {options.force_type}: nothing here prints packets of that type") from error


@contextmanager
def printed_names(options: Options) -> Iterator[None]:
    """Print names of addresses and ports meanwhile, unless -n says otherwise or nothing is printed."""
    if options.numeric or not options.prints:
        yield
        return
    from ptcpdump.net import names  # noqa: PLC0415  only runs without -n need it

    resolver = names.start(domain=not options.no_domain, live=not options.reads_files)
    try:
        yield
    finally:
        names.stop(resolver)


def _savefile(options: Options) -> Sink:
    from ptcpdump.sinks.rotation import Rotation  # noqa: PLC0415  only runs that write a file need these
    from ptcpdump.sinks.writer import open_writer  # noqa: PLC0415

    rotation = None
    if options.file_size or options.rotate_seconds:
        rotation = Rotation(options.write_file, options.file_size, options.rotate_seconds, options.file_count,
                            options.post_rotate)
    return open_writer(options.write_file, rotation=rotation, immediate=options.packet_buffered)
