"""A virtual machine that runs one of Debian's or Ubuntu's kernels in software emulation, for a command and its output.

All of its file system is in memory: archives for cpio(1) one behind the other, of a Debian that debootstrap(8) makes,
of the kernel's modules, and of what is to be run. Nothing of the host is shared, nothing outlives the run.
"""

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.archives import MIRROR, Archive, alone, cache_folder

# series of kernels and the suites that have them
SUITES = {
    "4.15": "ubuntu bionic-updates", "4.18": "ubuntu bionic-updates", "5.4": "ubuntu focal-updates",
    "5.10": "debian-security bullseye-security", "5.11": "ubuntu focal-updates", "5.13": "ubuntu focal-updates",
    "5.15": "ubuntu jammy-updates", "6.1": "debian bookworm", "6.8": "ubuntu noble-updates", "6.12": "debian trixie",
}
_RELEASE, _PYTHON = "bookworm", (3, 11)
_PACKAGES = ("python3", "iproute2", "libbpf1", "libpcap0.8", "kmod", "procps", "iputils-ping", "curl", "tcpdump",
             "nftables", "bpftool", "ethtool", "busybox-static")
_QEMU = ("qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios")
_QEMU_LEAST = 8         # before it, newer kernels crash at random in emulation
_SITE = ("ptcpdump", "pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py.py")
_INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 PYTHONPATH=/run/site PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm; mount -t devpts pts /dev/pts; mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t bpf bpf /sys/fs/bpf
ln -s /proc/self/fd /dev/fd
ip link set lo up
# before Linux 5.4 random numbers wait for events, which such a machine has few of: RNDADDENTROPY (random(4))
python3 -c 'import fcntl, struct
fcntl.ioctl(open("/dev/urandom", "wb"), 0x40085203, struct.pack("ii64s", 512, 64, bytes(range(64))))'
cd /run/project
sh /run/command </dev/null >/dev/ttyS1 2>&1
echo "status $?" >/dev/ttyS1
echo o >/proc/sysrq-trigger
sleep 60
"""


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel: its image, and the archive of its modules."""

    release: str
    image: Path
    modules: Path


def unfit() -> str:
    """Why no machine can be run here; "" where it can."""
    for program in ("debootstrap", "cpio", "depmod"):
        if not shutil.which(program):
            return f"{program} is not installed"
    if sys.version_info[:2] != _PYTHON:
        return f"the extension modules are for another Python than that of Debian's {_RELEASE}"
    return ""


def kernel(series: str) -> Kernel:
    """The newest kernel of a series that the archive has, fetched once. Raises MissingPackage."""
    folder = cache_folder() / f"linux-{series}"
    with alone():
        if not (folder / "modules.cpio").exists():
            archive = Archive(SUITES[series])
            ubuntu = SUITES[series].startswith("ubuntu")
            name = archive.unpack_newest(
                rf"^linux-image-{re.escape(series)}\..*{'-generic' if ubuntu else 'cloud-amd64'}$", folder)
            if ubuntu:
                archive.unpack(name.replace("image", "modules"), folder)
            modules = next(path for path in (folder / "lib/modules", folder / "usr/lib/modules") if path.is_dir())
            with tempfile.TemporaryDirectory(dir=cache_folder()) as tree:
                usr = Path(tree) / "usr"        # /lib is a link to usr/lib in the machine
                shutil.copytree(modules, usr / "lib/modules", symlinks=True)
                subprocess.run(["depmod", "-b", usr, name.removeprefix("linux-image-")], check=True)
                pack(Path(tree), folder / "modules.cpio")
    image = next((folder / "boot").glob("vmlinuz-*"))
    return Kernel(image.name.removeprefix("vmlinuz-"), image, folder / "modules.cpio")


def run(kernel: Kernel, command: str, project: Path, seconds: int) -> tuple[int | None, str]:
    """Run a shell command in a copy of the project's tests. Returns its status, None if it did not end, and its output.
    """
    with tempfile.TemporaryDirectory(prefix="ptcpdump-kernel-") as name:
        folder = Path(name)
        tree = folder / "tree"
        _lay_out(tree, command, project)
        pack(tree, folder / "own.cpio")
        with (folder / "initrd").open("wb") as joined:
            for part in (_root(), kernel.modules, folder / "own.cpio"):
                with part.open("rb") as source:
                    shutil.copyfileobj(source, joined)
        output = folder / "output"
        words = [*_qemu(), "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-smp", "2", "-m", "4G",
                 "-nodefaults", "-display", "none", "-no-reboot", "-kernel", str(kernel.image),
                 "-initrd", str(folder / "initrd"),
                 "-serial", f"file:{folder / 'console'}", "-serial", f"file:{output}",
                 "-append", "console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable no_timer_check rdinit=/init"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(words, check=True, timeout=seconds, stdin=subprocess.DEVNULL)
        text = output.read_text(errors="replace").replace("\r", "") if output.exists() else ""
        ended = re.search(r"^status (\d+)$", text, re.MULTILINE)
        if ended is None:
            text += (folder / "console").read_text(errors="replace")[-2000:]
        return (int(ended[1]) if ended else None), text


def _lay_out(tree: Path, command: str, project: Path) -> None:
    (tree / "run/site").mkdir(parents=True)
    site = next(Path(entry) for entry in sys.path if (Path(entry) / "pytest").is_dir())
    for name in _SITE:
        source, target = site / name, tree / "run/site" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    # what no kernel changes, and what needs daemons
    leave = shutil.ignore_patterns("__pycache__", "containers", "golden", "fuzz")
    shutil.copytree(project / "tests", tree / "run/project/tests", ignore=leave)
    shutil.copy(project / "pyproject.toml", tree / "run/project")
    (tree / "run/command").write_text(command)
    (tree / "init").write_text(_INIT)
    (tree / "init").chmod(0o755)


def _root() -> Path:
    archive = cache_folder() / "root.cpio"
    with alone():
        if not archive.exists():
            with tempfile.TemporaryDirectory(dir=cache_folder()) as name:
                tree = Path(name) / "root"
                subprocess.run(["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", _RELEASE, tree,
                                f"{MIRROR}/debian"], check=True, stdout=subprocess.DEVNULL)
                for unneeded in ("usr/share/doc", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists"):
                    shutil.rmtree(tree / unneeded, ignore_errors=True)
                pack(tree, archive)
    return archive


def pack(tree: Path, archive: Path) -> None:
    """Make an archive of a folder; under another name first, so that a file of that name is whole."""
    names = subprocess.run(["find", ".", "-print0"], cwd=tree, check=True, capture_output=True).stdout
    part = archive.with_suffix(".part")
    with part.open("wb") as output:
        subprocess.run(["cpio", "-0", "-o", "-H", "newc", "--quiet"], cwd=tree, input=names, stdout=output, check=True)
        output.write(bytes(-output.tell() % 512))
    part.rename(archive)


def _qemu() -> list[str]:
    installed = shutil.which("qemu-system-x86_64")
    if installed:
        said = subprocess.run([installed, "--version"], check=True, capture_output=True, text=True).stdout
        found = re.search(r"version (\d+)", said)
        if found and int(found[1]) >= _QEMU_LEAST:
            return [installed]
    folder = cache_folder() / "qemu"
    with alone():
        if not (folder / "usr/share/seabios").is_dir():
            archive = Archive(f"debian {_RELEASE}-backports")
            for package in _QEMU:
                archive.unpack(package, folder)
    share = folder / "usr/share"
    return [str(folder / "usr/bin/qemu-system-x86_64"), "-L", str(share / "qemu"), "-L", str(share / "seabios")]
