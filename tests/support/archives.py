"""Packages of Debian's and Ubuntu's archives that are unpacked for a test, not installed.

What was fetched is kept for later runs.
"""

import contextlib
import fcntl
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

MIRROR = "http://deb.debian.org"
UBUNTU = "http://archive.ubuntu.com"
_KEYRINGS = Path("usr/share/keyrings")


class MissingPackage(Exception):  # noqa: N818 -- a fact about the archive
    """A package can't be had; the text says why."""


def cache_folder() -> Path:
    """Where things are kept, such as ~/.cache/ptcpdump-tests."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ptcpdump-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two test runs don't fetch the same at the same time."""
    with (cache_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Archive:
    """One suite, such as "debian sid" or "ubuntu jammy". Its lists of packages are its own, not the machine's.

    architecture: whose packages, as dpkg(1) calls it ("arm64"); "" for this machine's. Raises MissingPackage.
    """

    def __init__(self, suite: str, architecture: str = "") -> None:
        self._suite = suite
        name = suite.replace(" ", "-") + (f"-{architecture}" if architecture else "")
        folder = cache_folder()
        lists, source = folder / f"lists-{name}", folder / f"{name}.list"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        archive, _, release = suite.partition(" ")
        self._mirror = UBUNTU if archive == "ubuntu" else MIRROR
        keys = _ubuntu_keys() if archive == "ubuntu" else Path("/") / _KEYRINGS / "debian-archive-keyring.gpg"
        if not keys.exists():
            raise MissingPackage(f"the keys of {self._mirror} are not at {keys}")
        source.write_text(f"deb [signed-by={keys}] {self._mirror}/{archive} {release} main\n")
        self._options = [f"-oDir::Etc::sourcelist={source}", "-oDir::Etc::sourceparts=-",
                         f"-oDir::State::Lists={lists}", "-oDir::Cache::pkgcache=", "-oDir::Cache::srcpkgcache=",
                         "-oAcquire::Languages=none", "-oAPT::Sandbox::User=root"]
        if architecture:
            self._options += [f"-oAPT::Architecture={architecture}", f"-oAPT::Architectures={architecture}"]
        self._run("apt-get", "update")

    def names(self, pattern: str) -> list[str]:
        """Packages whose names match a regular expression."""
        return [line.split()[0] for line in self._run("apt-cache", "search", "--names-only", pattern).splitlines()]

    def unpack(self, package: str, folder: Path, version: str = "") -> None:
        """Put a package's files below a folder; version: how it begins, or "" for any."""
        offered = [line.split("|")[1].strip() for line in self._run("apt-cache", "madison", package).splitlines()]
        wanted = [word for word in offered if word.partition(":")[2].startswith(version) or word.startswith(version)]
        if not wanted:
            raise MissingPackage(f"{self._suite} has no {package} {version}, but {', '.join(offered) or 'none'}")
        folder.mkdir(parents=True, exist_ok=True)
        self._run("apt-get", "download", f"{package}={wanted[0]}", cwd=folder)
        for file in folder.glob(f"{package}_*.deb"):
            subprocess.run(["dpkg-deb", "-x", file, folder], check=True)
            file.unlink()

    def unpack_newest(self, pattern: str, folder: Path) -> str:
        """As unpack(), of packages whose names match: the one with the highest numbers in it. An older one, where a
        mirror lists packages that it lacks. Returns its name."""
        names = sorted(self.names(pattern), key=lambda name: [int(digits) for digits in re.findall(r"\d+", name)])
        reason = MissingPackage(f"{self._suite} has nothing called {pattern}")
        for name in reversed(names):
            try:
                self.unpack(name, folder)
            except MissingPackage as error:
                reason = error
            else:
                return name
        raise reason

    def _run(self, program: str, *words: str, **more: object) -> str:
        try:
            return subprocess.run([program, *self._options, *words], check=True, capture_output=True, text=True,
                                  timeout=600, **more).stdout
        except (OSError, subprocess.SubprocessError) as error:
            reason = getattr(error, "stderr", "") or str(error)
            raise MissingPackage(f"{self._mirror}, {self._suite}: {reason.strip()[-200:]}") from error


def _ubuntu_keys() -> Path:
    """The keys of Ubuntu's archive, from Debian's."""
    folder = cache_folder() / "ubuntu-keys"
    keys = folder / _KEYRINGS / "ubuntu-archive-keyring.gpg"
    if not keys.exists():
        Archive("debian trixie").unpack("ubuntu-keyring", folder)
    return keys
