"""What older kernels need, taken on this one: perf buffers, clsact filters, earlier sockets from /proc."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump import Packet
from ptcpdump.api import Capture
from ptcpdump.kernel.loading.loader import TRANSLATIONS, Config, load
from ptcpdump.kernel.loading.probes import kernel_version
from ptcpdump.kernel.traits import BACKENDS
from ptcpdump.run.settings import Delivery, Settings
from tests.live.harness import Link, actor, run, veth_pair


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(5) as pair:
        yield pair


def pings(link: Link, count: int, **settings: object) -> tuple[int, list[Packet]]:
    """The pid of a ping and the packets that a capture with these settings sees of it."""
    wish = Settings(interfaces=(link.here,), expression="icmp", max_packets=2 * count, **settings)
    with Capture(wish) as packets:
        process = subprocess.Popen(["ping", "-n", "-c", str(count), "-i", "0.01", link.peer4],
                                   stdout=subprocess.DEVNULL)
        seen = list(packets)
        process.wait()
    return process.pid, seen


@pytest.mark.parametrize("delivery", Delivery)
def test_perf_buffers(link: Link, delivery: Delivery) -> None:
    pid, seen = pings(link, 5, perf_buffers=True, delivery=delivery)
    assert len(seen) == 10
    assert {p.process and p.process.pid for p in seen} == {pid}
    assert {len(p.data) for p in seen} == {98}


def test_clsact_leaves_others_alone(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without tcx our filter stands in the clsact qdisc, next to those of others, and leaves no trace."""
    monkeypatch.setattr("ptcpdump.kernel.backends.tc.tcx.standing", lambda *_, **__: None)
    pid, seen = pings(link, 2)
    assert {p.process and p.process.pid for p in seen} == {pid}
    assert "clsact" not in run("tc", "qdisc", "show", "dev", link.here).stdout
    run("tc", "qdisc", "add", "dev", link.here, "clsact")
    try:
        run("tc", "filter", "add", "dev", link.here, "egress", "bpf", "bytecode", "1,6 0 0 0")
        before = run("tc", "filter", "show", "dev", link.here, "egress").stdout
        _, seen = pings(link, 2)
        assert len(seen) == 4
        assert run("tc", "filter", "show", "dev", link.here, "egress").stdout == before
    finally:
        run("tc", "qdisc", "delete", "dev", link.here, "clsact")


def test_earlier_sockets_without_iterators(link: Link) -> None:
    """A connection and a UDP server from before, by what /proc tells."""
    with actor("tcp_server", link.ip4) as server, actor("udp_server", "0.0.0.0") as udp:
        port, udp_port = server.receive()["port"], udp.receive()["port"]
        with actor("tcp_client", link.ip4, port, prefix=link.inside()) as client:
            client.receive()
            wish = Settings(interfaces=(link.here,), expression=f"port {port} or port {udp_port}", iterators=False)
            with Capture(wish) as capture:
                client.tell()
                client.receive()
                client.tell()
                client.end()
                with actor("udp_client", link.ip4, udp_port, "connected", prefix=link.inside()) as asking:
                    asking.receive()
                    asking.tell()
                    asking.end()
                capture.stop()
                packets = list(capture)
        udp.tell()
        udp.end()
        server.end()
    by_port = {number: {p.process and p.process.pid for p in packets if f".{number}" in p.line}
               for number in (port, udp_port)}
    assert by_port == {port: {server.pid}, udp_port: {udp.pid}}


def test_earlier_listener_without_iterators(link: Link) -> None:
    """Who connects to it is on this host, too; the first packet is the listener's nevertheless."""
    with actor("tcp_server", link.ip4) as server:
        port = server.receive()["port"]
        wish = Settings(interfaces=(link.here,), expression=f"tcp port {port}", iterators=False)
        with Capture(wish) as capture:
            with actor("tcp_client", link.ip4, port, prefix=link.inside()) as client:
                client.converse()
            capture.stop()
            packets = list(capture)
        server.end()
    assert sum("Flags [S]," in p.line for p in packets) == 1
    assert {p.process and p.process.pid for p in packets} == {server.pid}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("suffix", ["", "-before-5.17", "-before-5.13"])
def test_objects_of_older_kernels(monkeypatch: pytest.MonkeyPatch, suffix: str, backend: str) -> None:
    """Each is small enough for a verifier, with every kind of selection; they do without the tables of connections.

    Without a suffix: what this kernel is given.
    """
    if suffix:
        monkeypatch.setattr("ptcpdump.kernel.loading.loader._object_name", lambda: f"ptcpdump{suffix}.bpf.o")
    config = Config(backend=BACKENDS[backend], connection_lookups=not suffix, filter=31)
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
