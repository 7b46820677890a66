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


def python_of(wheel: Path) -> str | None:
    """The command of the Python that a wheel is for, None where this machine has none."""
    version = re.search(r"-cp3(\d+)-", wheel.name)[1]
    command = sys.executable if version == str(sys.version_info.minor) else shutil.which(f"python3.{version}")
    if command is None or platform.machine() not in wheel.name:
        return None
    works = subprocess.run([command, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0
    return command if works else None


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
    (tmp_path / "arp.pcap").write_bytes(one_arp_request())
    usable = [(wheel, python) for wheel in wheels() if (python := python_of(wheel))]
    assert usable, "no wheel is for a Python of this machine"
    for wheel, python in usable:
        environment = tmp_path / wheel.name
        bare = {"PATH": str(environment / "bin"), "HOME": str(tmp_path)}

        def run(*words: str | Path, environment: Path = environment, bare: dict[str, str] = bare) -> str:
            done = subprocess.run([environment / "bin" / words[0], *words[1:]], capture_output=True, text=True,
                                  check=False, env=bare, cwd=tmp_path, timeout=120)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        subprocess.run([python, "-m", "venv", environment], check=True)
        run("python", "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel)
        assert "ARP, Request who-has 10.0.0.2" in run("ptcpdump", "-n", "-r", "arp.pcap", "arp")
        run("ptcpdump", "-r", "arp.pcap", "-w", "copy.pcapng")
        assert "ARP, Request who-has 10.0.0.2" in run("ptcpdump", "-n", "-r", "copy.pcapng")
        if os.geteuid() == 0:
            said = run("ptcpdump", "-n", "-i", "lo", "-c", "1", "udp port 5311", "--", shutil.which("bash"), "-c",
                       "echo hi > /dev/udp/127.0.0.1/5311")
            assert re.search(r" lo bash\.\d+ Out IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.5311: UDP, length 3", said), said
