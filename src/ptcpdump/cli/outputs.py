"""From the flags of a run to the sink that its packets go to, and to how they look there."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import or_

from ptcpdump.accounts import account, sudo_caller
from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.context import redaction
from ptcpdump.context.render import Part, Renderer
from ptcpdump.errors import FilterError, PtcpdumpError, UsageError
from ptcpdump.lazy import lazy_modules
from ptcpdump.sinks import creation
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.output import standard_output
from ptcpdump.sinks.sink import Sink, tee

with lazy_modules:
    import shlex

    from ptcpdump.cli import decryption
    from ptcpdump.filters import savefile
    from ptcpdump.printers.base import families, resolver
    from ptcpdump.sinks import json, parquet, pcapng, recorder, rotation, text, writer
    from ptcpdump.tls import embedding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ptcpdump.cli.keys import KeyTaker


def open_sinks(options: Options, keys: "KeyTaker | None" = None, request: "recorder.Request | None" = None,
               plans: "list[rotation.Rotation] | None" = None) -> Sink:
    """Create the files and the text that the flags ask for, as one sink. keys: who takes TLS keys for it.

    request: who asks for a savefile of what is kept (--keep). plans: gets those of files that take turns.

    Raises SavefileError when a file can't be created.
    """
    sinks: list[Sink] = []
    plans = [] if plans is None else plans
    if options.write_file not in ("", "-") or options.parquet or options.write_plaintext:
        _choose_owner(options)
    if options.write_file:
        sinks.append(_recorder(options, request, plans) if options.dump_on else _savefile(options, plans))
    if options.embed_keys and keys:
        sinks[-1] = embedder = embedding.EmbeddingSink(sinks[-1])
        keys.takers.append(embedder.add)
    if options.parquet:
        sinks.append(_parquet(options, plans))
    if options.prints:
        printed = _printed(options)
        if options.decrypt:
            printed = decryption.decrypting(printed, options, keys, _plaintext(options))
        sinks.append(printed)
    return tee(sinks)


def dumping(request: "recorder.Request | None") -> Callable[[], None] | None:
    """What SIGUSR2 does: ask for a savefile, if --dump-on says so."""
    return (lambda: request.ask("signal")) if request is not None else None


def _choose_owner(options: Options) -> None:
    """Whose new savefiles are: -Z's user's, else those of who has called sudo."""
    if options.user:
        creation.open_with(creation.ForUser(account(options.user)))
    elif caller := sudo_caller():
        creation.open_with(creation.ForCaller(caller, _teller(options)))


def _printed(options: Options) -> Sink:
    # what is captured leaves after each look; a file may be a pipe, whose next packet is long in coming
    output = standard_output(immediate=options.follows_output or (options.reads_files and os.isatty(1)))
    try:
        sink: Sink = (json.JsonSink(output, text_options(options), renderer(options).chosen) if options.json
                      else text.TextSink(output, text_options(options)))
    except ValueError as error:
        raise UsageError(f"-T {options.force_type}: nothing here prints packets of that type") from error
    if options.user:
        families.import_printers()
    return sink


@contextmanager
def printed_names(options: Options) -> Iterator[None]:
    """Print names of addresses and ports meanwhile, unless -n says otherwise or nothing is printed."""
    if options.numeric or not options.makes_lines:
        yield
        return
    started = resolver.start(domain=not options.no_domain, live=not options.reads_files,
                             warn=say.warn if options.loud else lambda text: None)
    try:
        yield
    finally:
        resolver.stop(started)


def _rotation(options: Options, path: str, plans: "list[rotation.Rotation]") -> "rotation.Rotation | None":
    on_request = bool(options.dump_on) and path == options.write_file
    if not options.file_size and not options.rotate_seconds and not on_request:
        return None
    plan = rotation.Rotation(path, options.file_size, options.rotate_seconds, options.file_count, options.post_rotate,
                             on_request, _teller(options))
    plans.append(plan)
    return plan


def _teller(options: Options) -> Callable[[str], None]:
    return say.warn if options.loud else lambda _: None


def _parquet(options: Options, plans: "list[rotation.Rotation]") -> Sink:
    try:
        with _without("numpy"):
            sink = parquet.open_parquet(options.parquet, text_options(options), renderer(options).chosen,
                                        _rotation(options, options.parquet, plans))
    except ImportError as error:
        raise PtcpdumpError("--parquet needs the package pyarrow: pip install 'ptcpdump[parquet]'") from error
    except ValueError as error:
        raise UsageError(f"-T {options.force_type}: nothing here prints packets of that type") from error
    if options.user:
        families.import_printers()
    return sink


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Have what is imported meanwhile take a package for absent: pyarrow needs no numpy for this, which takes longer to
    import than pyarrow itself."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None     # type: ignore[assignment]      # what the import system takes for "there is none"
    try:
        yield
    finally:
        del sys.modules[package]


def _savefile(options: Options, plans: "list[rotation.Rotation]") -> Sink:
    plan = _rotation(options, options.write_file, plans)
    # tcpdump's "any" is cooked from the start: devices of all kinds may turn up
    return writer.open_writer(options.write_file, rotation=plan, immediate=options.packet_buffered,
                              cooked=True if "any" in options.interfaces else None, nano=options.precision == "nano",
                              comments=options.comments, command=_command_line(options),
                              deferred=bool(options.dump_on), secrets="secrets" not in options.redact,
                              compress=options.compress,
                              names=_names(options))


def _names(options: Options) -> Callable[[], dict[bytes, bytes]] | None:
    """What gives a savefile the names that were looked up; None: it shall have no names."""
    return None if options.numeric or options.reads_files else resolver.found


def _recorder(options: Options, request: "recorder.Request | None", plans: "list[rotation.Rotation]") -> Sink:
    """A sink that writes when --dump-on says so."""
    words = [text for text in options.dump_on if text not in ("exit", "signal")]
    trigger = None
    if words:
        expression = " or ".join(f"({text})" for text in words) if len(words) > 1 else words[0]
        try:
            trigger = savefile.ExpressionFilter(expression, 1, optimize=options.optimize)
        except FilterError as error:
            raise FilterError(f"--dump-on: {error}") from error
    sink = _savefile(options, plans)
    assert isinstance(sink, pcapng.PcapngSink)      # build.py has seen to it
    seconds, room = options.keep
    return recorder.RecorderSink(sink, seconds=seconds, room=room, trigger=trigger, request=request,
                                 at_end="exit" in options.dump_on, live=not options.reads_files)


def _plaintext(options: Options) -> Sink | None:
    if not options.write_plaintext:
        return None
    return writer.open_writer(options.write_plaintext, immediate=options.packet_buffered, comments=options.comments,
                              command=_command_line(options))


def _command_line(options: Options) -> str:
    """Ours, as a shell would take it; what is redacted of others' is of ours."""
    redacted = redaction.redaction(options.redact)
    return "" if redacted.args else shlex.join(("ptcpdump", *redacted.words(sys.argv[1:])))


def text_options(options: Options) -> TextOptions:
    """For the sink that writes text."""
    return TextOptions(
        verbose=options.verbose,
        quiet=options.quiet,
        numeric=options.numeric > 0,
        no_domain=options.no_domain,
        link_header=options.link_header,
        absolute_seq=options.absolute_seq,
        no_checksums=not options.verify_checksums,
        lengths=options.lengths,
        asdot=options.asdot,
        ip_oneline=options.ip_oneline,
        hex=options.hex,
        hex_ascii=options.hex_ascii,
        ascii=options.ascii,
        force=options.force_type,
        times=TimeStyle(options.time_format),
        nano=options.precision == "nano",
        utc=options.utc,
        number=options.number,
        oneline=options.oneline,
        sampling=options.print_sampling,
        skipped=options.skip if options.reads_files else 0,
    )


def renderer(options: Options) -> Renderer:
    """For the texts of owners."""
    parts = reduce(or_, (Part[name.upper()] for name in options.context))
    return Renderer(parts, found=options.verbose > 1, on_line=options.makes_lines and not options.verbose,
                    verbose=options.makes_lines and options.verbose > 0, saved=bool(options.write_file),
                    redaction=redaction.redaction(options.redact))
