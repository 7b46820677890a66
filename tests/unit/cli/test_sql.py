"""`ptcpdump sql`: over savefiles and Parquet, with the names that packets tell."""

import json
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import wire
from savefiles import comments, interface, option, packet, pcap, section

COMMAND = [sys.executable, "-m", "ptcpdump"]
OUT, IN = (option(2, struct.pack("<I", direction)) for direction in (2, 1))
REMOTE = "192.0.2.80"


def run(*words, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=60, **more)


@pytest.fixture
def path(tmp_path):
    """curl asks for a name, then talks to its address; wget talks to one that nobody named."""
    curl, wget = (comments(f"PID: {n}\nCmd: /usr/bin/{name}\nArgs: {name}") for n, name in ((1, "curl"), (2, "wget")))
    answer = wire.dns(1, 0x8180, [wire.question("example.org", 1)],
                      [wire.record("example.org", 1, wire.a4(REMOTE))])
    packets = [
        (wire.udp(answer, 53, 40000, source="192.0.2.53"), curl + IN),
        (wire.tcp(bytes(100), 40000, 443, target=REMOTE), curl + OUT),
        (wire.tcp(bytes(1000), 443, 40000, source=REMOTE), curl + IN),
        (wire.tcp(bytes(10), 40000, 443, target="192.0.2.99"), wget + OUT),
    ]
    path = tmp_path / "it's.pcapng"
    path.write_bytes(section() + interface(linktype=101) + b"".join(
        packet(data, units=1700000000_000000 + n, options=options) for n, (data, options) in enumerate(packets)))
    return path


def test_the_documented_query(path):
    """Bytes per process and remote name, as docs/data.md has it."""
    text = (Path(__file__).parents[3] / "docs/data.md").read_text()
    (query,) = re.findall(r"ptcpdump sql '(.*?)' all\.pcapng", text, re.DOTALL)
    done = run("sql", "--json", query, path)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"process": "curl", "remote": "example.org", "bytes": 1180},
        {"process": "curl", "remote": "192.0.2.53", "bytes": 84},
        {"process": "wget", "remote": "192.0.2.99", "bytes": 50},
    ]


def test_savefiles_and_parquet_together(path, tmp_path):
    assert run("-r", path, "--parquet", tmp_path / "one.parquet").returncode == 0
    assert run("-r", path, "--parquet", f"{tmp_path}/lake/").returncode == 0
    query = 'select count(*) as packets, max("process.name") as name, null as nothing from packets'
    done = run("sql", query, path, tmp_path / "one.parquet", tmp_path / "lake")
    assert done.stdout == "packets  name  nothing\n12       wget\n"
    query = "select date::varchar as date, count(*) as n from packets group by all"
    done = run("sql", "--json", query, tmp_path / "lake")
    assert json.loads(done.stdout) == {"date": "2023-11-14", "n": 4}


def test_values_that_others_chose_are_escaped(tmp_path):
    path = tmp_path / "odd.pcapng"
    path.write_bytes(section() + interface() + packet(options=comments("PID: 1\nCmd: /bin/\x1b[2Jx\nArgs: y")))
    assert "\x1b" not in run("sql", 'select "process.name" from packets', path).stdout


def test_names_of_files_are_no_patterns(path, tmp_path):
    """Not for DuckDB, not for a shell, however they are called."""
    folder = tmp_path / "lake"
    folder.mkdir()
    assert run("-r", path, "--parquet", folder / "a*.parquet").returncode == 0
    for name in ("ab.parquet", "[b].parquet", "b.parquet", "?\n'.parquet"):
        shutil.copy(folder / "a*.parquet", folder / name)
    query = "select count(*) as n from packets"
    odd = [folder / "[b].parquet", folder / "?\n'.parquet"]
    for words, n in (([folder], 20), ([folder / "a*.parquet"], 4), (odd, 8)):
        assert run("sql", query, *words).stdout == f"n\n{n}\n"


def test_whole_packets_of_a_file_that_is_cut_short_count(path, tmp_path):
    cut = tmp_path / "cut"
    cut.write_bytes(path.read_bytes()[:-10])
    done = run("sql", "select count(*) as n from packets", cut)
    assert (done.returncode, done.stdout) == (1, "n\n3\n")
    assert f"{cut}: truncated dump file" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_from_a_pipe(path, name):
    done = run("sql", "select count(*) as n from packets", name, input=path.read_bytes().decode("latin-1"),
               encoding="latin-1")
    assert done.stdout == "n\n4\n"


@pytest.mark.parametrize(("words", "status", "text"), [
    (("select 1",), 2, "sql needs a query and files"),
    (("selct 1", "in.pcap"), 1, "syntax error"),
    (("select nothing from packets", "in.pcap"), 1, "nothing"),
    (("select 1", "missing"), 1, "missing: can't open: No such file"),
    (("select 1", "."), 2, "there is no Parquet file in this folder"),
    (("select 1", "text"), 1, "text"),
])  # fmt: skip
def test_mistakes_are_named(tmp_path, words, status, text):
    (tmp_path / "in.pcap").write_bytes(pcap([]))
    (tmp_path / "text").write_text("no capture at all, but long enough to be one")
    done = run("sql", *words, cwd=tmp_path)
    assert done.returncode == status and text in done.stderr and "Traceback" not in done.stderr


def test_without_duckdb_the_packages_are_named(path):
    code = "import sys; sys.modules['duckdb'] = None; from ptcpdump.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", code, "sql", "select 1", path], capture_output=True, text=True)
    assert done.returncode == 1 and "pip install 'ptcpdump[sql]'" in done.stderr
