"""Savefiles in every format of compression: by content, from files and from pipes, whole and damaged."""

import gzip
import lzma
import os
import subprocess
import sys
import threading

import lz4.frame
import pytest
from backports import zstd
from savefiles import UDP, UDP_TEXT, interface, packet, pcap, printed, pump, section

from ptcpdump.errors import SavefileError
from ptcpdump.sinks.options import TextOptions, TimeStyle
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.text import TextSink

PACK = {"gzip": gzip.compress, "xz": lzma.compress, "zstd": zstd.compress, "lz4": lz4.frame.compress}
PLAIN = TextOptions(numeric=True, times=TimeStyle.NONE)


@pytest.fixture(params=PACK)
def packed(request):
    return request.param


@pytest.mark.parametrize("whole", [pcap([(1, UDP)] * 5000), section() + interface() + packet() * 5000])
def test_by_content_whatever_the_name(tmp_path, packed, whole):
    path = tmp_path / "some.pcap"
    path.write_bytes(PACK[packed](whole))
    assert printed(path, PLAIN) == f"{UDP_TEXT}\n" * 5000


def test_pieces_one_after_the_other(tmp_path, packed):
    """As cat(1) of compressed files makes them."""
    (tmp_path / "file").write_bytes(PACK[packed](pcap([(1, UDP)])) + PACK[packed](pcap([(1, UDP)] * 2)[24:]))
    assert printed(tmp_path / "file", PLAIN) == f"{UDP_TEXT}\n" * 3


def test_damage_is_said_behind_all_whole_packets(tmp_path, packed):
    distinct = [(n, UDP + os.urandom(1000)) for n in range(3000)]
    path = tmp_path / "file"
    path.write_bytes(PACK[packed](pcap(distinct))[:-500])
    seen = os.memfd_create("seen")
    with pytest.raises(SavefileError, match=rf"file: damaged {packed} file: .*\(at byte \d+\)"):
        pump(path, TextSink(Output(seen, "seen"), PLAIN))
    assert os.pread(seen, 1 << 27, 0).count(b"\n") > 1500


def test_from_a_pipe(tmp_path, packed):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(PACK[packed](pcap([(1, UDP)] * 3))))
    writer.start()
    assert printed(fifo, PLAIN) == f"{UDP_TEXT}\n" * 3
    writer.join()


def test_packets_of_a_pipe_are_shown_while_it_is_written(tmp_path):
    """What the writer has flushed comes out before the pipe is closed."""
    fifo, (line_in, line_out) = tmp_path / "fifo", os.pipe()
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: pump(fifo, TextSink(Output(line_out, "pipe"), PLAIN)))
    reader.start()
    with fifo.open("wb", buffering=0) as pipe, gzip.GzipFile(fileobj=pipe, mode="wb") as file:
        file.write(pcap([(1, UDP)]))
        file.flush()
        assert os.read(line_in, 1000).decode() == UDP_TEXT + "\n"
    reader.join()


@pytest.mark.parametrize(("packed", "package"), [("zstd", "backports"), ("lz4", "lz4")])
def test_a_missing_package_is_named(tmp_path, packed, package):
    path = tmp_path / "file"
    path.write_bytes(PACK[packed](pcap([(1, UDP)])))
    program = f"import sys; sys.modules[{package!r}] = None; from ptcpdump.cli.main import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", program, "-r", path], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{path}: it is compressed with {packed}" in done.stderr
    assert "pip install 'ptcpdump[compression]'" in done.stderr
