"""The Debian package: lintian's opinion, and a life from installation to removal on a copy of this system."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.harness import needs_privileges

ROOT = Path(__file__).resolve().parents[2]

# In a mount namespace of its own, on top of this system's files: nothing of it stays.
INSTALL = """
set -e
mount -t tmpfs none "$1"
cp "$2" "$1/package.deb"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
for place in proc sys dev; do mount --rbind "/$place" "$1/root/$place"; done
mv "$1/package.deb" "$1/root/package.deb"
exec chroot "$1/root" /bin/sh -c "$3"
"""
LIFE = """
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
dpkg -i /package.deb >/dev/null
ptcpdump --version
# whether or not dpkg leaves them out here
dpkg -L ptcpdump | grep -E 'man8|bash-completion/.+/|zsh/.+/|fish/.+/.+fish'
touch /json.py                  # in the working directory, where modules must not come from
cd /
ptcpdump -n -i lo -c 1 'udp port 5301' -- $SEND 5301
setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+bpf,+net_admin,+perfmon \
    --ambient-caps=-all,+bpf,+net_admin,+perfmon ptcpdump -n -i lo -c 1 'udp port 5302' -- $SEND 5302
# the service, as systemd starts it
install -d -o 65534 -g 65534 -m 700 /state
setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+bpf,+net_admin,+perfmon \
    --ambient-caps=-all,+bpf,+net_admin,+perfmon --bounding-set=-all,+bpf,+net_admin,+perfmon \
    sh -c "umask 0077; $SERVICE -c 1 -- $SEND 5303"
ptcpdump -n -r /state/hour-*.pcapng
dpkg --remove ptcpdump >/dev/null
test ! -e /usr/lib/ptcpdump
test ! -e /usr/bin/ptcpdump
echo gone
"""
SENDER = """#!/usr/bin/python3 -I
import socket, sys
socket.socket(type=socket.SOCK_DGRAM).sendto(b"hi", ("127.0.0.1", int(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("dpkg-shlibdeps") is None:
        pytest.skip("dpkg-dev is not installed")
    done = subprocess.run([sys.executable, ROOT / "scripts/make-deb", tmp_path_factory.mktemp("deb")],
                          capture_output=True, text=True, check=False)
    if "was built for" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_lintian_finds_no_error(package: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    done = subprocess.run(["lintian", "--fail-on", "error,warning", package],
                          capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@needs_privileges
def test_installed_used_and_removed(package: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    sender = tmp_path / "sender"
    sender.write_text(SENDER)
    sender.chmod(0o755)
    tmp_path.chmod(0o711)
    service = settings()["ExecStart"].replace("${STATE_DIRECTORY}", "/state").replace("%%", "%").replace('"', "'")
    life = f'install -m 755 {sender} /usr/bin/sender; SEND=/usr/bin/sender; SERVICE="{service}"; ' + LIFE
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", INSTALL, "sh", place, package,
                           life], capture_output=True, text=True, check=False, timeout=120)
    if "wrong fs type" in done.stderr or "unknown filesystem" in done.stderr:
        pytest.skip("this kernel has no overlayfs")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ptcpdump version ")
    for name in ("man/man8/ptcpdump.8.gz", "bash-completion/completions/ptcpdump", "zsh/vendor-completions/_ptcpdump",
                 "fish/vendor_completions.d/ptcpdump.fish"):
        assert f"/usr/share/{name}" in lines
    packets = [line for line in lines if " > 127.0.0.1." in line]
    for port, line in zip((5301, 5302, 5303), packets, strict=True):
        assert " sender." in line and f"> 127.0.0.1.{port}: UDP, length 2" in line
    assert lines[-1] == "gone"


def settings() -> dict[str, str]:
    """What the example of a service sets."""
    text = (ROOT / "packaging/ptcpdump.service").read_text()
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def test_the_unit_file() -> None:
    """The service's capabilities are those that the README names."""
    found = settings()
    assert found["AmbientCapabilities"] == found["CapabilityBoundingSet"] == "CAP_BPF CAP_NET_ADMIN CAP_PERFMON"
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", "verify", ROOT / "packaging/ptcpdump.service"],
                          capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "/usr/bin/ptcpdump is not exec" not in line
                  and "man ptcpdump(8)" not in line]       # it is not installed on this system
    assert complaints == []
