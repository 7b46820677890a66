"""Sinks written in Python."""

import pytest
from savefiles import UDP, UDP_TEXT, pcap, pump

from ptcpdump.packets import Packet
from ptcpdump.sinks.objects import PacketSink
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.pcapng import PcapngSink
from ptcpdump.sinks.sink import Sink, tee
from ptcpdump.sinks.text import TextSink


class Lengths(PacketSink):
    """A sink with a constructor of its own."""

    def __init__(self, name: str, text: TextOptions | None = None) -> None:
        super().__init__(text)
        self.name = name
        self.seen: list[tuple[int, str]] = []
        self.closed = False

    def handle(self, packet: Packet) -> None:
        self.seen.append((packet.length, packet.line))

    def close(self) -> int:
        self.closed = True
        return 0


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "three.pcap"
    path.write_bytes(pcap([(n, UDP) for n in range(3)]))
    return path


def test_it_gets_packets(path):
    sink = Lengths("mine")
    pump(path, sink)
    assert sink.seen == [(len(UDP), "")] * 3


def test_with_lines(path):
    sink = Lengths("mine", TextOptions(numeric=True, times=TimeStyle.NONE))
    pump(path, sink)
    assert sink.seen == [(len(UDP), UDP_TEXT)] * 3


def test_beside_another_one(path):
    one, other = Lengths("one"), Lengths("other")
    both = tee([one, other])
    pump(path, both)
    both.close()
    assert one.seen == other.seen != []
    assert one.closed and other.closed


def test_what_it_raises_ends_the_run(path):
    class Interrupted(PacketSink):
        def handle(self, packet: Packet) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pump(path, Interrupted())


@pytest.mark.parametrize("base", [Sink, TextSink, PcapngSink])
def test_a_sink_that_would_get_no_packets_is_refused_when_it_is_made(base, tmp_path):
    mine = type("Mine", (base,), {"packet": lambda self, packet: None})
    with pytest.raises(TypeError, match=r"no packet would reach Mine.*PacketSink"):
        mine(str(tmp_path / "file"))
    assert not (tmp_path / "file").exists()


def test_without_a_method_for_packets():
    class Idle(PacketSink):
        pass

    with pytest.raises(TypeError, match=r"Idle has no handle\(packet\)"):
        Idle()
    with pytest.raises(TypeError, match=r"Empty has no handle\(packet\)"):
        type("Empty", (PacketSink,), {"handle": None})()
