"""The live source on buffers in shared memory that the test has filled as the kernel would."""

import contextlib
import fcntl
import mmap
import os
import resource
import signal
import struct
import termios
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ptcpdump
from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.errors import SavefileError
from ptcpdump.kernel.bindings.lanes import Lanes
from ptcpdump.kernel.bindings.ring import Ring
from ptcpdump.net.interface import Interface
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.objects import Collector
from ptcpdump.sinks.rotation import Rotation
from ptcpdump.sinks.sink import Sink
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.interface_rows import InterfaceRows
from ptcpdump.sources.live import LiveSource

RECORD = struct.Struct("=QIIIIBBHI128x")    # struct record of kernel/bpf/record.h, without owners
HEAD = 128                                  # struct lane
NETNS, IFINDEX = 4026531840, 7


class Shared:
    """A file in memory, as the kernel's maps are for their reader."""

    def __init__(self, size: int) -> None:
        self.fd = os.memfd_create("map")
        os.ftruncate(self.fd, size)
        self.memory = mmap.mmap(self.fd, size)

    def close(self) -> None:
        self.memory.close()
        os.close(self.fd)


class Machine:
    """CPUs with a lane each, and a source that reads them."""

    def __init__(self, cpus: int, size: int, limit: int = 0, sink: Sink | None = None) -> None:
        self.size, self.stride = size, HEAD + size + 16384
        self.lanes = Shared(cpus * self.stride)
        self.rings = [Shared(2 * mmap.PAGESIZE + 2 * 4096) for _ in range(2)]
        self.collector = Collector()
        self.table = InterfaceTable(sink or self.collector)
        self.rows = InterfaceRows()
        self.source = LiveSource(self.rows, self.unknown, lambda event: None)
        self.source.read_rings(*(Ring(ring.fd, 4096) for ring in self.rings))
        self.source.read_lanes(Lanes(self.lanes.fd, cpus, size, self.stride))
        self.driver = Driver(self.source, sink or self.collector, ContextStage(Renderer()), self.table, limit=limit)

    def unknown(self, netns: int, ifindex: int) -> None:
        self.rows.put(netns, ifindex, self.table.row(Interface(name=f"eth{ifindex}", index=ifindex, netns=netns)), 1)

    def close(self) -> None:
        for shared in (self.lanes, *self.rings):
            shared.close()

    def position(self, cpu: int, which: int) -> int:
        return struct.unpack_from("=Q", self.lanes.memory, cpu * self.stride + which)[0]

    def put(self, cpu: int, when: int, data: bytes) -> bool:
        """As bpf/lanes.h does it; False when the lane is full."""
        produced, consumed = self.position(cpu, 0), self.position(cpu, 64)
        if produced - consumed + RECORD.size + len(data) + 8 > self.size:
            return False
        at = cpu * self.stride + HEAD + produced % self.size
        record = RECORD.pack(when, len(data), len(data), IFINDEX, NETNS, 1, 0, 0, 0) + data
        self.lanes.memory[at:at + len(record)] = record
        struct.pack_into("=Q", self.lanes.memory, cpu * self.stride, produced + (len(record) + 7) // 8 * 8)
        return True

    def scribble(self, *, whole: bool = True) -> None:
        """Overwrite all, as the kernel may at once when it was given back; whole: all was."""
        for cpu in range(len(self.lanes.memory) // self.stride):
            assert not whole or self.position(cpu, 0) == self.position(cpu, 64)
            at = cpu * self.stride + HEAD
            self.lanes.memory[at:at + self.stride - HEAD] = bytes([0xEE]) * (self.stride - HEAD)

    def finish(self) -> int:
        """No more records will come: hand over all that are there."""
        before = self.driver.passed
        self.source.end()
        while not self.driver.done:
            self.driver.step()
        return self.driver.passed - before

    def take(self) -> list[bytes]:
        return [packet.data for packet in iter(self.collector.take, None)]


@pytest.fixture
def machine():
    made = []

    def machine(*words, **more):
        made.append(Machine(*words, **more))
        return made[-1]
    yield machine
    for one in made:
        one.close()


def test_oldest_first(machine):
    m = machine(3, 4096)
    for cpu, when in ((2, 10), (0, 20), (2, 30), (1, 25), (0, 40), (1, 41), (1, 42)):
        m.put(cpu, when, bytes([when]))
    assert m.driver.step() == 7
    assert [data[0] for data in m.take()] == [10, 20, 25, 30, 40, 41, 42]
    assert all(m.position(cpu, 0) == m.position(cpu, 64) for cpu in range(3))


def test_what_another_cpu_may_still_be_writing_is_waited_for(machine):
    m = machine(2, 4096)
    now = time.monotonic_ns()
    m.put(0, now - 1_000_000_000, b"old")
    m.put(0, now + 1_000_000_000, b"new")
    assert m.driver.step() == 1
    m.put(1, now + 500_000_000, b"late")
    assert m.driver.step() == 0
    assert m.finish() == 2
    assert m.take() == [b"old", b"late", b"new"]


def test_limit(machine):
    m = machine(2, 4096, limit=3)
    for when in range(5):
        m.put(when % 2, when, bytes([when]))
    assert m.driver.step() == 3
    assert m.driver.done
    assert m.driver.step() == 0
    assert m.take() == [b"\0", b"\1", b"\2"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 700), st.booleans()), max_size=80))
