"""Sources one after the other, and merged by time."""

import os
import random
import threading

import pytest
from savefiles import UDP, comments, interface, packet, pcap, section

from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import SavefileError
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.objects import Collector
from ptcpdump.sources.savefile import open_savefile
from ptcpdump.sources.several import MergedSource, SequenceSource, merged


class Run:
    def __init__(self) -> None:
        self.sink = Collector()
        self.table = InterfaceTable(self.sink)

    def open(self, path):
        return open_savefile(path, self.table)

    def drive(self, source, **more):
        driver = Driver(source, self.sink, ContextStage(Renderer()), self.table, **more)
        driver.run()
        return driver

    def take(self) -> list[int]:
        return [each.time_ns // 10**9 for each in iter(self.sink.take, None)]


@pytest.fixture
def run():
    return Run()


@pytest.fixture
def file(tmp_path):
    def write(times, *, linktype=1):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.pcap"
        path.write_bytes(pcap([(time, UDP) for time in times], linktype=linktype))
        return path

    return write


def test_one_after_the_other(run, file):
    source = SequenceSource(run.open(path) for path in [file([5, 6]), file([]), file([1]), file([9, 8])])
    driver = run.drive(source)
    assert run.take() == [5, 6, 1, 9, 8]
    assert source.finished and driver.read == 5


def test_the_next_file_is_opened_when_the_packets_before_are_through(run, file):
    opened = []

    def files():
        for path in [file([1, 2]), file([3])]:
            opened.append(run.take())
            yield run.open(path)

    run.drive(SequenceSource(files()))
    assert opened == [[], [1, 2]]


def test_no_more_is_opened_than_needed(run, file):
    def files():
        yield run.open(file([1, 2]))
        raise AssertionError("nobody needs the second file")

    run.drive(SequenceSource(files()), limit=2)
    assert run.take() == [1, 2]


def test_each_packet_belongs_to_the_interface_of_its_file(run, file):
    """Whatever the link types are, and however often the same kind of file comes."""
    kinds = [1, 101, 1, 147, 101]
    run.drive(SequenceSource(run.open(file([n], linktype=kind)) for n, kind in enumerate(kinds)))
    found = list(iter(run.sink.take, None))
    assert [each.linktype for each in found] == kinds
    assert [each.interface.linktype for each in found] == kinds
    assert len({id(each.interface) for each in found}) == 3      # as many rows


def test_damage_in_one_of_them(run, file):
    cut = file([2, 3])
    cut.write_bytes(cut.read_bytes()[:-1])
    with pytest.raises(SavefileError, match=str(cut)):
        run.drive(SequenceSource(run.open(path) for path in [file([1]), cut, file([4])]))
    assert run.take() == [1, 2]


# ---------------------------------------------------------------------------- merged


def test_merged_by_time(run, file):
    run.drive(merged(run.open(file(times)) for times in ([1, 4, 9], [2, 3, 5, 10], [], [0, 6], [7, 8])))
    assert run.take() == list(range(11))


def test_equal_times_keep_the_order_of_the_sources(run, file):
    paths = [file([1, 1, 2], linktype=kind) for kind in (1, 101, 147)]
    run.drive(merged(map(run.open, paths)))
    assert [each.linktype for each in iter(run.sink.take, None)] == [1, 1, 101, 101, 147, 147, 1, 101, 147]


def test_many_sources(run, file):
    pick = random.Random(7)
    parts = [sorted(pick.randrange(1000) for _ in range(pick.randrange(30))) for _ in range(17)]
    run.drive(merged(run.open(file(part)) for part in parts))
    assert run.take() == sorted(time for part in parts for time in part)


def test_nothing_to_merge(run):
    assert run.drive(merged([])).done


def test_contexts_stay_with_their_packets(run, tmp_path):
    paths = []
    for which in (0, 1):
        paths.append(tmp_path / f"{which}.pcapng")
        numbers = range(which, 100, 2)
        blocks = [packet(units=n * 10**6, options=comments(f"PID: {n + 1}")) for n in numbers]
        paths[-1].write_bytes(section() + interface() + b"".join(blocks))
    run.drive(merged(map(run.open, paths)))
    assert [each.process.pid for each in iter(run.sink.take, None)] == list(range(1, 101))


def test_a_pipe_is_waited_for_as_long_as_it_may_have_earlier_packets(run, file, tmp_path):
    """The file's packets stay until the pipe has a later one, or has ended."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    whole = pcap([(2, UDP), (5, UDP)])
    half = 24 + 16 + len(UDP)
    writing = threading.Event()

    def write() -> None:
        with fifo.open("wb", buffering=0) as pipe:
            pipe.write(whole[:half])
            writing.wait()
            pipe.write(whole[half:])

    writer = threading.Thread(target=write)
    writer.start()
    source = MergedSource(run.open(fifo), run.open(file([1, 3, 9])))
    driver = Driver(source, run.sink, ContextStage(Renderer()), run.table)
    while driver.passed < 2:
        driver.step()
        driver.wait(seconds=0.05)
    driver.step()
    assert run.take() == [1, 2]         # 3 may be later than what the pipe has next
    writing.set()
    driver.run()
    writer.join()
    assert run.take() == [3, 5, 9]
