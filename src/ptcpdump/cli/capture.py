"""Live capture."""

import os
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ptcpdump.accounts import account
from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.cli.settings import owner_filter
from ptcpdump.cli.signals import Signals
from ptcpdump.errors import OutputFinished, PtcpdumpError, ReaderGone, UsageError
from ptcpdump.kernel.traits import traits
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import LINUX_SLL2
from ptcpdump.run.preparation import Preparation
from ptcpdump.run.privileges import confine, relinquish, require_becoming
from ptcpdump.run.settings import Delivery, Settings

with lazy_modules:      # these here are imported while the kernel is busy with what preparation gives it
    import shutil

    from ptcpdump.cli import keys, outputs
    from ptcpdump.filters import pcap
    from ptcpdump.run import command as commands
    from ptcpdump.run import live
    from ptcpdump.sinks import creation, recorder, shared_folders
    from ptcpdump.tls import environment, watching

_PATIENCE = 0.05        # seconds between looks at packets that wait for their TLS keys

if TYPE_CHECKING:
    from ptcpdump.cli.keys import KeyTaker
    from ptcpdump.run.command import Command
    from ptcpdump.run.counters import Counters
    from ptcpdump.run.live import LiveCapture
    from ptcpdump.sinks.rotation import Rotation
    from ptcpdump.sinks.sink import Sink
    from ptcpdump.tls.environment import PrivateKeyLog


def run(options: Options) -> int:
    """Capture until -c, a signal, the end of CMD or an error; the summary goes to standard error."""
    command, private, user = None, None, account(options.user) if options.user else None
    if user:
        require_becoming(user)
    if options.keys_by_environment:
        private = environment.PrivateKeyLog(user)
    if options.program:
        command = commands.Command(options.program, user, private.variables if private else {})
    if user:
        confine()
    try:
        with Preparation(_settings(options, command)) as preparation:
            return _capture(options, command, preparation, private)
    except ReaderGone:
        if options.reader_may_leave:
            return 0
        raise
    finally:
        if command:
            command.close()
        if private:
            private.close()


def _capture(options: Options, command: "Command | None", preparation: Preparation,
             private: "PrivateKeyLog | None") -> int:
    if options.loud:
        _warn_of_nobody(options.pids)
    if options.linktype:
        _require_linktype(options, preparation.interfaces)
    warn = say.warn if options.loud else _ignore
    with ExitStack() as stack:
        stack.enter_context(outputs.printed_names(options))
        taker = stack.enter_context(keys.key_taker(options, warn)) if options.wants_keys or options.decrypt else None
        if taker and private:
            taker.follow(private)
        request = recorder.Request() if "signal" in options.dump_on else None
        plans: list[Rotation] = []
        sink = outputs.open_sinks(options, taker, request, plans)
        if taker and options.probed:
            sink = watching.HelloSink(sink, taker.proof, taker.derivations)
        stack.enter_context(closing(sink))
        capture = live.LiveCapture(preparation.settings, sink, outputs.renderer(options), warn, preparation,
                                   taker if taker and options.probed else None)
        return _run(options, command, capture, sink, taker, request, plans)


def _run(options: Options, command: "Command | None", capture: "LiveCapture", sink: "Sink",
         taker: "KeyTaker | None", request: "recorder.Request | None", plans: "list[Rotation]") -> int:
    if command:
        capture.processes.listeners.append(command.on_event)
    counters = None
    signals = Signals(asked=capture.leave, held=lambda: capture.held, show=lambda: _show(capture.counters()),
                      dump=outputs.dumping(request))
    try:
        with signals, capture:
            capture.listen(signals.wake)
            if options.write_file == "-":
                capture.watch_output(1)
            _announce(options, capture.table.interfaces)
            if options.user:
                _prepare_to_relinquish(options, capture)
            with _ready_file(options) as ready:
                if options.user:
                    relinquish(account(options.user))
                ready.write(f"{os.getpid()}\n")
            try:
                if options.packet_delay:
                    signals.wait(options.packet_delay)
                _loop(capture, signals, command, taker, plans)
            except OutputFinished as end:
                say.complain(str(end))
            finally:
                if not signals.abort:
                    try:
                        counters = _finish(capture)
                    except (PtcpdumpError, BrokenPipeError):    # what is left of the packets can't be written
                        counters = capture.counters()
                        raise
            if taker:
                taker.finish()
            sink.close()        # before the helper ends, who may have to create the last savefile
            for plan in plans:
                plan.end()
    finally:
        if counters:
            if options.count_only:
                say.show(_packets(counters.captured))
            if not options.silent:
                _summary(counters, after_signal=signals.stop)
    lost = int(taker is not None and taker.lost)
    if command is None or capture.driver.full:
        return lost
    if signals.stop:
        command.interrupt(signals.number)
    command.close()
    return command.status or lost


def _prepare_to_relinquish(options: Options, capture: "LiveCapture") -> None:
    """Leave what will need privileges to a process of its own."""
    several = options.file_size or options.rotate_seconds or options.dump_on
    further = creation.further_files(options.write_file) if several else None
    helper = capture.prepare_to_relinquish(further)
    if helper and further:
        creation.ask(helper.create)


