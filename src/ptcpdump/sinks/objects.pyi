from ptcpdump.net.interface import Interface
from ptcpdump.packets import Packet
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.sink import Sink

class PacketSink(Sink):
    """Base of sinks written in Python: derive from it and define handle()."""

    def __init__(self, text: TextOptions | None = None) -> None: ...
    def handle(self, packet: Packet) -> None:
        """Take a packet; to be defined by whoever derives from this."""

class Collector(PacketSink):
    """Keeps packets until take() fetches them."""

    interfaces: dict[int, Interface]

    def take(self) -> Packet | None:
        """The oldest packet, or None."""