def test_all_that_found_room_comes_whole_and_in_order(puts):
    """However often the lanes go round, are full, and are read."""
    m = Machine(3, 2048)
    try:
        expected, taken = [], []
        for when, (cpu, size, read) in enumerate(puts):
            data = struct.pack("=I", when) + os.urandom(size)
            if m.put(cpu, when, data):
                expected.append(data)
            if read:
                m.driver.step()
                taken += m.take()
        m.finish()
        assert taken + m.take() == expected
    finally:
        m.close()


# ---------------------------------------------------------------------------- files: large packets aren't copied first

SIZES = (1, 60, 511, 512, 513, 1514, 9000)


def packets(count: int) -> list[bytes]:
    return [os.urandom(SIZES[n % len(SIZES)]) for n in range(count)]


def fill(m: Machine, data: list[bytes]) -> None:
    for when, each in enumerate(data, 1):
        assert m.put(when % 2, when, each)


def contents(*paths) -> list[bytes]:
    return [packet.data for path in paths for packet in ptcpdump.open(path)]


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcap"])
def test_files_hold_what_came_though_its_place_is_used_again(machine, tmp_path, name):
    sink = open_writer(str(tmp_path / name))
    m = machine(2, 1 << 19, sink=sink)
    sent = []
    for _ in range(3):
        sent.append(packets(200))
        fill(m, sent[-1])
        m.driver.step()
        m.scribble()
    sink.close()
    assert contents(tmp_path / name) == [each for some in sent for each in some]


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcap"])
def test_files_in_rotation(machine, tmp_path, name):
    sink = open_writer("", rotation=Rotation(str(tmp_path / name), size=20_000))
    m = machine(2, 1 << 19, sink=sink)
    sent = packets(200)
    fill(m, sent)
    m.driver.step()
    m.scribble()
    sink.close()
    paths = sorted(tmp_path.iterdir(), key=lambda path: int(path.name.removeprefix(name) or 0))
    assert contents(*paths) == sent
    assert all(20_000 < path.stat().st_size < 30_000 for path in paths[:-1])


@pytest.mark.parametrize("name", ["x.pcapng", "x.pcap"])
def test_no_more_room_for_the_file(machine, tmp_path, name):
    """It ends in the middle of a large packet: what is kept is whole packets."""
    path = tmp_path / name
    sink = open_writer(str(path))
    m = machine(2, 1 << 20, sink=sink)
    sent = packets(800)
    fill(m, sent)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(SavefileError, match=rf"{path}: can't write: File too large; the \d+ bytes written"):
            m.driver.step()
        m.scribble(whole=False)
        sink.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    kept = contents(path)
    assert 300_000 < path.stat().st_size < 500_000
    assert kept == sent[:len(kept)]


class Reader(threading.Thread):
    """Reads a pipe, once it is full and a signal was sent to whoever fills it."""

    def __init__(self, descriptor: int, number: int) -> None:
        super().__init__()
        self.descriptor, self.number = descriptor, number
        self.writer = threading.get_ident()
        self.data = b""

    def run(self) -> None:
        size, waiting = fcntl.fcntl(self.descriptor, fcntl.F_GETPIPE_SZ), 0
        while waiting <= size - mmap.PAGESIZE:      # a page that is not full takes no more from others
            waiting, = struct.unpack("i", fcntl.ioctl(self.descriptor, termios.FIONREAD, bytes(4)))
        signal.pthread_kill(self.writer, self.number)
        while piece := os.read(self.descriptor, 1 << 16):
            self.data += piece


@contextlib.contextmanager
def handled(number: int, handler):
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


class StopError(Exception):
    pass


@pytest.mark.parametrize("raises", [False, True])
def test_signal_while_nobody_reads_the_pipe(machine, tmp_path, raises):
    """The handler is run at once, and nothing of what waits is lost or written twice."""
    seen = []

    def handler(number, _frame):
        seen.append(number)
        if raises:
            raise StopError

    read_end, write_end = os.pipe()
    path = f"/proc/self/fd/{write_end}"
    sink = open_writer(path)
    m = machine(2, 1 << 20, sink=sink)
    sent = packets(800)
    fill(m, sent)
    reader = Reader(read_end, signal.SIGUSR1)
    with handled(signal.SIGUSR1, handler):
        reader.start()
        if raises:
            with pytest.raises(StopError):
                m.driver.step()
            m.scribble(whole=False)
        else:
            m.driver.step()
            m.scribble()
        sink.close()
        os.close(write_end)
        reader.join()
    os.close(read_end)
    assert seen == [signal.SIGUSR1]
    (tmp_path / "x.pcapng").write_bytes(reader.data)
    kept = contents(tmp_path / "x.pcapng")
    assert kept == sent[:len(kept)]
    assert raises or len(kept) == len(sent)
    assert kept
