"""The library: what its objects do in whatever order they are used."""

import gc
import os
import pathlib
import re
import threading

import pytest
from savefiles import UDP, comments, interface, packet, pcap, section

import ptcpdump
from ptcpdump.errors import UsageError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.pcapng"
    path.write_bytes(section() + interface() + b"".join(
        packet(units=n * 10**6, options=comments(f"PID: {n + 1}\nCmd: /bin/x")) for n in range(5)))
    return path


def test_iterating_again_begins_again(path):
    file = ptcpdump.open(path)
    first = list(file)
    assert len(first) == 5
    assert list(file) == first
    begun = iter(file)
    next(begun)
    assert list(file) == first
    assert list(begun) == []        # the iteration before has ended with that


def test_a_pipe_is_read_once(path):
    read_end, write_end = os.pipe()
    os.write(write_end, path.read_bytes())
    os.close(write_end)
    with ptcpdump.open(f"/proc/self/fd/{read_end}") as file:
        assert len(list(file)) == 5
        with pytest.raises(ptcpdump.PtcpdumpError, match="can be read once"):
            iter(file)
    os.close(read_end)


def test_iterating_in_several_threads(path):
    """Each iteration begins anew and ends those of others; none gets another one's packets, nor what is closed."""
    file, counts = ptcpdump.open(path, text=None), []

    def iterate() -> None:
        for _ in range(200):
            times = [each.time_ns for each in file]
            counts.append(times == sorted(set(times)) and len(times) <= 5)

    threads = [threading.Thread(target=iterate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [True] * 800
    assert len(list(file)) == 5


def test_closing_while_another_thread_waits_for_a_packet(path):
    read_end, write_end = os.pipe()
    os.write(write_end, path.read_bytes())
    file, seen, ended = ptcpdump.open(f"/proc/self/fd/{read_end}"), [], []

    def iterate() -> None:
        try:
            seen.extend(file)
        except ptcpdump.PtcpdumpError as error:
            ended.append(str(error))

    reader = threading.Thread(target=iterate)
    reader.start()
    file.close()
    reader.join(30)
    assert not reader.is_alive()
    assert "closed" in ended[0]
    os.close(write_end)
    os.close(read_end)


def test_a_closed_file(path):
    with ptcpdump.open(path) as file:
        pass
    file.close()
    with pytest.raises(ptcpdump.PtcpdumpError, match="closed"):
        iter(file)


def tcp(source: int, target: int, sequence: int, acknowledged: int, flags: int) -> bytes:
    """TCP over IPv4 over Ethernet, without data."""
    addresses = bytes([10, 0, 0, 1 if source == 40000 else 2, 10, 0, 0, 2 if source == 40000 else 1])
    header = source.to_bytes(2) + target.to_bytes(2) + sequence.to_bytes(4) + acknowledged.to_bytes(4)
    return (bytes(12) + b"\x08\0" + b"\x45\0\0\x28\0\0\0\0\x40\x06\0\0" + addresses
            + header + bytes([0x50, flags]) + b"\x01\0\0\0\0\0")


def test_the_same_file_twice_at_once_gives_the_same_lines(tmp_path):
    """What printers remember of connections belongs to a file, not to the process."""
    path = tmp_path / "flow.pcap"
    path.write_bytes(pcap([(n, data) for n, data in enumerate([
        tcp(40000, 80, 1000, 0, 2), tcp(80, 40000, 5000, 1001, 0x12), tcp(40000, 80, 1001, 5001, 0x10),
        tcp(80, 40000, 5001, 1001, 0x11)])]))
    alone = [each.line for each in ptcpdump.open(path)]
    assert "ack 1," in alone[2]
    with ptcpdump.open(path) as one, ptcpdump.open(path) as other:
        pairs = list(zip(one, other, strict=True))
    assert [each.line for each, _ in pairs] == alone
    assert [each.line for _, each in pairs] == alone
    assert [each.line for each in ptcpdump.open(path)] == alone


def test_a_capture_that_was_not_entered():
    capture = ptcpdump.capture("lo")
    assert capture.counters.captured == capture.counters.received == 0
    assert capture.interfaces == ()
    with pytest.raises(ptcpdump.PtcpdumpError, match="inside its `with` block"):
        next(iter(capture))
    gc.collect()        # what earlier tests have left
    before = os.listdir("/proc/self/fd")
    capture.stop()
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize("wrong", [
    {"snaplen": -1}, {"snaplen": 2**40}, {"snaplen": "x"}, {"max_packets": -1}, {"buffer_size": -5},
    {"buffer_size": 2**70}, {"direction": "up"}, {"expression": 5}, {"uid": 2**40}, {"pid": 0},
    {"pname": ""}, {"container_id": ""}, {"pid": None}, {"pname": b"x"}, {"netns": "a\0b"}, {"netns": [1.5]},
    {"interface": [None]}, {"command": ["", "x"]}, {"text": "long"}, {"text": True}], ids=str)
def test_values_that_can_not_be(wrong):
    (name, value), = wrong.items()
    with pytest.raises(UsageError, match=re.escape(str(value).strip("[]").replace("\0", "\\x00") or f"{name}=''")):
        ptcpdump.capture(**{"interface": "lo"} | wrong)


def test_options_of_lines_that_can_not_be(path):
    before = os.listdir("/proc/self/fd")
    with pytest.raises(UsageError, match="text='long': must be"):
        ptcpdump.open(path, text="long")
    assert os.listdir("/proc/self/fd") == before


def test_a_network_namespace_by_its_path():
    assert ptcpdump.capture(["lo"], netns=pathlib.Path("/run/netns/web"))._capture.settings.netns == ("/run/netns/web",)


def test_leaving_a_capture_that_was_not_entered():
    capture = ptcpdump.capture("lo")
    capture.__exit__(None, None, None)
    capture.stop()
    with pytest.raises(ptcpdump.PtcpdumpError, match="inside its `with` block"):
        iter(capture).__next__()


def test_captures_that_are_never_entered_hold_no_descriptors():
    gc.collect()        # what earlier tests have left
    before = len(os.listdir("/proc/self/fd"))
    kept = [ptcpdump.capture("lo") for _ in range(50)]
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(kept) == 50


def test_what_is_dropped_holds_nothing(path):
    """Files that nobody has closed, and captures with a command that were never entered, of whatever thread."""
    gc.collect()        # what earlier tests have left
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        next(iter(ptcpdump.open(path)))
    with pytest.raises(ptcpdump.PtcpdumpError, match="is a directory"):
        ptcpdump.open(path.parent)
    made = []
    maker = threading.Thread(target=lambda: made.append(ptcpdump.capture("lo", command=["true"])))
    maker.start()
    maker.join()
    child = made[0]._command.pid
    assert os.listdir("/proc/self/fd") != before
    made.clear()
    gc.collect()
    assert os.listdir("/proc/self/fd") == before
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)


def test_a_file_that_is_closed_in_between(path):
    file = ptcpdump.open(path)
    packets = iter(file)
    next(packets)
    file.close()
    with pytest.raises(ptcpdump.PtcpdumpError, match="was closed before all its packets were read"):
        next(packets)


def test_a_packet_from_a_pipe_comes_as_soon_as_it_is_there(tmp_path, path):
    fifo, whole = tmp_path / "fifo", path.read_bytes()
    os.mkfifo(fifo)
    seen = threading.Event()

    def write() -> None:
        with fifo.open("wb", buffering=0) as pipe:
            pipe.write(whole[:-200])
            seen.wait()
            pipe.write(whole[-200:])

    writer = threading.Thread(target=write)
    writer.start()
    found = []
    for each in ptcpdump.open(fifo):
        found.append(each)
        seen.set()
    writer.join()
    assert len(found) == 5
    assert UDP in {each.data for each in found}
