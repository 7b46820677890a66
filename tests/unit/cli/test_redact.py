"""--redact over all that a run writes: lines of JSON, a Parquet file, a savefile, and lines of text."""

import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from owned_files import write

from ptcpdump.context.model import Container, Context, Found, Pod, Process

PROCESS = Process(12, "/bin/a", ("a", "s3cret-args", "TOKEN=s3cret-env"))
OWNER = Context(
    process=PROCESS, uid=4711, user="s3cret-users", parent=Process(3, "/bin/b", PROCESS.args), found=Found.SOCKET,
    container=Container("d9", "web", "", {"a": "s3cret-labels"}),
    pod=Pod("p", "ns", "u", {"a": "s3cret-labels"}, {"b": "s3cret-annotations"}))
ALL = {"args", "env", "labels", "annotations", "users"}


@pytest.mark.parametrize("what", [set(), {"args", "labels"}, {"env", "annotations", "users"}])
def test_every_format(tmp_path, what):
    write(tmp_path / "open.pcapng", OWNER)
    command = [sys.executable, "-m", "ptcpdump", "-n", "-r", tmp_path / "open.pcapng",
               *(["--redact", ",".join(sorted(what))] if what else [])]
    writing = ["--json", "--parquet", tmp_path / "out.parquet", "-w", tmp_path / "out.pcapng"]
    outputs = {"json": subprocess.run([*command, *writing], capture_output=True, check=True).stdout}
    if len(what) == 2:      # once is enough for the lines
        outputs["text"] = subprocess.run([*command, "-vv"], capture_output=True, check=True).stdout
    outputs["parquet"] = str(pq.read_table(tmp_path / "out.parquet").to_pylist()).encode()
    outputs["pcapng"] = (tmp_path / "out.pcapng").read_bytes()
    gone = what | ({"env"} if "args" in what else set())    # they stand among the arguments
    for name, output in outputs.items():
        assert b"12" in output
        shown = {each for each in ALL if f"s3cret-{each}".encode() in output}
        if name == "text":
            shown |= ALL - gone     # lines tell less
        assert shown == ALL - gone, name
        assert (b"4711" in output) == ("users" not in what), name
