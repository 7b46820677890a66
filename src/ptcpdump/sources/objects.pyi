from collections.abc import Callable, Iterable
from typing import final

from ptcpdump.packets import Packet
from ptcpdump.sources.rows import Rows
from ptcpdump.sources.source import Source

@final
class PacketSource(Source):
    """Packets made in Python, or that came from another run: what a stage written in Python hands on."""

    def __init__(
        self,
        packets: Iterable[Packet],
        table: Rows,
        blame: Callable[[BaseException], BaseException] | None = None,
    ) -> None: ...
