"""Pythons to install wheels for: this machine's, and those of Ubuntu's releases, each with its own C library."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pip

from tests.support.archives import Archive, MissingPackage, alone, cache_folder

_SUITES = {"3.12": "ubuntu noble", "3.14": "ubuntu resolute"}
_PACKAGES = ("libpython{}-minimal", "libpython{}-stdlib", "python{}-minimal", "libc6", "libexpat1", "zlib1g", "libffi8",
             "libssl3t64", "libbz2-1.0", "liblzma5", "libzstd1")
# in a mount namespace of its own, which takes away again what is mounted
_ENTER = """set -e
cd "$1"
for place in proc sys dev; do command -p mkdir -p "$place"; command -p mount --rbind "/$place" "$place"; done
command -p chroot "$@"
"""


@dataclass(frozen=True)
class Python:
    """A Python with an environment of its own, in which there is no compiler, in the file system that it sees.

    folder: room for files, which it knows as `inside`.
    """

    command: str
    enter: tuple[str, ...]
    folder: Path
    inside: Path

    def run(self, *words: str | Path) -> str:
        """The output of a program of the environment, which must succeed."""
        return self._run(self.inside / "environment/bin" / words[0], *words[1:])

    def make_environment(self) -> None:
        """With our own pip: Ubuntu's Pythons come without."""
        self._run(self.command, "-m", "venv", "--without-pip", self.inside / "environment",
                  path="" if self.enter else os.environ["PATH"])    # for it may be a script (pyenv's)
        shutil.copytree(Path(pip.__file__).parent, self.folder / "pip/pip")

    def _run(self, *words: str | Path, path: str = "") -> str:
        bare = {"PATH": path or str(self.inside / "environment/bin"), "HOME": str(self.inside),
                "PYTHONPATH": str(self.inside / "pip")}
        done = subprocess.run([*self.enter, *map(str, words)], capture_output=True, text=True, check=False, timeout=120,
                              env=bare)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def python(version: str, folder: Path) -> Python | None:
    """The Python of a version ("3.12"), with room below an empty folder. None: it can't be had."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = sys.executable if version == own else shutil.which(f"python{version}")
    if command is not None and subprocess.run([command, "-V"], capture_output=True, check=False).returncode == 0:
        return Python(command, (), folder, folder)
    if version not in _SUITES or os.geteuid():
        return None
    try:
        shutil.copytree(_tree(version), folder, symlinks=True, dirs_exist_ok=True)
    except MissingPackage:
        return None
    (folder / "room").mkdir()
    enter = (shutil.which("unshare"), "--mount", "--propagation", "private", "/bin/sh", "-c", _ENTER, "sh", str(folder))
    return Python(f"/usr/bin/python{version}", enter, folder / "room", Path("/room"))


def _tree(version: str) -> Path:
    """A file system that has such a Python and what it loads, nothing else. Raises MissingPackage."""
    tree = cache_folder() / f"python-{version}"
    with alone():
        if not (tree / "complete").exists():
            for name in ("bin", "lib", "lib64"):     # the packages' files are in either
                (tree / "usr" / name).mkdir(parents=True, exist_ok=True)
                if not (tree / name).is_symlink():
                    (tree / name).symlink_to(f"usr/{name}")
            archive = Archive(_SUITES[version])
            for package in _PACKAGES:
                archive.unpack(package.format(version), tree)
            (tree / "complete").touch()
    return tree
