"""Versions of containerd: the installed one, and others from Debian's archive that are unpacked beside it."""

import os
import re
from pathlib import Path

import pytest

from tests.support.archives import Archive, MissingPackage, alone, cache_folder

INSTALLED = "installed"
# 1.4 has only runtime.v1alpha2, 2.1 only runtime.v1
SUITES = {"1.4": "debian-security bullseye-security", "2.1": "debian sid"}
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
    folder = cache_folder() / f"containerd-{version}"
    with alone():
        if not (folder / "usr/bin/containerd").exists():
            try:
                Archive(SUITES[version]).unpack("containerd", folder, f"{version}.")
            except MissingPackage as error:
                pytest.skip(f"containerd {version} can't be had: {error}")
    return folder
