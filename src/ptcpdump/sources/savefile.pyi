from collections.abc import Callable
from os import PathLike

from ptcpdump.sources.reader import SavefileReader
from ptcpdump.sources.rows import Rows

def open_savefile(
    path: str | PathLike[str], table: Rows, secrets: Callable[[int, bytes], object] | None = None,
    unpack_limit: int | None = None,
) -> SavefileReader:
    """Open a pcap or pcapng file, plain or gzip'ed; "-" is standard input. Raises SavefileError."""
