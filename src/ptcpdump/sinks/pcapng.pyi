from collections.abc import Callable, Mapping
from os import PathLike

from ptcpdump.sinks.rotation import Rotation
from ptcpdump.sinks.savefile import SavefileSink

class PcapngSink(SavefileSink):
    """Writes one pcapng file, or several in rotation. Raises SavefileError when the file can't be created."""

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        rotation: Rotation | None = None,
        immediate: bool = False,
        comments: str = "every",
        command: str = "",
        deferred: bool = False,
        secrets: bool = True,
        compress: str = "",
        names: Callable[[], Mapping[bytes, bytes]] | None = None,
    ) -> None: ...
