"""The library: live captures as iterators of packets; savefile.py is about savefiles."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ptcpdump.errors import PtcpdumpError, UsageError
from ptcpdump.filters.owner import parse_owner_filter
from ptcpdump.kernel.traits import DEFAULT
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface
from ptcpdump.packets import Packet
from ptcpdump.printers.base import resolver as names
from ptcpdump.records import replace
from ptcpdump.run.counters import Counters
from ptcpdump.run.live import LiveCapture
from ptcpdump.run.settings import SNAPLEN_MAX, Settings
from ptcpdump.sinks.objects import Collector
from ptcpdump.sinks.options import TextOptions, check_text_options
from ptcpdump.tabular import Tabular
from ptcpdump.threads import OneAtATime

if TYPE_CHECKING:
    import pyarrow as pa

with lazy_modules:
    from ptcpdump import tables
    from ptcpdump.run import command as commands

_DEFAULT_TEXT = TextOptions(numeric=True)


class Capture(Tabular):
    """A live capture: a context manager whose iteration yields packets as they come; `async for` does so, too.

    Entering attaches the hooks, leaving detaches them. Iteration ends after max_packets packets, after stop(), and with
    a command when it and its last packets are through; `status` is then the command's. It can be entered once;
    iterating outside the block raises PtcpdumpError. Several threads may iterate: each packet is one thread's.

    It belongs to the process that enters it: to a forked child it is over, and what that does to it changes nothing.
    """

    def __init__(self, settings: Settings, text: TextOptions | None = _DEFAULT_TEXT,
                 command: tuple[str, ...] = ()) -> None:
        self.status: int | None = None
        self._command: commands.Command | None = None
        if command:     # it is forked here, before the capture has threads
            self._command = commands.Command(command)
            settings = replace(settings, owner=settings.owner.for_command(self._command.known_as))
        self._collector = Collector(text)
        self._capture = LiveCapture(settings, self._collector)
        self._text = text
        self._resolver: names.Resolver | None = None
        self._stopped = False
        self._open = False
        self._pid = os.getpid()             # of the process that has entered it
        self._lock = threading.Lock()       # stop() may be called while another thread leaves the block
        self._turn = OneAtATime("packets of a capture")     # nobody closes it while a thread is at its buffers
        self._wake, self._write = -1, -1

    def __enter__(self) -> Self:
        self._pid = os.getpid()
        if self._command:
            self._capture.processes.listeners.append(self._command.on_event)
        try:
            self._capture.start()
        except BaseException:
            self._end_command()
            raise
        try:
            self._wake, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            self._capture.listen(self._wake)
            if self._text and not self._text.numeric:
                self._resolver = names.start(domain=not self._text.no_domain, live=True)
        except BaseException:       # no descriptor was left, for one
            self._close()
            raise
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def _ours(self) -> bool:
        """Whether this process has entered it: a forked one would take packets, filters and the command from that."""
        return os.getpid() == self._pid

    def _close(self) -> None:
        self._open = False
        if not self._ours:
            return
        self.stop()     # whoever waits in another thread
        with self._turn:
            self._capture.close()
            self._end_command()
        with self._lock:
            for descriptor in (self._wake, self._write):
                if descriptor >= 0:
                    os.close(descriptor)
            self._wake = self._write = -1
        if self._resolver:
            names.stop(self._resolver)
            self._resolver = None

    def __iter__(self) -> Iterator[Packet]:
        if not self._open:
            raise PtcpdumpError("packets of a capture can be had inside its `with` block only")
        if not self._ours:
            raise PtcpdumpError("packets of a capture can be had in the process that has started it only: make another "
                                "capture in each")
        driver = self._capture.driver
        farewell = commands.Farewell(self._command) if self._command else None
        if self._command:
            self._command.release()
        while self._ours:
            with self._turn:
                if not self._open or self._stopped or driver.done:
                    break
                found = driver.step()
            yield from self._pending()
            with self._turn:
                if not self._open or (farewell and farewell.over(found)):
                    break
                driver.wait(lambda: self._stopped, commands.LOOK if farewell else None)
        if not self._ours:      # it was forked while it iterated
            return
        with self._turn:
            if self._open:
                self._capture.finish()
        yield from self._pending()

    def _pending(self) -> Iterator[Packet]:
        while (packet := self._collector.take()) is not None:
            yield packet

    async def __aiter__(self) -> AsyncIterator[Packet]:
        """Packets as they come; a thread waits for them. Cancelling a task that waits stops the capture."""
        packets = iter(self)
        while True:
            waiting = asyncio.ensure_future(asyncio.to_thread(self._bunch, packets))
            try:
                bunch = await asyncio.shield(waiting)
            except asyncio.CancelledError:
                self.stop()
                await waiting       # the thread must be through before anybody closes the capture
                raise
            if not bunch:
                return
            for packet in bunch:
                yield packet

    def _bunch(self, packets: Iterator[Packet]) -> list[Packet]:
        """Wait for a packet, and take those that have come with it; empty at the end."""
        return [packet for packet in (next(packets, None), *self._pending()) if packet is not None]

    def to_arrow(self) -> "pa.Table":
        """See Tabular."""
        return tables.arrow_table(self, self._text)

    def _end_command(self) -> None:
        if self._command:
            self._command.close()
            self.status = self._command.status

    def stop(self) -> None:
        """End the iteration after the packets that are captured already; may be called from any thread, at any time."""
        self._stopped = True
        if not self._ours:
            return
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
    snaplen: int = SNAPLEN_MAX,
    max_packets: int = 0,
    netns: str | Iterable[str] = (),
    buffer_size: int = 0,
    backend: str = DEFAULT.name,
    pid: int | Iterable[int] = (),
    pname: str | Iterable[str] = (),
    uid: int | str | Iterable[int | str] = (),
    follow_forks: bool = False,
    container_id: str | Iterable[str] = (),
    container_name: str | Iterable[str] = (),
    pod_name: str | Iterable[str] = (),
    reverse_match: bool = True,
    command: str | Iterable[str] = (),
    text: TextOptions | None = _DEFAULT_TEXT,
) -> Capture:
    """Capture packets: ``with capture("eth0", "tcp port 443") as packets: for packet in packets: ...``.

    interface: names or "any" (default: the first one that is up); expression: pcap-filter(7); direction: "in", "out" or
    "inout"; snaplen: bytes kept of a packet; max_packets: end after so many, 0 for never; netns: names or paths of
    network namespaces, or "any"; buffer_size: bytes of the buffers between kernel and us, 0 for what suits the machine;
    backend: as --backend; text: how Packet.line looks, None for none.

    Whose packets, each one value or several: pid; pname: names of programs; uid: numbers or names of users;
    container_id: the start of it is enough; container_name; pod_name: "NAME.NAMESPACE"; follow_forks: descendants of
    these processes, too; command: words that are run once the first packet is asked for, with their descendants. The
    kinds are ORed, as those of the command line. reverse_match: look at the receiver's end where a sender is not known.

    Raises UsageError for values that can't be. Entering the capture raises PrivilegeError, InterfaceError, FilterError
    and UnsupportedError.
    """
    owner = parse_owner_filter(
        pids=_words("pid", pid), names=_words("pname", pname), uids=_words("uid", uid),
        container_ids=_words("container_id", container_id), container_names=_words("container_name", container_name),
        pods=_words("pod_name", pod_name), follow_forks=follow_forks)
    settings = Settings(
        interfaces=_words("interface", interface), expression=expression, direction=direction, snaplen=snaplen,
        max_packets=max_packets, netns=_words("netns", netns), buffer_size=buffer_size, backend=backend, owner=owner,
        peer_match=reverse_match)
    settings.check()
    check_text_options(text)
    program = _words("command", command)
    if program and not program[0]:
        raise UsageError(f"command={command!r}: begins with no command")
    return Capture(settings, text, program)


def _words(name: str, value: object) -> tuple[str, ...]:
    """One value or several. Raises UsageError for what is no text, number or path; an empty text would choose none."""
    several = (value,) if isinstance(value, int | str | os.PathLike) else value
    if isinstance(several, bytes) or not isinstance(several, Iterable):
        raise UsageError(f"{name}={value!r}: must be a text, or several")
    return tuple(_word(name, each) for each in several)


def _word(name: str, value: object) -> str:
    word = os.fspath(value) if isinstance(value, os.PathLike) else str(value) if isinstance(value, int) else value
    if not isinstance(word, str) or "\0" in word or (not word and name != "command"):
        raise UsageError(f"{name}={value!r}: must be a text that is not empty and holds no NUL")
    return word
