from types import SimpleNamespace

import pytest

from ptcpdump.errors import UsageError
from ptcpdump.kernel.loading import transport
from ptcpdump.kernel.loading.transport import Transport, choose_transport
from ptcpdump.kernel.traits import SOCKET_FILTER, TC

KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def machine(monkeypatch):
    """Pretend to be a machine of so many CPUs with a kernel of this version."""
    def machine(cpus=2, version=(6, 1), realtime=False, processor="x86_64"):
        monkeypatch.setattr(transport.os, "uname", lambda: SimpleNamespace(machine=processor))
        monkeypatch.setattr(transport, "possible_cpus", lambda: cpus)
        monkeypatch.setattr(transport.probes, "kernel_version", lambda: version)
        monkeypatch.setattr(transport.probes, "preemptible_softirqs", lambda: realtime)
    machine()
    return machine


def choose(**changes) -> Transport:
    return choose_transport(**{"size": 0, "immediate": False, "rings": True, "backend": TC} | changes)


@pytest.mark.parametrize(("cpus", "lane"), [(1, 8), (2, 4), (3, 2), (4, 2), (32, 2), (33, 0), (256, 0)])
def test_default_lanes(machine, cpus, lane):
    machine(cpus)
    chosen = choose()
    assert chosen.lane == lane * MIB
    if lane:
        assert chosen.ring == 4096
        assert chosen.lane_stride >= chosen.lane + transport.MAX_CAPTURE
        assert chosen.batch == min(MIB, chosen.lane // 4)
    else:
        assert chosen.ring == 8 * MIB


@pytest.mark.parametrize(("size", "lane", "ring"), [
    (64 * KIB, 0, 64 * KIB), (1, 0, 4096), (2 * MIB - 1, 0, 2 * MIB), (2 * MIB, MIB, 4096), (7 * MIB, 2 * MIB, 4096),
    (512 * MIB, 256 * MIB, 4096), (1 << 30, 0, 1 << 30)])
def test_size_is_what_was_asked_for(machine, size, lane, ring):
    chosen = choose(size=size)
    assert (chosen.lane, chosen.ring) == (lane, ring)


@pytest.mark.parametrize("changes", [{"immediate": True}, {"backend": SOCKET_FILTER}])
def test_one_ring_where_lanes_do_not_serve(machine, changes):
    assert choose(**changes) == Transport(ring=8 * MIB, batch=MIB)


@pytest.mark.parametrize("changes", [{"version": (5, 15), "processor": "aarch64"}, {"realtime": True}])
def test_one_ring_where_the_kernel_has_no_lanes(machine, changes):
    machine(**changes)
    assert choose() == Transport(ring=8 * MIB, batch=MIB)


@pytest.mark.parametrize("changes", [{"version": (5, 17), "processor": "aarch64"}, {"version": (5, 10)}])
def test_small_lanes_where_values_of_maps_are_small(machine, changes):
    machine(**changes)
    chosen = choose()
    assert chosen == Transport(ring=4096, lane=2 * MIB, batch=MIB // 2)
    assert chosen.lane_stride < 4 * MIB
    assert choose(size=64 * MIB) == Transport(ring=64 * MIB, batch=MIB)


def test_perf_buffers(machine):
    machine(cpus=4)
    assert choose(rings=False) == Transport(perf_pages=512)
    assert choose(rings=False, size=1).perf_pages == 1


def test_negative_size(machine):
    with pytest.raises(UsageError, match="a buffer of -1 bytes is too small"):
        choose(size=-1)
