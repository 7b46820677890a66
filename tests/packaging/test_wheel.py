"""The way of a release: sdist, wheel made from it, and a fresh environment that has nothing but the wheel.

Compiling all again takes minutes, so the wheel is that which `make install` made. Of the sdist it is shown that the
distribution's CMake can plan the build in it, and that whatever the compilers read is in it. With
PTCPDUMP_SDIST_BUILD=1 in the environment the wheel is compiled from the unpacked sdist.
"""

import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "install"
TOOLS = Path(sys.executable).parent

pytestmark = pytest.mark.skipif(importlib.util.find_spec("scikit_build_core") is None,
                                reason="the build tools are not installed here (make test installs them)")


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cmake() -> str:
    """The distribution's CMake where that is new enough (3.25 in Debian 12), else that of the build tools."""
    system = shutil.which("cmake", path="/usr/bin:/bin")
    if system is not None:
        version = subprocess.run([system, "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
        if tuple(map(int, version.split(".")[:2])) >= (3, 20):
            return system
    return str(TOOLS / "cmake")


def needs_build() -> None:
    if not (BUILD / "build.ninja").exists():
        pytest.skip(f"nothing was built in {BUILD} (make install builds there)")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    script = f"from scikit_build_core.build import build_sdist; build_sdist({str(folder)!r})"
    run(sys.executable, "-c", script, cwd=ROOT)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder)      # our own; filter= is of Python 3.11.4, Debian 12 has 3.11.2
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of `make install`, or one that is compiled from the sdist."""
    wheels = ROOT / "build" / "wheel"
    if os.environ.get("PTCPDUMP_SDIST_BUILD"):
        wheels = tmp_path_factory.mktemp("wheels")
        run(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", wheels, source,
            cwd=wheels, env={**os.environ, "CMAKE_EXECUTABLE": cmake()})
    found = list(wheels.glob("*.whl"))
    if not found:
        pytest.skip(f"there is no wheel in {wheels} (make install puts it there)")
    (made,) = found
    return made


def test_build_can_be_planned_in_the_sdist(source: Path, tmp_path: Path) -> None:
    needs_build()
    run(cmake(), "-C", BUILD / "CMakeInit.txt", "-S", source, "-B", tmp_path, "-G", "Ninja",
        f"-DCMAKE_MAKE_PROGRAM={TOOLS / 'ninja'}", cwd=tmp_path)
    inputs = run(TOOLS / "ninja", "-C", tmp_path, "-t", "inputs", "all", cwd=tmp_path)
    ours = [path for path in map(Path, inputs.splitlines()) if path.is_relative_to(source)]
    assert len(ours) > 100
    assert [path for path in ours if not path.exists()] == []


def test_all_that_is_missing_is_named_at_once(source: Path, tmp_path: Path) -> None:
    """As pip shows it: where neither clang nor the libraries' development files are found."""
    needs_build()
    done = subprocess.run([cmake(), "-C", BUILD / "CMakeInit.txt", "-S", source, "-B", tmp_path, "-G", "Ninja",
                           f"-DCMAKE_MAKE_PROGRAM={TOOLS / 'ninja'}", f"-DCMAKE_C_COMPILER={shutil.which('cc')}",
                           "-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF",
                           "-DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=OFF"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert ("ptcpdump can't be built without pkg-config, libbpf, libpcap, clang; on Debian and Ubuntu: "
            "apt-get install pkg-config libbpf-dev libpcap-dev clang") in said


@pytest.mark.parametrize("module", ["object", "perf", "ring"])
def test_what_libbpf_calls_is_of_its_type(module: str) -> None:
    """Clang 16, zig and GCC 14 refuse a function whose arguments are of other types, be they as large."""
    needs_build()
    generated = BUILD / f"src/ptcpdump/kernel/bindings/{module}.c"
    run("cc", "-fsyntax-only", "-Werror=incompatible-pointer-types", f"-I{sysconfig.get_path('include')}",
        f"-I{ROOT}/src/ptcpdump/kernel/bpf", generated, cwd=ROOT)


def test_sdist_has_whatever_the_compilers_read(source: Path) -> None:
    needs_build()
    read = {Path(line.strip()) for line in run(TOOLS / "ninja", "-C", BUILD, "-t", "deps", cwd=ROOT).splitlines()
            if line.startswith("    ")}
    ours = {path.relative_to(ROOT) for path in read
            if path.is_relative_to(ROOT) and not path.is_relative_to(BUILD) and ".venv" not in path.parts}
    assert len(ours) > 100
    assert [path for path in sorted(ours) if not (source / path).exists()] == []


def test_wheel_has_what_the_sdist_has(source: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(source / "src")) for path in (source / "src").rglob("*.py")}
    assert modules <= names
    assert {name for name in names if name.endswith(".py")} <= modules
    linked = [name for name in names if name.endswith(".so") and "/kernel/bindings/" not in name]  # libbpf's stay apart
    assert [Path(name).name.split(".")[0] for name in sorted(linked)] == ["_native", "pcap"]


def test_wheel_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment)
    python = environment / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel, cwd=tmp_path)
    command = environment / "bin" / "ptcpdump"
    assert run(command, "--version", cwd=tmp_path).startswith("ptcpdump version ")
    assert "jeq" in run(command, "-d", "tcp port 80", cwd=tmp_path)
    capture = tmp_path / "arp.pcap"
    capture.write_bytes(one_arp_request())
    assert "ARP, Request who-has 10.0.0.2 tell 10.0.0.1" in run(command, "-n", "-r", capture, cwd=tmp_path)
    assert "ptcpdump.bpf.o" in os.listdir(next(environment.glob("lib/python*/site-packages/ptcpdump/kernel")))


def one_arp_request() -> bytes:
    ethernet = b"\xff" * 6 + bytes.fromhex("020000000001") + b"\x08\x06"
    arp = bytes.fromhex("0001080006040001 020000000001 0a000001 000000000000 0a000002")
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    packet = ethernet + arp
    return header + struct.pack("<IIII", 1, 0, len(packet), len(packet)) + packet
