"""What segments bring about in one direction of a TCP connection (stream.pyx):

    Start(midstream)        the stream begins: with a SYN, or with the first data seen
    Data(offset, data)      bytes in order; offset 0 is the first one
    Gap(offset, length)     bytes that won't come any more
    End(offset, reason)     "fin", "rst", "new" (a SYN of another connection); "closed", "idle", "evicted" by ourselves

Offsets have no holes and no overlaps: those of Data and Gap follow each other.
"""

from typing import NamedTuple


class Start(NamedTuple):
    """A stream begins; midstream: without a SYN."""

    midstream: bool


class Data(NamedTuple):
    """Bytes in order, from this offset of the stream on."""

    offset: int
    data: bytes


class Gap(NamedTuple):
    """Bytes that were not captured, from this offset on."""

    offset: int
    length: int


class End(NamedTuple):
    """The stream ends at this offset."""

    offset: int
    reason: str


Event = Start | Data | Gap | End
