"""The library: live captures and savefiles as iterators of packets."""

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.backends.table import DEFAULT
from ptcpdump.net.interface import Interface
from ptcpdump.packets import Packet
from ptcpdump.printers.base import resolver as names
from ptcpdump.run.counters import Counters
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.run.live import LiveCapture
from ptcpdump.run.settings import Settings
from ptcpdump.sinks.objects import Collector
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sources.opening import open_source
from ptcpdump.sources.source import Source

_DEFAULT_TEXT = TextOptions(numeric=True)


def _resolver(text: TextOptions | None, *, live: bool) -> names.Resolver | None:
    """Names of addresses and ports are printed while there is one; there is one at a time in a process."""
    return names.start(domain=not text.no_domain, live=live) if text and not text.numeric else None


class Capture:
    """A live capture: a context manager whose iteration yields packets as they come.

    Entering attaches the hooks, leaving detaches them. Iteration ends after max_packets packets or after stop(). It
    can be entered once; iterating outside the block raises PtcpdumpError.
    """

    def __init__(self, settings: Settings, text: TextOptions | None = _DEFAULT_TEXT) -> None:
        self._collector = Collector(text)
        self._capture = LiveCapture(settings, self._collector)
        self._text = text
        self._resolver: names.Resolver | None = None
        self._stopped = False
        self._open = False
        self._lock = threading.Lock()       # stop() may be called while another thread leaves the block
        self._wake, self._write = -1, -1

    def __enter__(self) -> Self:
        self._capture.start()
        self._wake, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._capture.listen(self._wake)
        self._resolver = _resolver(self._text, live=True)
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._capture.close()
        with self._lock:
            for descriptor in (self._wake, self._write):
                os.close(descriptor)
            self._wake = self._write = -1
        if self._resolver:
            names.stop(self._resolver)
            self._resolver = None

    def __iter__(self) -> Iterator[Packet]:
        if not self._open:
            raise PtcpdumpError("packets of a capture can be had inside its `with` block only")
        driver = self._capture.driver
        while self._open and not self._stopped and not driver.done:
            driver.step()
            yield from self._pending()
            driver.wait(lambda: self._stopped or not self._open)
        if self._open:
            self._capture.finish()
        yield from self._pending()

    def _pending(self) -> Iterator[Packet]:
        while (packet := self._collector.take()) is not None:
            yield packet

    def stop(self) -> None:
        """End the iteration after the packets that are captured already; may be called from any thread, at any time."""
        self._stopped = True
        with self._lock:
            if self._write >= 0:
                with contextlib.suppress(BlockingIOError):      # woken often enough
                    os.write(self._write, b"s")

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces captured on."""
        return tuple(self._capture.table.interfaces)

    @property
    def counters(self) -> Counters:
        """Packets captured, received by the filter, and dropped by the kernel so far; all 0 before the capture."""
        return self._capture.counters()


def capture(
    interface: str | Iterable[str] = (),
    expression: str = "",
    *,
    direction: str = "inout",
    snaplen: int = 262144,
    max_packets: int = 0,
    netns: str | Iterable[str] = (),
    buffer_size: int = 0,
    backend: str = DEFAULT.name,
    text: TextOptions | None = _DEFAULT_TEXT,
) -> Capture:
    """Capture packets: ``with capture("eth0", "tcp port 443") as packets: for packet in packets: ...``.

    interface: names or "any" (default: the first one that is up); expression: pcap-filter(7); direction: "in", "out" or
    "inout"; snaplen: bytes kept of a packet; max_packets: end after so many, 0 for never; netns: names or paths of
    network namespaces, or "any"; buffer_size: bytes of the buffers between kernel and us, 0 for what suits the machine;
    backend: as --backend; text: how Packet.line looks, None for none.
    Entering the capture raises PrivilegeError, InterfaceError, FilterError and UnsupportedError.
    """
    settings = Settings(
        interfaces=_words(interface), expression=expression, direction=direction, snaplen=snaplen,
        max_packets=max_packets, netns=_words(netns), buffer_size=buffer_size, backend=backend)
    return Capture(settings, text)


class Savefile:
    """A pcap or pcapng file: iteration yields its packets, from the first one each time.

    What can be read only once, a pipe for instance, raises PtcpdumpError when it is iterated again.
    """

    def __init__(self, path: str | os.PathLike[str], text: TextOptions | None = _DEFAULT_TEXT) -> None:
        self._path = path
        self._text = text
        self._reader: Source | None = None
        self._begun = False
        self._open()
        self._resolver = _resolver(text, live=False)

    def _open(self) -> None:
        self._collector = Collector(self._text)
        table = InterfaceTable(self._collector)
        self._reader = open_source(self._path, table)
        self._driver = Driver(self._reader, self._collector, ContextStage(Renderer()), table)

    def __iter__(self) -> Iterator[Packet]:
        if self._reader is None:
            raise PtcpdumpError(f"{os.fspath(self._path)}: the file is closed")
        if self._begun:
            if not Path(self._path).is_file():
                raise PtcpdumpError(
                    f"{os.fspath(self._path)}: what is no regular file can be read once; keep its packets")
            self._reader.close()
            self._open()
        self._begun = True
        return self._packets(self._driver, self._collector)

    @staticmethod
    def _packets(driver: Driver, collector: Collector) -> Iterator[Packet]:
        while not driver.done:
            driver.step(1)
            if (packet := collector.take()) is not None:
                yield packet
            else:
                driver.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
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


def _words(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
