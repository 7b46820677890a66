"""What older kernels need, taken on this one: each feature that has a next best way is switched off."""

import gc
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump import Packet
from ptcpdump.api import Capture
from ptcpdump.errors import UsageError
from ptcpdump.kernel.backends.tc import needs_keeper
from ptcpdump.kernel.loading.features import FEATURES
from ptcpdump.kernel.loading.hooks import Kind
from ptcpdump.kernel.loading.loader import TRANSLATIONS, Config, attach, load
from ptcpdump.kernel.loading.probes import kernel_version
from ptcpdump.kernel.traits import BACKENDS
from ptcpdump.run.settings import Delivery, Settings
from tests.live.harness import Link, actor, run, veth_pair


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(5) as pair:
        yield pair


def pings(link: Link, count: int, delivery: Delivery = Delivery.PROMPT) -> tuple[int, list[Packet]]:
    """The pid of a ping and the packets that a capture sees of it."""
    wish = Settings(interfaces=(link.here,), expression="icmp", max_packets=2 * count, delivery=delivery)
    with Capture(wish) as packets:
        process = subprocess.Popen(["ping", "-n", "-c", str(count), "-i", "0.01", link.peer4],
                                   stdout=subprocess.DEVNULL)
        seen = list(packets)
        process.wait()
    return process.pid, seen


