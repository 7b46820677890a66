"""The library: savefiles as iterators of packets, and writing packets to one."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import PtcpdumpError
from ptcpdump.lazy import lazy_modules
from ptcpdump.packets import Packet
from ptcpdump.printers.base import resolver as names
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.objects import Collector
from ptcpdump.sinks.options import TextOptions, check_text_options
from ptcpdump.sources.opening import open_source
from ptcpdump.sources.source import Source
from ptcpdump.tabular import Tabular
from ptcpdump.threads import OneAtATime

if TYPE_CHECKING:
    import pyarrow as pa

with lazy_modules:
    from ptcpdump import tables

_DEFAULT_TEXT = TextOptions(numeric=True)


class Savefile(Tabular):
    """A pcap or pcapng file: iteration yields its packets, from the first one each time.

    What can be read only once, a pipe for instance, raises PtcpdumpError when it is iterated again. An iteration ends
    those that were begun before, in other threads, too: give each thread a savefile of its own.
    """

    def __init__(self, path: str | os.PathLike[str], text: TextOptions | None = _DEFAULT_TEXT) -> None:
        check_text_options(text)
        self._path = path
        self._text = text
        self._reader: Source | None = None
        self._begun = False
        self._closed = False
        self._turn = OneAtATime(f"{os.fspath(path)!r}")     # nobody closes it while a thread is at its buffers
        self._open()
        self._resolver = names.start(domain=not text.no_domain, live=False) if text and not text.numeric else None

    def _open(self) -> None:
        self._collector = Collector(self._text)
        table = InterfaceTable(self._collector)
        self._reader = open_source(self._path, table)
        self._driver = Driver(self._reader, self._collector, ContextStage(Renderer()), table)

    def __iter__(self) -> Iterator[Packet]:
        with self._turn:
            if self._closed or self._reader is None:
                raise PtcpdumpError(f"{os.fspath(self._path)}: the file is closed")
            if self._begun:
                if not Path(self._path).is_file():
                    raise PtcpdumpError(
                        f"{os.fspath(self._path)}: what is no regular file can be read once; keep its packets")
                self._reader.close()
                self._open()
            self._begun = True
            return self._packets(self._driver, self._collector)

    def to_arrow(self) -> "pa.Table":
        """See Tabular; all packets of the file, whatever an iteration has read of it."""
        return tables.arrow_table(os.fspath(self._path), self._text)

    def _packets(self, driver: Driver, collector: Collector) -> Iterator[Packet]:
        while not driver.done:
            packet = None
            with self._turn:
                if not driver.done:     # nobody has closed it meanwhile
                    driver.step(1)
                    packet = collector.take()
                    if packet is None:
                        driver.wait()
            if self._closed:        # by another thread, which has not waited for us
                self.close()
            if packet is not None:
                yield packet
        if self._closed:
            raise PtcpdumpError(f"{os.fspath(self._path)}: the file was closed before all its packets were read")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing. A thread that waits for its next packet closes it after that."""
        self._closed = True
        if self._turn.busy:
            return
        with self._turn:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
        if self._resolver:
            names.stop(self._resolver)
            self._resolver = None


# Like gzip.open and tarfile.open, meant to be used with the package's name.
def open(path: str | os.PathLike[str], *, text: TextOptions | None = _DEFAULT_TEXT) -> Savefile:
    """Open a savefile: ``for packet in ptcpdump.open("x.pcapng"): ...``; "-" is standard input.

    Raises SavefileError.
    """
    return Savefile(path, text)


def write(path: str | os.PathLike[str], packets: Iterable[Packet], *, nano: bool = True) -> int:
    """Write packets, of a capture, of a savefile or from anywhere else, and return how many there were.

    The name chooses the format: .pcap (times in nanoseconds, or in microseconds with nano=False), .parquet, else
    pcapng, with all that is known of owners; .gz or .zst behind it compresses the file. Raises SavefileError.
    """
    return tables.write_packets(path, packets, nano=nano)
