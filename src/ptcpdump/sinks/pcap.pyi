from os import PathLike

from ptcpdump.sinks.rotation import Rotation
from ptcpdump.sinks.savefile import SavefileSink

class PcapSink(SavefileSink):
    """Writes one pcap file, or several in rotation. Raises SavefileError when the file can't be created."""

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        rotation: Rotation | None = None,
        immediate: bool = False,
        cooked: bool | None = None,
        nano: bool = True,
        compress: str = "",
    ) -> None: ...
