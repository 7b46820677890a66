"""Opening a file to read: a savefile, or what another package knows how to read."""

import os
from collections.abc import Callable

from ptcpdump.lazy import lazy_modules
from ptcpdump.sources.rows import Rows
from ptcpdump.sources.savefile import open_savefile
from ptcpdump.sources.source import Source

with lazy_modules:
    from ptcpdump import plugins
    from ptcpdump.sources import objects

GROUP = "ptcpdump.sources"      # of entry points: the ending of a name, and a function from a path to packets
_OWN = ("", ".pcap", ".pcapng", ".cap", ".gz", ".xz", ".zst", ".lz4")


def open_source(
    path: str | os.PathLike[str], table: Rows, secrets: Callable[[int, bytes], object] | None = None,
    unpack_limit: int | None = None,
) -> Source:
    """Open a file by the ending of its name if another package reads such files, else as a savefile.

    See open_savefile(). Raises SavefileError.
    """
    name = os.fspath(path)
    addition = plugins.for_ending(GROUP, name) if os.path.splitext(name)[1] not in _OWN else None
    if addition is None:
        return open_savefile(path, table, secrets, unpack_limit)
    return objects.PacketSource(addition.call(), table, addition.blame)
