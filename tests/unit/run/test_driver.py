"""The driver's stages: each can be seen alone, and all of them are the same for every source and sink."""

import pytest
from savefiles import UDP, comments, interface, packet, pcap, section

from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import OutputFinished, SavefileError
from ptcpdump.filters.savefile import ExpressionFilter
from ptcpdump.packets import Packet
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.objects import Collector, PacketSink
from ptcpdump.sources.savefile import open_savefile
from ptcpdump.sources.several import SequenceSource


def made(path, sink, *, wanted=None, **more) -> Driver:
    table = InterfaceTable(sink)
    return Driver(open_savefile(path, table), sink, ContextStage(Renderer(), wanted), table,
                  by_owner=wanted is not None, **more)


def times(collector: Collector) -> list[int]:
    return [each.time_ns // 10**9 for each in iter(collector.take, None)]


@pytest.fixture
def ten(tmp_path):
    path = tmp_path / "ten.pcap"
    path.write_bytes(pcap([(n, UDP if n % 2 else UDP[:14]) for n in range(10)]))
    return path


@pytest.fixture
def owned(tmp_path):
    """Packets of processes 1, 2, 1, 2 and of nobody."""
    path = tmp_path / "owned.pcapng"
    path.write_bytes(section() + interface() + b"".join(
        packet(units=n * 10**6, options=comments(f"PID: {n % 2 + 1}\nCmd: /bin/x")) for n in range(4)) + packet())
    return path


def test_filter(ten):
    driver = made(ten, sink := Collector(), filter=ExpressionFilter("udp", 1))
    driver.run()
    assert times(sink) == [1, 3, 5, 7, 9]
    assert (driver.read, driver.matched, driver.passed) == (10, 5, 5)


def test_owners(owned):
    driver = made(owned, sink := Collector(), wanted=lambda context: context is not None and context.process.pid == 2)
    driver.run()
    assert times(sink) == [1, 3]
    assert (driver.read, driver.matched) == (5, 2)


def test_context(owned):
    made(owned, sink := Collector()).run()
    assert [each.process and each.process.pid for each in iter(sink.take, None)] == [1, 2, 1, 2, None]


def test_skip_and_limit_count_what_has_matched(ten):
    driver = made(ten, sink := Collector(), filter=ExpressionFilter("udp", 1), skip=1, limit=2)
    driver.run()
    assert times(sink) == [3, 5]
    assert driver.full and driver.done
    assert (driver.read, driver.matched, driver.passed) == (6, 3, 2)


def test_a_step_hands_over_no_more_than_it_is_asked_for(ten):
    driver = made(ten, sink := Collector(), limit=5)
    assert [driver.step(2), driver.step(2), driver.step(2), driver.step(2)] == [2, 2, 1, 0]
    assert times(sink) == [0, 1, 2, 3, 4]


def test_left_within_a_step(ten):
    seen = []

    class Sink(PacketSink):
        def handle(self, packet: Packet) -> None:
            seen.append(packet.time_ns // 10**9)
            if len(seen) == 3:
                driver.leave()

    driver = made(ten, Sink())
    assert driver.step() == 3
    assert driver.step() == 7
    assert seen == list(range(10))


def test_a_file_that_is_stopped_within_a_packet_is_not_read_on(tmp_path):
    """Pieces of a file end within packets; a stop may come while the next piece is waited for, or before."""
    path = tmp_path / "large.pcap"
    path.write_bytes(pcap([(n, UDP + bytes(1400)) for n in range(2000)]))
    seen = []

    class Sink(PacketSink):
        def handle(self, packet: Packet) -> None:
            seen.append(packet.time_ns // 10**9)
            source.stop()

    table = InterfaceTable(sink := Sink())
    source = SequenceSource([open_savefile(path, table)])
    Driver(source, sink, ContextStage(Renderer()), table).run()
    assert seen == list(range(len(seen)))
    assert 0 < len(seen) < 2000


def test_stopped(ten):
    seen = []

    class Sink(PacketSink):
        def handle(self, packet: Packet) -> None:
            seen.append(packet)
            driver.source.stop()

    driver = made(ten, Sink())
    driver.run()
    assert driver.done
    assert len(seen) < 10 or driver.read == 10     # what is read already is handed over
    assert driver.step() == 0


def test_a_sink_that_raises_gets_no_more(ten):
    """What it raises comes out; nothing of what follows is handed to it, and that packet is not counted."""
    seen = []

    class Full(PacketSink):
        def handle(self, packet: Packet) -> None:
            seen.append(packet)
            if len(seen) == 3:
                raise OutputFinished("enough")

    driver = made(ten, Full())
    with pytest.raises(OutputFinished, match="enough"):
        driver.run()
    assert driver.done and driver.refused
    assert driver.step() == 0
    assert (len(seen), driver.passed) == (3, 2)


def test_what_came_before_the_damage_is_handed_over_and_flushed(ten, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(ten.read_bytes()[:-3])
    driver = made(path, sink := Collector())
    with pytest.raises(SavefileError, match="truncated"):
        driver.run()
    assert len(times(sink)) == 9
    assert driver.done and not driver.refused
