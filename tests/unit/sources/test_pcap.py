import gzip
import os
import threading

import pytest
from savefiles import UDP, UDP_TEXT, interfaces_of, pcap, print_to_pipe, printed, pump

from ptcpdump.errors import SavefileError
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.text import TextSink

EPOCH = TextOptions(numeric=True, times=TimeStyle.EPOCH, nano=True)


def write(tmp_path, content: bytes):
    path = tmp_path / "file.pcap"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "fraction", "shown"),
    [(0xA1B2C3D4, 123456, "123456000"), (0xA1B23C4D, 123456789, "123456789"), (0xA1B2CD34, 7, "000007000")],
)
def test_every_flavour(tmp_path, order, magic, fraction, shown):
    path = write(tmp_path, pcap([((4000000000, fraction), UDP)] * 2, order=order, magic=magic))
    assert printed(path, EPOCH) == f"4000000000.{shown} {UDP_TEXT}\n" * 2


def test_frame_check_sequence_bits_are_no_link_type(tmp_path):
    assert interfaces_of(write(tmp_path, pcap([], linktype=0x14000001)))[0].linktype == 1


@pytest.mark.parametrize("old", [12, 14])
def test_old_numbers_of_raw_ip(tmp_path, old):
    path = write(tmp_path, pcap([(1, UDP[14:])], linktype=old))
    assert printed(path) == f"00:00:01.000000 {UDP_TEXT}\n"


def test_no_more_than_the_snapshot_length_is_shown(tmp_path):
    path = write(tmp_path, pcap([(1, UDP)], snaplen=30))
    assert "[|" in printed(path)


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (10, "truncated dump file; tried to read 24 file header bytes, only got 10"),
        (24 + 10, "truncated dump file; tried to read 16 header bytes, only got 10"),
        (24 + 16 + 44 + 16 + 20, "truncated dump file; tried to read 44 captured bytes, only got 20"),
    ],
)
def test_truncated_file_says_where(tmp_path, capfd, cut, message):
    path = write(tmp_path, pcap([(1, UDP), (2, UDP)])[:cut])
    with pytest.raises(SavefileError, match=message) as error:
        printed(path)
    assert str(path) in str(error.value)


def test_packets_before_the_damage_are_shown(tmp_path):
    path = write(tmp_path, pcap([(1, UDP), (2, UDP)])[:-1])
    seen = os.memfd_create("seen")

    with pytest.raises(SavefileError):
        pump(path, TextSink(Output(seen, "seen"), TextOptions(numeric=True, times=TimeStyle.NONE)))
    assert os.pread(seen, 1000, 0).decode() == UDP_TEXT + "\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "tried to read 4 file header bytes, only got 0"),
        (b"GET / HTTP/1.1", "unknown file format"),
        (b"\xd4\xc3\xb2\xa1\x01\x00" + bytes(18), "unsupported pcap version 1.0"),
        (pcap([]) + b"\0" * 8 + b"\xff\xff\xff\xff" * 2, "invalid packet capture length 4294967295"),
    ],
)
def test_what_is_no_savefile_is_refused(tmp_path, content, message):
    with pytest.raises(SavefileError, match=message):
        printed(write(tmp_path, content))


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(SavefileError, match="can't open: No such file"):
        printed(tmp_path / "missing")
    with pytest.raises(SavefileError, match="is a directory"):
        printed(tmp_path)


def test_gzip(tmp_path):
    whole = gzip.compress(pcap([(1, UDP)] * 20000))
    assert printed(write(tmp_path, whole)).count("\n") == 20000
    with pytest.raises(SavefileError, match="damaged gzip file"):
        printed(write(tmp_path, whole[:-500]))


def test_a_packet_from_a_pipe_is_shown_as_soon_as_it_is_there(tmp_path):
    """The writer sends the second packet only after the first one's line has come out."""
    fifo, (line_in, line_out) = tmp_path / "fifo", os.pipe()
    os.mkfifo(fifo)

    def read() -> None:
        pump(fifo, TextSink(Output(line_out, "pipe"), TextOptions(numeric=True, times=TimeStyle.NONE)))

    reader = threading.Thread(target=read)
    reader.start()
    whole = pcap([(1, UDP), (2, UDP)])
    with fifo.open("wb", buffering=0) as file:
        file.write(whole[: 24 + 16 + 44 + 3])
        assert os.read(line_in, 1000).decode() == UDP_TEXT + "\n"
        file.write(whole[24 + 16 + 44 + 3 :])
        assert os.read(line_in, 1000).decode() == UDP_TEXT + "\n"
    reader.join()


def test_skip_and_count(tmp_path):
    path = write(tmp_path, pcap([(n, UDP) for n in range(1, 9)]))
    text, counts = print_to_pipe(path, TextOptions(numeric=True, number=True, skipped=3, utc=True), skip=3, count=2)
    assert [line[:17] for line in text.splitlines()] == ["    4  00:00:04.0", "    5  00:00:05.0"]
    assert counts == (5, 5, 2)
