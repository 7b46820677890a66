"""Choosing the format of a file that is written, by its name."""

import os
from collections.abc import Callable, Mapping

from ptcpdump.errors import SavefileError, UsageError
from ptcpdump.lazy import lazy_modules
from ptcpdump.sinks.pcap import PcapSink
from ptcpdump.sinks.pcapng import PcapngSink
from ptcpdump.sinks.sink import Sink

with lazy_modules:
    from ptcpdump import plugins
    from ptcpdump.sinks import foreign, packing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ptcpdump.sinks.rotation import Rotation

GROUP = "ptcpdump.sinks"        # of entry points: the ending of a name, and a function from a path to a sink
_OWN = ("", ".pcap", ".pcapng")
# what other flags write: a savefile of such a name would be taken for that
_OTHERS = {".json": "--json prints packets so, to standard output", ".parquet": "--parquet FILE writes such files"}
_COMPRESSED = (".gz", ".xz", ".zst", ".lz4", ".bz2")


def open_writer(
    path: str,
    *,
    rotation: "Rotation | None" = None,
    immediate: bool = False,
    cooked: bool | None = None,
    nano: bool = True,
    comments: str = "every",
    command: str = "",
    deferred: bool = False,
    secrets: bool = True,
    compress: str = "",
    names: Callable[[], Mapping[bytes, bytes]] | None = None,
) -> Sink:
    """Create the file `path`: pcap if the name ends in ".pcap", else pcapng; "-" is standard output (pcapng).

    An ending that another package has a sink for is its own. nano: times of a pcap file in nanoseconds, else in
    microseconds; those of pcapng always are in nanoseconds. cooked: see PcapSink. comments, command, deferred,
    secrets, names: see PcapngSink.
    compress: "gzip" or "zstd", whose ending may stand behind the others. Raises SavefileError, and UsageError for a
    name that promises what is not written.
    """
    name = path.removesuffix(packing.ENDINGS[compress]) if compress else path
    addition = plugins.for_ending(GROUP, name) if os.path.splitext(name)[1] not in _OWN else None
    if addition is not None:
        if rotation is not None:
            raise SavefileError(f"{path}: files of this kind are not rotated: leave out -C, -G and -W")
        if compress:
            raise SavefileError(f"{path}: files of this kind are not compressed: leave out --compress")
        sink = addition.call()
        if not isinstance(sink, Sink):
            raise addition.blame(TypeError(f"a {type(sink).__name__} where a ptcpdump.sinks.PacketSink is due"))
        return foreign.ForeignSink(sink, addition.blame)
    if name.endswith(_COMPRESSED):
        raise UsageError(f"-w {path}: {_advice(name, compress)}")
    if advice := _OTHERS.get(os.path.splitext(name)[1]):
        raise UsageError(f"-w {path}: it would be a pcapng file; {advice}")
    if name.endswith(".pcap"):
        return PcapSink(path, rotation=rotation, immediate=immediate, cooked=cooked, nano=nano, compress=compress)
    return PcapngSink(path, rotation=rotation, immediate=immediate, comments=comments, command=command,
                      deferred=deferred, secrets=secrets, compress=compress, names=names)


def _advice(name: str, compress: str) -> str:
    """What to do about a name whose ending is not that of what is written."""
    ending = os.path.splitext(name)[1]
    kinds = [kind for kind, own in packing.ENDINGS.items() if own == ending]
    if compress:
        return (f"--compress {compress} makes no file of this ending; choose a name that ends in "
                f"{packing.ENDINGS[compress]}")
    if kinds:
        return (f"files are compressed when --compress {kinds[0]} asks for it; give it, or choose a name without that "
                "ending")
    return ("files are not compressed this way while they are written; choose --compress gzip or zstd, or a name "
            "without that ending")
