"""Choosing the format of a file that is written, by its name."""

from pathlib import Path
from typing import TYPE_CHECKING

from ptcpdump.errors import SavefileError
from ptcpdump.lazy import lazy_modules
from ptcpdump.sinks.pcap import PcapSink
from ptcpdump.sinks.pcapng import PcapngSink
from ptcpdump.sinks.sink import Sink

with lazy_modules:
    from ptcpdump import plugins

if TYPE_CHECKING:
    from ptcpdump.sinks.rotation import Rotation

GROUP = "ptcpdump.sinks"        # of entry points: the ending of a name, and a function from a path to a sink
_OWN = ("", ".pcap", ".pcapng")


def open_writer(
    path: str,
    *,
    rotation: "Rotation | None" = None,
    immediate: bool = False,
    cooked: bool | None = None,
    nano: bool = True,
) -> Sink:
    """Create the file `path`: pcap if the name ends in ".pcap", else pcapng; "-" is standard output (pcapng).

    An ending that another package has a sink for is its own. See PcapSink for cooked and nano, which a pcapng file does
    not need. Raises SavefileError.
    """
    make = plugins.for_ending(GROUP, path) if Path(path).suffix not in _OWN else None
    if make is not None:
        if rotation is not None:
            raise SavefileError(f"{path}: files of this kind are not rotated: leave out -C, -G and -W")
        sink = make(path)
        if not isinstance(sink, Sink):
            raise SavefileError(f"{path}: its package made no sink but a {type(sink).__name__}: tell its authors")
        return sink
    if path.endswith(".pcap"):
        return PcapSink(path, rotation=rotation, immediate=immediate, cooked=cooked, nano=nano)
    return PcapngSink(path, rotation=rotation, immediate=immediate)
