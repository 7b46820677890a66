"""Stages written in Python: packets come out of a run as objects, are held or merged, and go into another one."""

import heapq
from collections.abc import Iterable, Iterator

import pytest
from savefiles import UDP, comments, interface, option, packet, section

import ptcpdump
from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.objects import PacketSource
from ptcpdump.sources.several import merged
from ptcpdump.sources.source import Source


def write(packets: Iterable[ptcpdump.Packet], path) -> None:
    sink = open_writer(str(path))
    table = InterfaceTable(sink)
    Driver(PacketSource(packets, table), sink, ContextStage(Renderer()), table).run()
    sink.close()


@pytest.fixture
def files(tmp_path):
    paths = []
    for which, (name, linktype, data) in enumerate([("eth0", 1, UDP), ("tun0", 101, UDP[14:])]):
        paths.append(tmp_path / f"{name}.pcapng")
        paths[-1].write_bytes(
            section() + interface(linktype=linktype, snaplen=1000, options=option(2, name.encode())) + b"".join(
                packet(data, units=(2 * n + which) * 10**6, options=comments(f"PID: {n % 3 + 1}\nCmd: /bin/p{n % 3}")
                       + option(2, b"\2\0\0\0")) for n in range(20)))
    return paths


def test_out_and_in_again(files, tmp_path):
    before = list(ptcpdump.open(files[0]))
    write(before, tmp_path / "copy.pcapng")
    assert list(ptcpdump.open(tmp_path / "copy.pcapng")) == before
    assert {each.process.command for each in before} == {"/bin/p0", "/bin/p1", "/bin/p2"}


def hold(packets: Iterable[ptcpdump.Packet], number: int) -> Iterator[ptcpdump.Packet]:
    """Packets leave when so many others have come behind them."""
    held: list[ptcpdump.Packet] = []
    for each in packets:
        held.append(each)
        if len(held) > number:
            yield held.pop(0)
    yield from held


def test_a_hold(files, tmp_path):
    write(hold(ptcpdump.open(files[0]), 5), tmp_path / "held.pcapng")
    assert list(ptcpdump.open(tmp_path / "held.pcapng")) == list(ptcpdump.open(files[0]))


def test_a_merge(files, tmp_path):
    write(heapq.merge(*map(ptcpdump.open, files), key=lambda each: each.time_ns), tmp_path / "merged.pcapng")
    found = list(ptcpdump.open(tmp_path / "merged.pcapng"))
    assert [each.time_ns // 10**9 for each in found] == list(range(40))
    assert [each.interface.name for each in found] == ["eth0", "tun0"] * 20
    assert {(each.interface.name, each.linktype) for each in found} == {("eth0", 1), ("tun0", 101)}


def test_beside_other_sources(files, tmp_path):
    """What Python makes and what a file holds are merged by time without more Python."""
    sink = open_writer(str(tmp_path / "both.pcapng"))
    table = InterfaceTable(sink)
    sources = [PacketSource(ptcpdump.open(path), table) for path in files]
    Driver(merged(sources), sink, ContextStage(Renderer()), table).run()
    sink.close()
    found = list(ptcpdump.open(tmp_path / "both.pcapng"))
    assert [each.interface.name for each in found] == ["eth0", "tun0"] * 20
    assert [each.process.pid for each in found[::2]] == [n % 3 + 1 for n in range(20)]


def test_what_the_iterable_raises_comes_out(files, tmp_path):
    def broken() -> Iterator[ptcpdump.Packet]:
        yield next(iter(ptcpdump.open(files[0])))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(broken(), tmp_path / "some.pcapng")


def test_a_source_that_could_give_no_packets_is_refused_when_it_is_made():
    class Mine(Source):
        pass

    with pytest.raises(TypeError, match=r"no packet would come from Mine.*PacketSource"):
        Mine()
