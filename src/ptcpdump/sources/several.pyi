from collections.abc import Iterable
from typing import final

from ptcpdump.sources.source import Source

@final
class SequenceSource(Source):
    """Sources one after the other: each is taken from the iterable when the one before it has ended."""

    def __init__(self, sources: Iterable[Source]) -> None: ...

@final
class MergedSource(Source):
    """Two sources as one, their packets in the order of time."""

    def __init__(self, first: Source, second: Source) -> None: ...

def merged(sources: Iterable[Source]) -> Source:
    """All sources as one, their packets in the order of time; of equal times the earlier source's comes first."""
