"""--parquet: rows against the objects of --json, row groups, folders, and what can go wrong."""

import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bounded import bounded
from json_lines import COMMAND, OWNER, flat, objects_here, write
from savefiles import UDP, comments, interface, option, packet, pcap, process_block, pump, section

from ptcpdump.context.model import Process
from ptcpdump.data.arrow import BINARY, SCHEMA
from ptcpdump.data.fields import FIELDS, Kind
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.parquet import open_parquet
from ptcpdump.sinks.rotation import Rotation

sys.path.insert(0, str(Path(__file__).parents[1] / "dissect"))

from mixture import mixture

DAY = 86400


def run(*words, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, **more)


def to_parquet(path: Path, *words) -> Path:
    target = path.with_suffix(".parquet")
    done = run("-n", "-r", path, "--parquet", target, *words)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return target


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows with what is known, times as text."""
    for number, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            times = table[column.name].cast(pa.timestamp("ns")).cast(pa.string())
            table = table.set_column(number, column.name, times)
    return [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]


def compare(path: Path) -> None:
    """Every value of every packet is that of --json."""
    rows = plain(pq.read_table(to_parquet(path)))
    kinds = {field.name: field.kind for field in FIELDS}
    for row, each in zip(rows, map(flat, objects_here(path)), strict=True):
        for name in [name for name in row if name.endswith(BINARY)]:
            packed = row.pop(name)
            assert packed == socket.inet_pton(
                socket.AF_INET if len(packed) == 4 else socket.AF_INET6, row[name.removesuffix(BINARY)])
        for name, kind in kinds.items():
            if name in row and kind in (Kind.LABELS, Kind.OBJECTS):
                row[name] = json.loads(row[name])
        for name in [name for name in each if kinds[name] is Kind.DATE]:
            each[name] = each[name].replace("T", " ").removesuffix("Z")
        assert row == each


def test_values_are_those_of_json(tmp_path):
    compare(write(tmp_path / "mixed.pcapng", mixture(18, bounded(400))))


def test_owners(tmp_path):
    path = tmp_path / "owners.pcapng"
    raw = b"PID: 9\nCmd: /bin/\xff\nArgs: \xc3\xa4 \xfe"
    path.write_bytes(section() + interface(options=option(2, b"eth7\xff")) + b"".join([
        packet(options=comments(*OWNER) + option(2, struct.pack("<I", 1))), packet(), packet(options=option(1, raw)),
        packet(options=comments(*OWNER[:3])), packet(options=comments("PID: 5"))]) +
        process_block(Process(8, "/bin/nc", ("nc",), name="nc", started=1_700_000_100_987_654_321), uid=3, user="sys") +
        packet(options=option(8, struct.pack("<II", 8, 8))))  # fmt: skip
    compare(path)
    table = pq.read_table(to_parquet(path))
    assert table["process.name"].type == pa.dictionary(pa.int32(), pa.string())
    assert table["process.pid"].to_pylist() == [4711, None, 9, 4711, 5, 8]
    assert [field.type for field in table.schema] == [field.type for field in SCHEMA]


def test_row_groups_by_time_and_number(tmp_path):
    path = tmp_path / "times.pcap"
    times = [0, 1, 299, 300, 301, 700, DAY - 1, DAY]
    path.write_bytes(pcap([(DAY * 10 + time, UDP) for time in times]))
    meta = pq.ParquetFile(to_parquet(path)).metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [3, 2, 1, 1, 1]
    many = tmp_path / "many.pcap"
    many.write_bytes(pcap([((5, i % 1000), UDP) for i in range(140_000)]))
    meta = pq.ParquetFile(to_parquet(many)).metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [131072, 140_000 - 131072]


def test_more_owners_than_a_row_group_can_have(tmp_path):
    path = tmp_path / "many.pcapng"
    numbers = [*range(1, 9001), *range(1, 101)]
    path.write_bytes(section() + interface() + b"".join(
        packet(options=comments(f"PID: {number}\nCmd: /bin/p{number}\nArgs: p{number}")) for number in numbers))
    table = pq.read_table(to_parquet(path))
    assert table["process.pid"].to_pylist() == numbers
    assert table["process.name"].to_pylist() == [f"p{number}" for number in numbers]


def test_a_folder_by_date_and_host(tmp_path):
    path, folder = tmp_path / "days.pcap", tmp_path / "lake"
    path.write_bytes(pcap([(DAY * day, UDP) for day in (1, 1, 2)]))
    for _ in range(2):      # beside what is there
        assert run("-n", "-r", path, "--parquet", f"{folder}/").returncode == 0
    files = sorted(folder.rglob("*"))
    node = os.uname().nodename
    assert {file.parent.relative_to(folder) for file in files if file.is_file()} == {
        Path(f"date=1970-01-0{day}/node={node}") for day in (2, 3)}
    assert len([file for file in files if file.suffix == ".parquet"]) == 4
    assert {file.suffix for file in files if file.is_file()} == {".parquet"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o700, 0o600}
    table = pq.read_table(folder)
    assert table.num_rows == 6 and {str(date) for date in table["date"].to_pylist()} == {"1970-01-02", "1970-01-03"}


def test_an_unfinished_file_is_not_taken_for_a_whole_one(tmp_path):
    """Killed in the middle: readers of the folder find the days before."""
    path, folder = tmp_path / "days.pcap", tmp_path / "lake"
    path.write_bytes(pcap([(DAY * 1, UDP), (DAY * 2, UDP), (DAY * 3, UDP)]))
    script = (
        "import os, sys; from ptcpdump.sinks.parquet import ParquetFiles\n"
        "close, n = ParquetFiles.close, []\n"
        "ParquetFiles.close = lambda self: (n.append(1), os._exit(9) if len(n) == 3 else close(self))\n"
        "from ptcpdump.cli.main import main; sys.exit(main(sys.argv[1:]))")
    assert subprocess.run([sys.executable, "-c", script, "-r", path, "--parquet", f"{folder}/"],
                          capture_output=True).returncode == 9
    assert len(list(folder.rglob(".*.unfinished"))) == 1
    assert pq.read_table(folder).num_rows == 1


def test_rotation_by_size(tmp_path):
    path = tmp_path / "in.pcap"
    path.write_bytes(pcap([(DAY * 10 + 100 * i, UDP) for i in range(20)]))
    done = run("-n", "-r", path, "--parquet", tmp_path / "out.parquet", "-C", "40k")
    assert done.returncode == 0, done.stderr
    files = sorted(tmp_path.glob("out.parquet*"))
    assert len(files) > 1
    assert sum(pq.read_metadata(file).num_rows for file in files) == 20


def test_what_passes_until_packets_can_come_is_no_part_of_a_turn(tmp_path):
    rotation = Rotation(str(tmp_path / "out"), seconds=-1, count=1)     # over when it begins
    sink = open_parquet(rotation.path, TextOptions(), lambda context: context, rotation)
    rotation.seconds = 600
    (tmp_path / "in.pcap").write_bytes(pcap([(0, UDP), (DAY, UDP)]))
    pump(tmp_path / "in.pcap", sink)
    sink.close()
    assert pq.read_metadata(tmp_path / "out").num_row_groups == 2


def test_with_savefile_and_text(tmp_path):
    path = tmp_path / "in.pcap"
    path.write_bytes(pcap([(1, UDP), (2, UDP)]))
    done = run("-n", "-r", path, "--parquet", tmp_path / "o.parquet", "-w", tmp_path / "o.pcap", "--json", "-c", "1")
    assert done.returncode == 0 and done.stdout.startswith('{"@timestamp"')
    assert pq.read_metadata(tmp_path / "o.parquet").num_rows == 1 and (tmp_path / "o.pcap").stat().st_size > 24


@pytest.mark.parametrize(("words", "text"), [
    (("--parquet", "-"), "--parquet -: a Parquet file is finished at its end"),
    (("--parquet", "out", "-w", "out"), "--parquet and -w out name the same file"),
    (("--parquet", "out", "-x"), "--parquet and -x exclude each other"),
])  # fmt: skip
def test_mistakes_are_named(tmp_path, words, text):
    (tmp_path / "in.pcap").write_bytes(pcap([(1, UDP)]))
    done = run("-r", tmp_path / "in.pcap", *words, cwd=tmp_path)
    assert done.returncode == 2 and text in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.pcap"]


def test_no_room(tmp_path):
    (tmp_path / "in.pcap").write_bytes(pcap([(1, UDP)] * 100))
    done = run("-n", "-r", tmp_path / "in.pcap", "--parquet", "/dev/full")
    assert done.returncode == 1 and "/dev/full: can't write: No space left on device" in done.stderr


def test_without_pyarrow_the_package_is_named(tmp_path):
    (tmp_path / "in.pcap").write_bytes(pcap([(1, UDP)]))
    code = "import sys; sys.modules['pyarrow'] = None; from ptcpdump.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", code, "-r", tmp_path / "in.pcap", "--parquet", tmp_path / "o"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "pip install 'ptcpdump[parquet]'" in done.stderr
    assert not (tmp_path / "o").exists()


def test_of_pyarrow_only_what_it_needs_is_imported(tmp_path):
    """Neither numpy nor what computes: half of the time that it takes to start. Others may import them afterwards."""
    (tmp_path / "in.pcap").write_bytes(pcap([(1, UDP)]))
    code = """import sys; from ptcpdump.cli.main import main
status = main(sys.argv[1:])
assert not {"numpy", "pandas", "pyarrow.compute"} & {*sys.modules}
import numpy
sys.exit(status)"""
    done = subprocess.run([sys.executable, "-c", code, "-r", tmp_path / "in.pcap", "--parquet", tmp_path / "o"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