def _ready_file(options: Options) -> TextIO:
    """Opened while we may; what is written to it tells that the hooks are attached and all privileges given up."""
    return os.fdopen(shared_folders.open_file(options.ready_file or os.devnull), "w")


def _loop(capture: "LiveCapture", signals: Signals, command: "Command | None", taker: "KeyTaker | None",
          plans: "list[Rotation]") -> None:
    """Hand over packets until somebody says stop; with a command, until it and its last packets are through.

    Raises OutputFinished when the time of the last file is over, whether packets come or not.
    """
    driver = capture.driver

    def stopped() -> bool:
        return signals.stop or capture.unread or any(plan.over for plan in plans)

    if command is None and taker is None:
        driver.run(stopped)
    elif command is None:
        while not stopped() and not driver.done:
            driver.step()
            driver.wait(stopped, _PATIENCE if taker and taker.waited_for else None)
    else:
        farewell = commands.Farewell(command)
        command.release()
        while not stopped() and not driver.done and not farewell.over(driver.step()):
            driver.wait(stopped, commands.LOOK)
    for plan in plans:
        if plan.over:
            raise plan.full()


def _finish(capture: "LiveCapture") -> "Counters":
    """The counters at the end, once the last packets are handed over; those of after the last file's time are not."""
    try:
        return capture.finish()
    except OutputFinished:
        return capture.finish()


def _settings(options: Options, command: "Command | None") -> Settings:
    owner = owner_filter(options)
    return Settings(
        owner=owner.for_command(command.known_as) if command else owner,
        interfaces=options.interfaces,
        netns=options.netns,
        direction=options.direction,
        backend=options.backend,
        snaplen=options.snaplen,
        buffer_size=options.buffer_kib * 1024,
        expression=options.expression,
        optimize=options.optimize,
        peer_match=options.peer_match,
        both_ends=options.writes_owners,
        delivery=Delivery.EACH if options.follows_output else Delivery.PROMPT if options.prints else Delivery.BATCHES,
        max_packets=options.max_packets,
        hint_after=0 if command else options.hint_after,    # a command sends when it likes
        kernel_btf=options.kernel_btf,
        runtimes=options.runtimes,
        tls_keys=options.probed,
        programs=(shutil.which(options.program[0]) or "",) if options.program else (),
    )


def _require_linktype(options: Options, interfaces: list[Interface]) -> None:
    """Raise UsageError unless packets have the link type of -y, for nothing here gives them another one."""
    wanted = pcap.linktype_by_name(options.linktype)
    if "any" in options.interfaces and ".pcap" in Path(options.write_file).suffixes[-2:]:
        others = {"any": LINUX_SLL2}        # as the file has it, see sinks/pcap.pyx
    else:
        backend = traits(options.backend)
        others = {row.shown: backend.as_seen(row).linktype for row in interfaces}
    for name, kind in others.items():
        if kind != wanted:
            raise UsageError(f"-y {options.linktype}: packets of {name} have the link type {pcap.linktype_name(kind)} "
                             "here; leave -y out")


def _warn_of_nobody(pids: tuple[int, ...]) -> None:
    """Tell of processes that are wanted but not there."""
    missing = [str(pid) for pid in pids if not Path(f"/proc/{pid}").exists()]
    if missing:
        say.warn(f"--pid {','.join(missing)}: there is no such process now, so none of its packets")


def _announce(options: Options, table: list[Interface]) -> None:
    """tcpdump's lines at the start."""
    if not options.loud:
        return
    if options.prints and not options.verbose:
        say.complain("verbose output suppressed, use -v[v]... for full protocol decode")
    names = "any" if "any" in options.interfaces else ", ".join(row.shown for row in table) or "no interface yet"
    kinds = dict.fromkeys(row.linktype for row in table)
    kind = ", ".join(f"{pcap.linktype_name(k)} ({pcap.linktype_description(k)})" for k in kinds) or "EN10MB (Ethernet)"
    say.tell(f"listening on {names}, link-type {kind}, snapshot length {options.snaplen} bytes, "
             f"backend {options.backend}")


def _ignore(text: str) -> None:
    """Keep a warning back, as --log-level asks."""


def _show(c: "Counters") -> None:
    say.complain(f"{c.captured} packets captured, {c.received} packets received by filter, "
                 f"{c.dropped} packets dropped by kernel")


def _summary(counters: "Counters", *, after_signal: bool) -> None:
    if after_signal and sys.stderr and sys.stderr.isatty():
        say.tell()      # the line of ^C
    say.tell(f"{_packets(counters.captured)} captured")
    say.tell(f"{_packets(counters.received)} received by filter")
    say.tell(f"{_packets(counters.dropped)} dropped by kernel")
    if counters.lost_events:
        say.tell(f"{counters.lost_events} process events lost: some processes may lack their arguments")
    if counters.unfollowed:
        say.tell(f"{counters.unfollowed} processes of a wanted name or descent were not captured: too many were wanted")
    if counters.untracked:
        say.tell(f"{counters.untracked} sockets were too many to be known by their addresses: since then, packets that "
                 "belonged to no known connection had no owner")
    if counters.forgotten:
        say.tell(f"{counters.forgotten} processes or earlier programs of them were forgotten within a minute, so many "
                 "there were: their last packets may lack their arguments")


def _packets(n: int) -> str:
    return f"{n} packet{'' if n == 1 else 's'}"
