from ptcpdump.filters.packet_filter import PacketFilter
from ptcpdump.sinks.pcapng import PcapngSink
from ptcpdump.sinks.sink import Sink

class Request:
    """Asks for a savefile; a signal handler may do so at any time."""

    def ask(self, reason: str) -> None:
        """Have a savefile written, because of `reason`."""

class RecorderSink(Sink):
    """Keeps the latest packets in memory until something asks for a savefile of them."""

    def __init__(
        self,
        inner: PcapngSink,
        *,
        seconds: float = 0,
        room: int = 0,
        trigger: PacketFilter | None = None,
        request: Request | None = None,
        at_end: bool = False,
        live: bool = True,
    ) -> None: ...
