"""The bundle for arm64 on Debian's kernel for it, in software emulation: `make bundle MACHINE=aarch64`, `make kernels`.

The machine has a C library, bash and busybox besides, all of Debian's packages for arm64; its Python is the bundle's.
"""

import contextlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kernels import machine
from tests.support.archives import Archive, MissingPackage, alone, cache_folder

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 600     # seconds
BACKENDS = ("tc", "cgroup-skb", "socket-filter", "tp-btf")
# the server of 5310 is there before each capture, the client comes with it
_INIT = """#!/bin/busybox sh
export PATH=/bin LANG=C.UTF-8
busybox mkdir -p /proc /sys /dev /tmp /run
for name in mount ip nc sleep mkdir; do busybox ln -s busybox /bin/$name; done
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t bpf bpf /sys/fs/bpf
ln -s /proc/self/fd /dev/fd
ip link set lo up
exec >/dev/console 2>&1 </dev/null
/opt/ptcpdump/ptcpdump --version
/opt/ptcpdump/ptcpdump --doctor
for backend in BACKENDS; do
    (exec nc -l -p 5310) &
    echo "server $! of $backend"
    while ! busybox grep -q :14BE /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done
    /opt/ptcpdump/ptcpdump --backend $backend -n -i lo -c 6 "tcp port 5310" -- \\
        bash -c 'echo "client $$"; exec 3<>/dev/tcp/127.0.0.1/5310; echo hello >&3; exec 3>&-'
    echo "status $? of $backend"
    kill $! 2>/dev/null; wait
done
echo "all done"
busybox poweroff -f
"""


@dataclass(frozen=True)
class Parts:
    """What the machine is made of: emulator, kernel, folder of Debian's programs."""

    emulator: Path
    image: Path
    system: Path


def fetched() -> Parts:
    """All from Debian's archive, once. Raises MissingPackage."""
    folder = cache_folder()
    emulator, linux, system = folder / "qemu-arm", folder / "linux-arm64", folder / "root-arm64"
    with alone():
        if not (emulator / "usr/bin/qemu-system-aarch64").exists():
            Archive("debian bookworm-backports").unpack("qemu-system-arm", emulator)
        if not list(linux.glob("boot/vmlinuz-*")) or not (system / "bin/busybox").exists():
            archive = Archive("debian bookworm", "arm64")
            names = archive.names(r"^linux-image-6\.1\..*cloud-arm64$")
            archive.unpack(max(names, key=lambda name: [int(d) for d in re.findall(r"\d+", name)]), linux)
            for package in ("libc6", "libtinfo6", "bash", "busybox-static"):
                archive.unpack(package, system)
    return Parts(emulator / "usr/bin/qemu-system-aarch64", next(linux.glob("boot/vmlinuz-*")), system)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the machine prints until it ends."""
    bundles = [path for path in (ROOT / "dist").glob("ptcpdump-*-linux-aarch64") if path.is_dir()]
    if not bundles:
        pytest.skip("there is no bundle for arm64: make bundle MACHINE=aarch64")
    try:
        parts = fetched()
    except MissingPackage as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("arm64")
    tree, console = folder / "tree", folder / "console"
    shutil.copytree(parts.system, tree, symlinks=True, ignore=shutil.ignore_patterns("share", "gconv"))
    shutil.copytree(bundles[0], tree / "opt/ptcpdump", symlinks=True)
    (tree / "init").write_text(_INIT.replace("BACKENDS", " ".join(BACKENDS)))
    (tree / "init").chmod(0o755)
    machine.pack(tree, folder / "initrd")
    words = [parts.emulator, "-accel", "tcg,thread=multi", "-machine", "virt", "-cpu", "max,pauth=off", "-smp", "2",
             "-m", "2G", "-nodefaults", "-display", "none", "-no-reboot", "-kernel", parts.image,
             "-initrd", folder / "initrd", "-serial", f"file:{console}",
             "-append", "console=ttyAMA0 quiet panic=-1 mitigations=off rdinit=/init"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(words, check=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
    text = console.read_text(errors="replace").replace("\r", "")
    print(text)
    assert "all done" in text, text[-4000:]
    return text


def test_starts(said: str) -> None:
    assert re.search(r"^ptcpdump version ", said, re.MULTILINE)
    assert re.search(r"^Linux 6\.1\S* on aarch64$", said, re.MULTILINE)


@pytest.mark.parametrize("backend", BACKENDS)
def test_captures_and_attributes(said: str, backend: str) -> None:
    """Packets of a connection, on the loopback device: each end's are its own."""
    part = said.partition(f" of {backend}\n")[2].partition(f"status 0 of {backend}\n")
    assert part[1], said[-4000:]
    server = re.search(rf"server (\d+) of {backend}$", said, re.MULTILINE)[1]
    client = re.search(r"^client (\d+)$", part[0], re.MULTILINE)[1]
    to_server = re.findall(r" lo (\S+) Out IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.5310: ", part[0])
    to_client = re.findall(r" lo (\S+) Out IP 127\.0\.0\.1\.5310 > ", part[0])
    assert set(to_server) == {f"bash.{client}"}
    assert set(to_client) <= {f"nc.{server}"}
