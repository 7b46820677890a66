from collections.abc import Callable
from os import PathLike
from typing import NamedTuple

from ptcpdump.context.model import Context
from ptcpdump.context.render import Renderer
from ptcpdump.filters.packet_filter import PacketFilter
from ptcpdump.sinks.sink import Sink
from ptcpdump.sources.reader import SavefileReader

class Counts(NamedTuple):
    """What pump() saw."""

    read: int
    matched: int
    passed: int

def open_savefile(
    path: str | PathLike[str],
    *,
    renderer: Renderer | None = None,
    wanted: Callable[[Context | None], bool] | None = None,
) -> SavefileReader:
    """Open a pcap or pcapng file, plain or gzip'ed; "-" is standard input. Raises SavefileError."""

def pump(
    reader: SavefileReader,
    sink: Sink,
    *,
    filter: PacketFilter | None = None,
    skip: int = 0,
    count: int = 0,
    owners: bool = False,
) -> Counts:
    """Pass a file's packets on until its end, or until `count` of them have been passed on."""
