"""Packets of the library as tables, as files and as scapy's."""

import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from json_lines import OWNER, write
from pcapng_blocks import plain
from savefiles import UDP, comments, interface, packet, section

import ptcpdump
from ptcpdump.cli.build import options_from
from ptcpdump.cli.settings import owner_filter
from ptcpdump.data.arrow import SCHEMA


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.pcapng"
    path.write_bytes(section() + interface() + b"".join(
        packet(units=1700000000_000000 + n, options=comments(*OWNER)) for n in range(5)))
    return path


def test_a_savefile_as_arrow(path):
    with ptcpdump.open(path) as file:
        next(iter(file))        # an iteration that has begun changes nothing
        table = file.to_arrow()
    assert table.schema.names == SCHEMA.names and table.num_rows == 5
    assert table["process.pid"].to_pylist() == [4711] * 5
    assert table["ptcpdump.summary"].to_pylist() == [each.line for each in ptcpdump.open(path)]


def test_pandas_is_imported_where_it_is_asked_for_alone(path):
    code = "import sys, ptcpdump; ptcpdump.open(sys.argv[1]).to_arrow(); print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True).stdout == "False\n"


def test_an_empty_savefile_has_the_same_columns(tmp_path):
    (tmp_path / "none.pcapng").write_bytes(section() + interface())
    table = ptcpdump.open(tmp_path / "none.pcapng").to_arrow()
    assert table.schema.names == SCHEMA.names and table.num_rows == 0


def test_pandas_and_polars(path):
    frame = ptcpdump.open(path).to_pandas()
    assert frame.groupby("process.name", observed=True)["network.bytes"].sum().to_dict() == {"curl": 5 * len(UDP)}
    assert ptcpdump.open(path).to_polars()["source.ip"].to_list() == ["10.0.0.1"] * 5


@pytest.mark.parametrize("name", ["copy.pcapng", "copy.pcap", "copy.parquet", "copy.pcapng.gz", "copy.pcap.zst"])
def test_write(path, tmp_path, name):
    packets = list(ptcpdump.open(path))
    assert ptcpdump.write(tmp_path / name, (each for each in packets[1:])) == 4
    if name == "copy.parquet":
        table = pq.read_table(tmp_path / name)
        assert table["container.name"].to_pylist() == ["web"] * 4
        return
    copied = list(ptcpdump.open(tmp_path / name))
    assert [(each.time_ns, each.data) for each in copied] == [(each.time_ns, each.data) for each in packets[1:]]
    assert name.endswith((".gz", ".zst")) == (plain(tmp_path / name) != (tmp_path / name).read_bytes())
    if "pcapng" in name:
        assert [each.context for each in copied] == [each.context for each in packets[1:]]


def test_write_says_what_can_t_be_written(path, tmp_path):
    with pytest.raises(ptcpdump.PtcpdumpError, match="missing"):
        ptcpdump.write(tmp_path / "missing" / "x.pcapng", ptcpdump.open(path))


def test_scapy(tmp_path):
    path = write(tmp_path / "two.pcapng", [(1, UDP), (101, UDP[14:]), (147, b"abc")])
    ethernet, raw, unknown = (each.scapy() for each in ptcpdump.open(path))
    assert ethernet["UDP"].dport == raw["UDP"].dport == 5678 and ethernet["Ethernet"].src == "00:00:00:00:00:02"
    assert bytes(unknown) == b"abc" and float(ethernet.time) == 1700000000


@pytest.mark.parametrize(("package", "use", "named"), [
    ("pyarrow", "file.to_arrow()", "ptcpdump[parquet]"), ("polars", "file.to_polars()", "polars"),
    ("pandas", "file.to_pandas()", "pandas"), ("scapy", "next(iter(file)).scapy()", "scapy"),
])  # fmt: skip
def test_a_package_that_is_missing_is_named(path, package, use, named):
    code = f"import sys; sys.modules[{package!r}] = None; import ptcpdump; file = ptcpdump.open(sys.argv[1]); {use}"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert "PtcpdumpError" in done.stderr and "pip install" in done.stderr and named in done.stderr


@pytest.mark.parametrize(("words", "text"), [
    ({"pid": 0}, "--pid 0"), ({"uid": "no-such-user"}, "no-such-user"), ({"pod_name": "web."}, "web."),
])  # fmt: skip
def test_selections_that_can_t_be(words, text):
    with pytest.raises(ptcpdump.PtcpdumpError, match=text):
        ptcpdump.capture("lo", **words)


def test_selections_are_those_of_the_command():
    words = ["--pid", "7,8", "--pname", "curl,wget", "--uid", "root,33", "--container-id", "c0,ffee",
             "--container-name", "/web", "--pod-name", "a.b.shop,plain", "-f"]  # fmt: skip
    made = ptcpdump.capture(
        "lo", pid=[7, 8], pname=["curl", "wget"], uid=["root", 33], container_id=["c0", "ffee"], container_name="/web",
        pod_name=["a.b.shop", "plain"], follow_forks=True)
    assert made._capture.settings.owner == owner_filter(options_from(words))
