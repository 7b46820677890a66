"""The library's captures: whose packets, a command, async iteration, tables."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable

import pytest

import ptcpdump

from .harness import LIMIT, needs_privileges, run, veth_pair

pytestmark = needs_privileges
PING = ("ping", "-c", "2", "-i", "0.2", "-W", "1")


@pytest.fixture(scope="module")
def link():
    with veth_pair(42) as pair:
        yield pair


@pytest.mark.parametrize(("chosen", "captured"), [
    ({"pname": "ping"}, True), ({"pname": ["nc", "ping"]}, True), ({"pname": "nc"}, False),
    ({"uid": "root"}, True), ({"uid": [65534]}, False), ({"pid": os.getpid()}, False),
    ({"pid": os.getpid(), "follow_forks": True}, True),
])  # fmt: skip
def test_whose_packets(link, chosen, captured):
    with ptcpdump.capture(link.here, "icmp", **chosen) as packets:
        run(*PING, link.peer4)
        packets.stop()
        assert [each.process.name for each in packets] == ["ping"] * 4 * captured


def test_a_command_from_its_first_to_its_last_packet(link):
    words = ["sh", "-c", f"{' '.join(PING)} {link.peer4} > /dev/null; exit 7"]
    with ptcpdump.capture(link.here, "icmp", command=words) as packets:
        run("ping", "-c", "1", link.peer4)      # somebody else's, before
        found = list(packets)
        assert list(packets) == []      # it has run
    assert [each.process.name for each in found] == ["ping"] * 4
    assert packets.status == 7


def test_a_command_that_never_ran_is_not_left_behind(link):
    with ptcpdump.capture(link.here, command=["touch", "/nonexistent/file"]) as packets:
        pass
    assert packets.status is not None
    with pytest.raises(ptcpdump.PtcpdumpError), ptcpdump.capture("no-such-device", command=["true"]):
        pass


def test_several_threads_share_the_packets(link):
    """Each packet is one thread's; the last word is that of whoever leaves the block, while others still wait."""
    times: list[list[int]] = [[], [], []]

    def iterate(packets: ptcpdump.Capture, mine: list[int]) -> None:
        mine.extend(each.time_ns for each in packets)

    with ptcpdump.capture(link.here, "icmp") as packets:
        threads = [threading.Thread(target=iterate, args=(packets, mine)) for mine in times]
        for thread in threads:
            thread.start()
        run("ping", "-q", "-f", "-c", "500", link.peer4)
        deadline = time.monotonic() + LIMIT
        while packets.counters.captured < 1000:
            assert time.monotonic() < deadline
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    every = [each for mine in times for each in mine]
    assert len(every) == len(set(every)) == 1000
    assert all(mine == sorted(mine) for mine in times)


def test_async_iteration(link):
    async def collect() -> list[ptcpdump.Packet]:
        with ptcpdump.capture(link.here, "icmp", max_packets=4) as packets:
            pinging = await asyncio.create_subprocess_exec(*PING, link.peer4, stdout=asyncio.subprocess.DEVNULL)
            found = [packet async for packet in packets]
            await pinging.wait()
            return found

    assert [each.process.name for each in asyncio.run(collect())] == ["ping"] * 4


def test_a_task_that_is_cancelled_ends_its_capture(link):
    async def watch(packets: ptcpdump.Capture) -> None:
        async for _ in packets:
            pass

    async def cancelled() -> None:
        with ptcpdump.capture(link.here, "udp port 9") as packets:
            task = asyncio.create_task(watch(packets))
            await asyncio.sleep(0)      # it has begun to wait
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(cancelled(), 30))


def test_tables_and_files_of_a_capture(link, tmp_path):
    with ptcpdump.capture(link.here, "icmp", command=[*PING, link.peer4]) as packets:
        table = packets.to_arrow()
    assert table["process.name"].to_pylist() == ["ping"] * 4
    assert table["process.parent.pid"].to_pylist() == [os.getpid()] * 4
    with ptcpdump.capture(link.here, "icmp", command=[*PING, link.peer4]) as packets:
        assert ptcpdump.write(tmp_path / "x.pcapng", (each for each in packets if each.source.address.is_private)) == 4
    assert [each.process.name for each in ptcpdump.open(tmp_path / "x.pcapng")] == ["ping"] * 4


def in_a_child(does: Callable[[], object]) -> int:
    """The exit status of a forked process that does something and unwinds, as sys.exit() has it."""
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            does()
            os._exit(0)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_leaves_the_capture_alone(link, monkeypatch):
    """Neither the filters, which a process beside the capture removes when it is told to, nor the packets."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", "tcx")
    with ptcpdump.capture(link.here, "icmp") as packets:
        assert in_a_child(lambda: packets.__exit__(None, None, None)) == 0
        assert in_a_child(packets.stop) == 0
        run(*PING, link.peer4)
        assert in_a_child(lambda: next(iter(packets))) == 1
        iteration = iter(packets)
        assert next(iteration).process.name == "ping"
        assert in_a_child(lambda: list(iteration)) == 0
        packets.stop()
        assert len(list(iteration)) == 3


def test_a_forked_child_leaves_the_command_alone(link):
    with ptcpdump.capture(link.here, "icmp", command=[*PING, link.peer4]) as packets:
        assert in_a_child(lambda: packets.__exit__(None, None, None)) == 0
        assert len(list(packets)) == 4
    assert packets.status == 0
