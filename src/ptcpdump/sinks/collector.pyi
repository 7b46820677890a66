from ptcpdump.context.text_cache import ContextCache
from ptcpdump.packets import Packet
from ptcpdump.sinks.sink import Sink
from ptcpdump.sinks.text import TextSink

class Collector(Sink):
    """Keeps packets as Python objects until take() fetches them."""

    def __init__(self, text: TextSink | None, cache: ContextCache | None = None) -> None: ...
    def use(self, cache: ContextCache) -> None:
        """Where the contexts of packets are found."""

    def take(self) -> Packet | None:
        """The oldest packet, or None."""
