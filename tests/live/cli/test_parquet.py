"""--parquet of a live capture, after all privileges are given up."""

import pwd
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ..harness import COMMAND, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def open_folder():
    """One that everybody may write to, and that no folder of root's hides."""
    with tempfile.TemporaryDirectory(prefix="ptcpdump-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_files_and_folders_are_those_of_z_user(tmp_path, open_folder):
    lake = open_folder / "lake"
    with veth_pair(43) as link, capturing(
            tmp_path, "-i", link.here, "-Z", "nobody", "--parquet", f"{lake}/", "icmp") as capture:  # fmt: skip
        run("ping", "-c", "3", "-i", "0.2", link.peer4)
        capture.stop()
        assert capture.stdout == ""
    (file,) = lake.rglob("*.parquet")
    for path in (lake, *lake.rglob("*")):
        assert path.stat().st_uid == NOBODY.pw_uid and path.stat().st_mode & 0o077 == 0
    table = pq.ParquetFile(file).read()
    assert table["process.name"].to_pylist() == ["ping"] * 6
    assert table["network.direction"].to_pylist() == ["egress", "ingress"] * 3


def test_a_folder_that_z_user_may_not_make(open_folder):
    open_folder.chmod(0o755)
    done = run(*COMMAND, "-i", "lo", "-Z", "nobody", "--parquet", f"{open_folder}/lake/", check=False)
    assert done.returncode == 1 and f"{open_folder}/lake: can't make this folder: Permission denied" in done.stderr
    assert not (open_folder / "lake").exists()
    done = run(*COMMAND, "-i", "lo", "-Z", "nobody", "--parquet", open_folder, check=False)
    assert done.returncode == 1
    assert f"{open_folder}: can't create files in this folder: Permission denied" in done.stderr
