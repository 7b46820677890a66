"""The way of a release: sdist, wheel made from it, and a fresh environment that has nothing but the wheel."""

import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def with_systems_cmake() -> dict[str, str]:
    """The environment of a build by the distribution's own CMake where that is new enough: 3.25 in Debian 12."""
    cmake = shutil.which("cmake", path="/usr/bin:/bin")
    if cmake is not None:
        version = subprocess.run([cmake, "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
        if tuple(map(int, version.split(".")[:2])) >= (3, 20):
            return {**os.environ, "CMAKE_EXECUTABLE": cmake}
    return {**os.environ}


@pytest.mark.slow
def test_sdist_to_wheel_to_fresh_environment(tmp_path: Path) -> None:
    if importlib.util.find_spec("scikit_build_core") is None:
        pytest.skip("the build tools are not installed here (make test installs them)")
    sdist, wheels, environment = tmp_path / "sdist", tmp_path / "wheels", tmp_path / "environment"
    script = f"from scikit_build_core.build import build_sdist; build_sdist({str(sdist)!r})"
    run(sys.executable, "-c", script, cwd=ROOT)
    (source,) = sdist.glob("*.tar.gz")
    # what is tested is the way, not the speed of the result: without optimization it takes a third of the time
    run(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-Ccmake.build-type=Debug",
        "-w", wheels, source, cwd=tmp_path, env=with_systems_cmake())
    (wheel,) = wheels.glob("*.whl")
    libraries = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".so")]
    linked = [name for name in libraries if "/kernel/bindings/" not in name]     # those of libbpf stay apart
    assert [Path(name).name.split(".")[0] for name in sorted(linked)] == ["_native", "pcap"]

    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-deps", wheel, cwd=tmp_path)
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
