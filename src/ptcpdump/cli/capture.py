"""Live capture."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from ptcpdump.cli.options import Options
from ptcpdump.cli.outputs import open_sinks
from ptcpdump.cli.settings import renderer
from ptcpdump.net.interface import Interface
from ptcpdump.session import Counters, Session, Settings

LOUD = ("debug", "info", "warn")


def run(options: Options) -> int:
    """Capture until -c, a signal or an error ends it; the summary goes to standard error."""
    if options.packet_delay:
        import time  # noqa: PLC0415

        time.sleep(options.packet_delay)
    sink = open_sinks(options)
    session = Session(_settings(options), sink, renderer(options))
    try:
        with Signals(session) as signals, session:
            _announce(options, session.table)
            if options.ready_file:
                Path(options.ready_file).write_text(f"{os.getpid()}\n")
            try:
                session.run(signals.wake, lambda: signals.stop)
            finally:
                if not signals.abort:
                    counters = session.finish()
            sink.close()
            for text in session.warnings:
                _say(f"ptcpdump: warning: {text}")
            _summary(counters, after_signal=signals.stop)
    finally:
        sink.close()
    return 0


def _settings(options: Options) -> Settings:
    return Settings(
        interfaces=options.interfaces,
        netns=options.netns,
        direction=options.direction,
        snaplen=options.snaplen,
        buffer_size=options.buffer_kib * 1024 or 8 << 20,
        expression=options.expression,
        optimize=options.optimize,
        reverse_match=options.reverse_match,
        immediate=options.prints or options.follows_output,
        max_packets=options.max_packets,
        kernel_btf=options.kernel_btf,
    )


class Signals:
    """SIGINT and SIGTERM ask for a stop, a second one ends at once; SIGUSR1 prints the counters."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.stop = False
        self.abort = False
        self.wake, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> "Signals":
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:   # as under nohup(1)
                signal.signal(number, self._ask)
        signal.signal(signal.SIGUSR1, self._count)
        return self

    def __exit__(self, *exception: object) -> None:
        signal.set_wakeup_fd(-1)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.stop:
            self.abort = True
            raise KeyboardInterrupt
        self.stop = True

    def _count(self, number: int, frame: FrameType | None) -> None:
        self._drain()
        c = self._session.counters()
        _say(f"ptcpdump: {c.captured} packets captured, {c.received} packets received by filter, "
             f"{c.dropped} packets dropped by kernel")

    def _drain(self) -> None:
        try:
            while os.read(self.wake, 64):
                pass
        except BlockingIOError:
            pass


def _announce(options: Options, table: list[Interface]) -> None:
    """tcpdump's lines at the start."""
    if options.log_level not in LOUD:
        return
    from ptcpdump.filters.pcap import linktype_description, linktype_name  # noqa: PLC0415

    if options.prints and not options.verbose:
        _say("ptcpdump: verbose output suppressed, use -v[v]... for full protocol decode")
    names = "any" if "any" in options.interfaces else ", ".join(row.shown for row in table)
    kinds = dict.fromkeys(row.linktype for row in table)
    kind = ", ".join(f"{linktype_name(k)} ({linktype_description(k)})" for k in kinds) or "EN10MB (Ethernet)"
    _say(f"listening on {names}, link-type {kind}, snapshot length {options.snaplen} bytes, backend {options.backend}")


def _summary(counters: Counters, *, after_signal: bool) -> None:
    if after_signal and sys.stderr.isatty():
        _say("")        # the line of ^C
    _say(f"{_packets(counters.captured)} captured")
    _say(f"{_packets(counters.received)} received by filter")
    _say(f"{_packets(counters.dropped)} dropped by kernel")
    if counters.lost_events:
        _say(f"{counters.lost_events} process events lost: some processes may lack their arguments")


def _packets(n: int) -> str:
    return f"{n} packet{'' if n == 1 else 's'}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