# without "owners" less is known: see test_plain.py
@pytest.mark.parametrize("feature", [*(name for name in FEATURES if name != "owners"), "types,cgroup"])
def test_without(link: Link, monkeypatch: pytest.MonkeyPatch, feature: str) -> None:
    """A connection and a UDP server from before, and a ping that starts meanwhile are known all the same."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", feature)
    with actor("tcp_server", link.ip4) as server, actor("udp_server", "0.0.0.0") as udp:
        port, udp_port = server.receive()["port"], udp.receive()["port"]
        with actor("tcp_client", link.ip4, port, prefix=link.inside()) as client:
            client.receive()
            wish = Settings(interfaces=(link.here,), expression=f"port {port} or port {udp_port} or icmp")
            with Capture(wish) as capture:
                ping = subprocess.Popen(["ping", "-n", "-c", "1", link.peer4], stdout=subprocess.DEVNULL)
                client.tell()
                client.receive()
                client.tell()
                client.end()
                with actor("udp_client", link.ip4, udp_port, "connected", prefix=link.inside()) as asking:
                    asking.receive()
                    asking.tell()
                    asking.end()
                ping.wait()
                capture.stop()
                packets = list(capture)
        udp.tell()
        udp.end()
        server.end()
    owners = {kind: {p.process and p.process.pid for p in packets if kind in p.line}
              for kind in (f".{port}", f".{udp_port}", "ICMP")}
    assert owners == {f".{port}": {server.pid}, f".{udp_port}": {udp.pid}, "ICMP": {ping.pid}}


def test_what_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the tests here takes the way that it leaves out; a name that means nothing is no test at all."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", "iterators,tracepoints,functions,cgroup,tcx,ringbuf")
    loaded = load(Config())
    try:
        attach(loaded)
        kinds = {hook.kind for hook in loaded.hooks} - {Kind.PACKET}
        assert kinds == {Kind.CGROUP, Kind.LATE, Kind.RAW}
        assert loaded.refused["cgroup"] == "switched off by PTCPDUMP_DISABLE"
        assert (loaded.transport.ring, loaded.transport.lane) == (0, 0)
        assert needs_keeper(1)
    finally:
        loaded.close()
    monkeypatch.setenv("PTCPDUMP_DISABLE", "conntrack,lanes")
    loaded = load(Config())
    try:
        assert TRANSLATIONS in loaded.refused
        assert loaded.transport.lane == 0 < loaded.transport.ring
        assert not needs_keeper(1)
    finally:
        loaded.close()
    monkeypatch.setenv("PTCPDUMP_DISABLE", "ring")
    with pytest.raises(UsageError, match="PTCPDUMP_DISABLE: there is no feature ring; there are: types, "):
        load(Config())


@pytest.mark.parametrize("delivery", Delivery)
def test_perf_buffers(link: Link, delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTCPDUMP_DISABLE", "ringbuf")
    pid, seen = pings(link, 5, delivery)
    assert len(seen) == 10
    assert {p.process and p.process.pid for p in seen} == {pid}
    assert {len(p.data) for p in seen} == {98}


def test_perf_buffers_of_an_earlier_capture(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is freed late leaves the maps of a later capture alone, though these have got its descriptors' numbers."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", "ringbuf")
    gc.disable()
    try:
        pings(link, 1)
        with Capture(Settings(interfaces=(link.here,), expression="icmp", max_packets=2)) as capture:
            gc.collect()
            run("ping", "-n", "-q", "-c", "1", link.peer4)
            capture.stop()
            assert len(list(capture)) == 2
    finally:
        gc.enable()


def test_clsact_leaves_others_alone(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without tcx our filter stands in the clsact qdisc, next to those of others, and leaves no trace."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", "tcx")
    run("tc", "qdisc", "add", "dev", link.here, "clsact")
    try:
        run("tc", "filter", "add", "dev", link.here, "egress", "bpf", "bytecode", "1,6 0 0 0")
        before = run("tc", "filter", "show", "dev", link.here, "egress").stdout
        _, seen = pings(link, 2)
        assert len(seen) == 4
        assert run("tc", "filter", "show", "dev", link.here, "egress").stdout == before
    finally:
        run("tc", "qdisc", "delete", "dev", link.here, "clsact")
    pings(link, 1)
    assert "clsact" not in run("tc", "qdisc", "show", "dev", link.here).stdout


@pytest.mark.parametrize("backend", BACKENDS)
def test_earlier_listener_without_iterators(link: Link, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    """Who connects to it is on this host, too; the first packet is the listener's nevertheless.

    What comes before the server has taken the connection (accept(2)) may have no owner: it is not known to be his.
    """
    monkeypatch.setenv("PTCPDUMP_DISABLE", "iterators")
    with actor("tcp_server", link.ip4) as server:
        port = server.receive()["port"]
        wish = Settings(interfaces=(link.here,), expression=f"tcp port {port}", backend=backend)
        with Capture(wish) as capture:
            with actor("tcp_client", link.ip4, port, prefix=link.inside()) as client:
                client.converse()
            capture.stop()
            packets = list(capture)
        server.end()
    assert sum("Flags [S]," in p.line for p in packets) == 1
    owners = [p.process.pid if p.process else 0 for p in packets]
    assert owners[0] == owners[-1] == server.pid
    assert {*owners} <= {0, server.pid}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("suffix", ["", "-before-5.17", "-before-5.13"])
def test_objects_of_older_kernels(monkeypatch: pytest.MonkeyPatch, suffix: str, backend: str) -> None:
    """Each is small enough for a verifier, with every kind of selection; they do without the tables of connections.

    Without a suffix: what this kernel is given.
    """
    if suffix:
        monkeypatch.setattr("ptcpdump.kernel.loading.loader._object_name", lambda: f"ptcpdump{suffix}.bpf.o")
        monkeypatch.setenv("PTCPDUMP_DISABLE", "conntrack")
    config = Config(backend=BACKENDS[backend], filter=31)
    loaded = load(config)
    try:
        assert loaded.refused.keys() <= {TRANSLATIONS}
        if not suffix and kernel_version() >= (5, 17):      # a start takes as long as the verifier looks
            assert max(map(verified, map(loaded.object.program_fd, (hook.program for hook in loaded.hooks)))) < 50_000
    finally:
        loaded.close()


def verified(program: int) -> int:
    """How many instructions the verifier has followed of a program (fdinfo, Linux 5.16)."""
    found = re.search(r"^verified_insns:\s(\d+)", Path(f"/proc/self/fdinfo/{program}").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
