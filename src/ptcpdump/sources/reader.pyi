from typing import final

from ptcpdump.net.interface import Interface
from ptcpdump.sources.source import Source

@final
class SavefileReader(Source):
    """Gives a savefile's packets in order; made by ptcpdump.sources.savefile.open_savefile()."""

    name: str
    interfaces: list[Interface]
