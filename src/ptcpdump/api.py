"""The library: live captures and savefiles as iterators of packets."""

import os
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from ptcpdump.context.render import Renderer
from ptcpdump.kernel.backends.table import DEFAULT
from ptcpdump.net.interface import Interface
from ptcpdump.packets import Packet
from ptcpdump.printers.base import resolver as names
from ptcpdump.run.preparation import Settings
from ptcpdump.run.session import Counters, Session
from ptcpdump.sinks.collector import Collector
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.text import TextSink
from ptcpdump.sources.savefile import open_savefile, pump

_DEFAULT_TEXT = TextOptions(numeric=True)


def _collector(text: TextOptions | None) -> Collector:
    return Collector(TextSink(Output(-1, "lines"), text) if text else None)


def _resolver(text: TextOptions | None, *, live: bool) -> names.Resolver | None:
    """Names of addresses and ports are printed while there is one; there is one at a time in a process."""
    return names.start(domain=not text.no_domain, live=live) if text and not text.numeric else None


class Capture:
    """A live capture: a context manager whose iteration yields packets as they come.

    Entering attaches the hooks, leaving detaches them. Iteration ends after max_packets packets or after stop().
    """

    def __init__(self, settings: Settings, text: TextOptions | None = _DEFAULT_TEXT) -> None:
        self._collector = _collector(text)
        self._session = Session(settings, self._collector, Renderer())
        self._collector.use(self._session.cache)
        self._text = text
        self._resolver: names.Resolver | None = None
        self._stopped = False
        self._wake, self._write = -1, -1

    def __enter__(self) -> Self:
        self._wake, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._session.start()
        self._resolver = _resolver(self._text, live=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        for descriptor in (self._wake, self._write):
            os.close(descriptor)
        if self._resolver:
            names.stop(self._resolver)

    def __iter__(self) -> Iterator[Packet]:
        found = 0
        while not self._stopped and not self._session.done:
            found = self._session.poll(0 if found else None, self._wake)
            yield from self._pending()
        self._session.finish()
        yield from self._pending()

    def _pending(self) -> Iterator[Packet]:
        while (packet := self._collector.take()) is not None:
            yield packet

    def stop(self) -> None:
        """End the iteration after the packets that are captured already; may be called from any thread."""
        self._stopped = True
        os.write(self._write, b"s")

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces captured on."""
        return tuple(self._session.table)

    @property
    def counters(self) -> Counters:
        """Packets captured, received by the filter, and dropped by the kernel so far."""
        return self._session.counters()


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
    """A pcap or pcapng file: iteration yields its packets, once."""

    def __init__(self, path: str | os.PathLike[str], text: TextOptions | None = _DEFAULT_TEXT) -> None:
        self._reader = open_savefile(path, renderer=Renderer())
        self._collector = _collector(text)
        contexts = getattr(self._reader, "contexts", None)      # only pcapng has any
        if contexts is not None:
            self._collector.use(contexts)
        self._resolver = _resolver(text, live=False)

    def __iter__(self) -> Iterator[Packet]:
        while pump(self._reader, self._collector, count=1).passed:
            packet = self._collector.take()
            if packet is not None:
                yield packet

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
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
