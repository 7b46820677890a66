"""Choosing the savefile format."""

from typing import TYPE_CHECKING

from ptcpdump.sinks.pcap import PcapSink
from ptcpdump.sinks.pcapng import PcapngSink
from ptcpdump.sinks.savefile import SavefileSink

if TYPE_CHECKING:
    from ptcpdump.sinks.rotation import Rotation


def open_writer(
    path: str,
    *,
    rotation: "Rotation | None" = None,
    immediate: bool = False,
    cooked: bool | None = None,
    nano: bool = True,
) -> SavefileSink:
    """Create the savefile `path`: pcap if the name ends in ".pcap", else pcapng; "-" is standard output (pcapng).

    See PcapSink for cooked and nano, which a pcapng file does not need. Raises SavefileError.
    """
    if path.endswith(".pcap"):
        return PcapSink(path, rotation=rotation, immediate=immediate, cooked=cooked, nano=nano)
    return PcapngSink(path, rotation=rotation, immediate=immediate)
