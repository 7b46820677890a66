from types import TracebackType
from typing import Self

from ptcpdump.net.interface import Interface

class SavefileReader:
    """Gives a savefile's packets in order; made by ptcpdump.sources.savefile.open_savefile()."""

    name: str
    interfaces: list[Interface]
    secrets: list[tuple[int, bytes]]

    def stop(self) -> None:
        """End the reading quietly at the next packet; meant for signal handlers."""

    def close(self) -> None:
        """Close the file; a second call does nothing."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
