"""The wheels of `make wheels`, if they lie in dist/ (PTCPDUMP_WHEELS=1 makes one for each machine, for this Python).

Each is looked through; those for a Python and a machine at hand are installed and used where there is no compiler.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.pythons import Python, python
from tests.packaging.test_wheel import one_arp_request

ROOT = Path(__file__).resolve().parents[2]
# PEP 599: what a manylinux2014 wheel may expect of the system
SYSTEM = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libz.so.1",
          "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


def wheels() -> list[Path]:
    return sorted((ROOT / "dist").glob("ptcpdump-*manylinux2014_*.whl"))


@pytest.fixture(scope="module", autouse=True)
def made() -> None:
    if os.environ.get("PTCPDUMP_WHEELS"):
        subprocess.run(["make", "wheels", f"PYTHONS={sys.version_info.major}.{sys.version_info.minor}"],
                       cwd=ROOT, check=True)
    if not wheels():
        pytest.skip("there are no wheels: make wheels, or PTCPDUMP_WHEELS=1")


def objects(wheel: Path, folder: Path) -> Iterator[Path]:
    zipfile.ZipFile(wheel).extractall(folder)
    for path in folder.rglob("*.so*"):
        assert path.read_bytes()[:4] == b"\x7fELF"
        yield path


def test_needs_nothing_but_an_old_glibc(tmp_path: Path) -> None:
    for wheel in wheels():
        tree = tmp_path / wheel.name
        found = list(objects(wheel, tree))
        inside = {path.name for path in found}
        assert {re.match(r"lib\w+", name)[0] for name in inside if name.startswith("lib")} == {
            "libbpf", "libelf", "libpcap"}, wheel
        version, machine = re.search(r"-cp(\d+)-.*_(x86_64|aarch64)\.whl", wheel.name).groups()
        assert f"_native.cpython-{version}-{machine}-linux-gnu.so" in inside
        for path in found:
            head = subprocess.run(["objdump", "-p", "-T", path], capture_output=True, text=True, check=True).stdout
            versions = [tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([0-9.]+)", head)]
            assert max(versions, default=(0,)) <= (2, 17), path
            assert set(re.findall(r"NEEDED +(\S+)", head)) <= SYSTEM | inside, path


def test_installed_where_there_is_no_compiler(tmp_path: Path) -> None:
    """Those for this machine, by pip, into environments of each Python that can be had."""
    used = []
    for wheel in (each for each in wheels() if platform.machine() in each.name):
        version = re.search(r"-cp3(\d+)-", wheel.name)[1]
        room = tmp_path / version
        room.mkdir()
        found = python(f"3.{version}", room)
        if found is not None:
            install_and_use(wheel, found)
            used.append(wheel)
    assert used, "no wheel is for a Python of this machine"


def install_and_use(wheel: Path, found: Python) -> None:
    given, copy = found.inside / "arp.pcap", found.inside / "copy.pcapng"
    (found.folder / given.name).write_bytes(one_arp_request())
    shutil.copy(wheel, found.folder)
    found.make_environment()
    found.run("python", "-m", "pip", "install", "-q", "--no-index", "--no-deps", found.inside / wheel.name)
    assert "ARP, Request who-has 10.0.0.2" in found.run("ptcpdump", "-n", "-r", given, "arp")
    found.run("ptcpdump", "-r", given, "-w", copy)
    assert "ARP, Request who-has 10.0.0.2" in found.run("ptcpdump", "-n", "-r", copy)
    if os.geteuid() == 0:
        said = found.run("ptcpdump", "-n", "-i", "lo", "-c", "1", "udp port 5311", "--", "python", "-c",
                         "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'hi', ('127.0.0.1', 5311))")
        assert re.search(r" lo python\S*\.\d+ Out IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.5311: UDP, length 2", said), said
