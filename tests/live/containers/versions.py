"""Versions of containerd: the installed one, and others from Debian's archive that are unpacked beside it."""

import fcntl
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.live.harness import run

INSTALLED = "installed"
# 1.4 has only runtime.v1alpha2, 2.1 only runtime.v1
SUITES = {"1.4": "debian-security bullseye-security", "2.1": "debian sid"}
_MIRROR = "http://deb.debian.org"
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_CNI = """{{"cniVersion": "0.4.0", "name": "ptcpdump", "plugins": [{{"type": "bridge", "bridge": "ptcpcni0",
"isGateway": true, "ipMasq": true, "ipam": {{"type": "host-local", "ranges": [[{{"subnet": "{1}"}}]],
"routes": [{{"dst": "0.0.0.0/0"}}], "dataDir": "{0}/ipam"}}}}]}}"""
_COMMON = """
root = "{0}/ctd"
state = "{0}/state"
[grpc]
  address = "{0}/containerd.sock"
"""
# not every test machine may lower its score for the out-of-memory killer
_CONFIG_2 = "version = 2" + _COMMON + """
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.6"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{0}/cni"
"""
_CONFIG_3 = "version = 3" + _COMMON + """
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "registry.k8s.io/pause:3.6"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{0}/cni"
"""


def configure(folder: Path, version: str, subnet: str) -> None:
    """Write config.toml, and a bridge network for pods."""
    (folder / "config.toml").write_text((_CONFIG_3 if version.startswith("2.") else _CONFIG_2).format(folder))
    (folder / "cni").mkdir()
    (folder / "cni/10-bridge.conflist").write_text(_CNI.format(folder, subnet))


def number(text: str) -> tuple[int, int]:
    """Major and minor version of the server, as `ctr version` prints it."""
    found = re.search(r"Server:\s+Version:\s+v?(\d+)\.(\d+)", text)
    assert found, text
    return int(found[1]), int(found[2])


def search_path(version: str) -> str:
    """The PATH that finds this version first. Skips the test where it can't be had."""
    usual = os.environ["PATH"]
    return usual if version == INSTALLED else f"{_unpacked(version) / 'usr/bin'}:{usual}"


def _unpacked(version: str) -> Path:
    """A folder with the package's files, kept for later runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ptcpdump-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"containerd-{version}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "usr/bin/containerd").exists():
            if not _KEYS.exists():
                pytest.skip(f"containerd {version} comes from Debian's archive, whose keys are not at {_KEYS}")
            try:
                _fetch(version, cache, folder)
            except (subprocess.SubprocessError, LookupError) as error:
                words = getattr(error, "stderr", "") or str(error)
                pytest.skip(f"containerd {version} can't be had from {_MIRROR}: {words.strip()[-200:]}")
    return folder


def _fetch(version: str, cache: Path, folder: Path) -> None:
    """With lists of packages of our own: the machine's stay as they are."""
    lists = cache / f"lists-{version}"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    archive, suite = SUITES[version].split()
    source = cache / f"{version}.list"
    source.write_text(f"deb [signed-by={_KEYS}] {_MIRROR}/{archive} {suite} main\n")
    options = [f"-oDir::Etc::sourcelist={source}", "-oDir::Etc::sourceparts=-", f"-oDir::State::Lists={lists}",
               "-oDir::Cache::pkgcache=", "-oDir::Cache::srcpkgcache=", "-oAcquire::Languages=none",
               "-oAPT::Sandbox::User=root", "-oAcquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false"]
    run("apt-get", *options, "update")
    found = run("apt-cache", *options, "madison", "containerd").stdout
    offered = [line.split("|")[1].strip() for line in found.splitlines()]
    exact = [word for word in offered if word.startswith(f"{version}.")]
    if not exact:
        raise LookupError(f"it has {', '.join(offered) or 'none'}")
    run("apt-get", *options, "download", f"containerd={exact[0]}", cwd=cache)
    package = next(cache.glob(f"containerd_{version}.*.deb"))
    run("dpkg-deb", "-x", package, folder)
    package.unlink()
