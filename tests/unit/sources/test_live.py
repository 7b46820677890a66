"""The live source on buffers in shared memory that the test has filled as the kernel would."""

import mmap
import os
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcpdump.context.processes import ProcessTable
from ptcpdump.context.render import Renderer
from ptcpdump.context.text_cache import ContextCache
from ptcpdump.kernel.lanes import Lanes
from ptcpdump.kernel.ring import Ring
from ptcpdump.net.interface import Interface
from ptcpdump.sinks.collector import Collector
from ptcpdump.sources.live import LiveSource

RECORD = struct.Struct("=QIIIIBBHI48x")     # struct record of kernel/bpf/record.h, without an owner
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

    def __init__(self, cpus: int, size: int, limit: int = 0) -> None:
        self.size, self.stride = size, HEAD + size + 4096
        self.lanes = Shared(cpus * self.stride)
        self.rings = [Shared(2 * mmap.PAGESIZE + 2 * 4096) for _ in range(2)]
        self.collector = Collector(None)
        cache = ContextCache(None, Renderer())
        self.source = LiveSource(self.collector, cache, ProcessTable(), None, None, limit)
        self.source.read_rings(*(Ring(ring.fd, 4096) for ring in self.rings))
        self.source.read_lanes(Lanes(self.lanes.fd, cpus, size, self.stride))
        self.collector.add_interface(Interface(name="eth7", index=IFINDEX, netns=NETNS))
        self.source.add_interface(NETNS, IFINDEX, 0, 1)

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
        record = RECORD.pack(when, len(data), len(data), IFINDEX, NETNS, 1, 0, 0x800, 0) + data
        self.lanes.memory[at:at + len(record)] = record
        struct.pack_into("=Q", self.lanes.memory, cpu * self.stride, produced + (len(record) + 7) // 8 * 8)
        return True

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
    assert m.source.consume() == 7
    assert [data[0] for data in m.take()] == [10, 20, 25, 30, 40, 41, 42]
    assert all(m.position(cpu, 0) == m.position(cpu, 64) for cpu in range(3))


def test_what_another_cpu_may_still_be_writing_is_waited_for(machine):
    m = machine(2, 4096)
    now = time.monotonic_ns()
    m.put(0, now - 1_000_000_000, b"old")
    m.put(0, now + 1_000_000_000, b"new")
    assert m.source.consume() == 1
    m.put(1, now + 500_000_000, b"late")
    assert m.source.consume() == 0
    assert m.source.consume(ended=True) == 2
    assert m.take() == [b"old", b"late", b"new"]


def test_limit(machine):
    m = machine(2, 4096, limit=3)
    for when in range(5):
        m.put(when % 2, when, bytes([when]))
    assert m.source.consume() == 3
    assert m.source.done
    assert m.source.consume() == 0
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
                m.source.consume()
                taken += m.take()
        m.source.consume(ended=True)
        assert taken + m.take() == expected
    finally:
        m.close()
