"""What the rooms of a run need to know of its options, in their own terms."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from ptcpdump.cli.options import Options
from ptcpdump.filters.owner import OwnerFilter

if TYPE_CHECKING:
    from ptcpdump.context.render import Renderer
    from ptcpdump.sinks.options import TextOptions


def text_options(options: Options) -> "TextOptions":
    """For the sink that writes text."""
    from ptcpdump.sinks.options import Dump, TextOptions, TimeStyle  # noqa: PLC0415  captures begin without it

    return TextOptions(
        verbose=options.verbose,
        quiet=options.quiet,
        numeric=options.numeric > 0,
        no_domain=options.no_domain,
        link_header=options.link_header,
        absolute_seq=options.absolute_seq,
        no_checksums=not options.verify_checksums,
        undecoded_nfs=options.undecoded_nfs,
        lengths=options.lengths,
        asdot=options.asdot,
        ip_oneline=options.ip_oneline,
        dump=Dump(options.hexdump),
        force=options.force_type,
        times=TimeStyle(options.time_format),
        nano=options.precision == "nano",
        utc=options.utc,
        number=options.number,
        oneline=options.oneline,
        sampling=options.print_sampling,
        skipped=options.skip if options.reads_files else 0,
    )


def renderer(options: Options) -> "Renderer":
    """For the texts of owners."""
    from ptcpdump.context.render import Part, Renderer  # noqa: PLC0415  captures begin without it

    return Renderer(reduce(or_, (Part[name.upper()] for name in options.context)), found=options.verbose > 1)


def owner_filter(options: Options) -> OwnerFilter:
    """Whose packets are wanted."""
    return OwnerFilter(
        pids=frozenset(options.pids),
        names=frozenset(options.process_names),
        uids=frozenset(options.uids),
        container_ids=frozenset(options.container_ids),
        container_names=frozenset(name.removeprefix("/") for name in options.container_names),
        pods=frozenset(options.pod_names),
        follow_forks=options.follow_forks,
    )
