"""The bundle for arm64 on Debian's kernels for it, emulated: `make bundle MACHINE=aarch64`, `make kernels`.

The machine has a C library, bash and busybox besides, all of Debian's packages for arm64; its Python is the bundle's.
"""

import contextlib
import lzma
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kernels import machine
from tests.support.archives import Archive, MissingPackage, alone, cache_folder

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 3000    # seconds; 70 on two idle processors, Linux 5.10 far more where others want them, too
BACKENDS = ("tc", "cgroup-skb", "socket-filter", "tp-btf")
OTHERS = ("perf-buffers", "types-from-a-file", "savefile")      # by tc
MODULES = ("sch_ingress", "cls_bpf")    # of tc
# the server of 5310 is there before each capture, the client comes with it
_INIT = """#!/bin/busybox sh
export PATH=/bin LANG=C.UTF-8
busybox mkdir -p /proc /sys /dev /tmp /run
for name in mount ip nc sleep mkdir insmod; do busybox ln -s busybox /bin/$name; done
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t bpf bpf /sys/fs/bpf
ln -s /proc/self/fd /dev/fd
ip link set lo up
exec >/dev/console 2>&1 </dev/null
for module in MODULES; do [ ! -e /$module.ko ] || insmod /$module.ko; done

play() {    # play NAME FLAGS...: a capture of a connection
    name=$1
    shift
    (exec nc -l -p 5310) &
    server=$!
    echo "server $server of $name"
    while ! busybox grep -q :14BE /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done
    /opt/ptcpdump/ptcpdump -n -i lo -c 6 "$@" "tcp port 5310" -- \\
        bash -c 'echo "client $$"; exec 3<>/dev/tcp/127.0.0.1/5310; echo hello >&3; exec 3>&-'
    status=$?
    [ "$name" != savefile ] || /opt/ptcpdump/ptcpdump -n -r /tmp/x.pcapng
    echo "status $status of $name"
    kill $server 2>/dev/null
    wait
}

/opt/ptcpdump/ptcpdump --version
/opt/ptcpdump/ptcpdump --doctor
echo "page size $(/opt/ptcpdump/bin/ptcpdump -I -S -c 'import mmap; print(mmap.PAGESIZE)')"
for backend in BACKENDS; do play $backend --backend $backend; done
PTCPDUMP_DISABLE=ringbuf play perf-buffers
play savefile -w /tmp/x.pcapng
/opt/ptcpdump/ptcpdump --save-btf /tmp/btf
mount -t tmpfs none /sys/kernel/btf
play types-from-a-file --kernel-btf /tmp/btf
echo "all done"
busybox poweroff -f
"""


@dataclass(frozen=True)
class Kernel:
    """One of Debian's, by the suite and the name of its package; what is played there."""

    suite: str
    pattern: str
    settings: tuple[str, ...] = (*BACKENDS, *OTHERS)
    page: int = 4096
    functions: bool = False     # whether function hooks can be attached (arm64: Linux 6.4)


KERNELS = {
    "5.10": Kernel("debian bullseye", r"5\.10\..*cloud-arm64", ("tc", *OTHERS)),
    "6.1": Kernel("debian bookworm", r"6\.1\..*cloud-arm64"),
    "6.12": Kernel("debian trixie", r"6\.12\..*cloud-arm64", functions=True),
    "6.12 with large pages": Kernel("debian trixie", r"6\.12\..*arm64-16k", page=16384, functions=True),
}


@dataclass(frozen=True)
class Parts:
    """What the machine is made of: emulator, kernel, modules, folder of Debian's programs."""

    emulator: Path
    image: Path
    modules: list[Path]
    system: Path


def fetched(kernel: Kernel) -> Parts:
    """All from Debian's archive, once. Raises MissingPackage."""
    folder = cache_folder()
    emulator, system = folder / "qemu-arm", folder / "root-arm64"
    linux = folder / re.sub(r"\W+", "-", f"linux {kernel.pattern}")
    with alone():
        if not (emulator / "usr/bin/qemu-system-aarch64").exists():
            Archive("debian bookworm-backports").unpack("qemu-system-arm", emulator)
        if not (system / "bin/busybox").exists():
            archive = Archive("debian bookworm", "arm64")
            for package in ("libc6", "libtinfo6", "bash", "busybox-static"):
                archive.unpack(package, system)
        if not list(linux.glob("boot/vmlinuz-*")):
            Archive(kernel.suite, "arm64").unpack_newest(f"^linux-image-{kernel.pattern}$", linux)
    modules = [path for name in MODULES for path in linux.rglob(f"{name}.ko*")]
    return Parts(emulator / "usr/bin/qemu-system-aarch64", next(linux.glob("boot/vmlinuz-*")), modules, system)


@pytest.fixture(scope="module", params=KERNELS)
def kernel(request: pytest.FixtureRequest) -> Kernel:
    return KERNELS[request.param]


@pytest.fixture(scope="module")
def said(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the machine prints until it ends."""
    bundles = [path for path in (ROOT / "dist").glob("ptcpdump-*-linux-aarch64") if path.is_dir()]
    if not bundles:
        pytest.skip("there is no bundle for arm64: make bundle MACHINE=aarch64")
    try:
        parts = fetched(kernel)
    except MissingPackage as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("arm64")
    tree, console = folder / "tree", folder / "console"
    shutil.copytree(parts.system, tree, symlinks=True, ignore=shutil.ignore_patterns("share", "gconv"))
    shutil.copytree(bundles[0], tree / "opt/ptcpdump", symlinks=True)
    for path in parts.modules:      # compressed since Debian 13
        data = path.read_bytes()
        (tree / path.name.removesuffix(".xz")).write_bytes(lzma.decompress(data) if path.suffix == ".xz" else data)
    backends = " ".join(name for name in BACKENDS if name in kernel.settings)
    (tree / "init").write_text(_INIT.replace("BACKENDS", backends).replace("MODULES", " ".join(MODULES)))
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


def test_starts(kernel: Kernel, said: str) -> None:
    assert re.search(r"^ptcpdump version ", said, re.MULTILINE)
    assert re.search(rf"^Linux {kernel.pattern} on aarch64$", said, re.MULTILINE)
    assert f"\npage size {kernel.page}\n" in said
    assert re.search(rf"^{'yes' if kernel.functions else 'no '}  function hooks ", said, re.MULTILINE)
    assert "strerror_r" not in said


@pytest.mark.parametrize("name", [*BACKENDS, *OTHERS])
def test_captures_and_attributes(kernel: Kernel, said: str, name: str) -> None:
    """Packets of a connection, on the loopback device: each end's are its own."""
    if name not in kernel.settings:
        return      # docs/kernels.md says from which Linux on it is there
    part = said.partition(f" of {name}\n")[2].partition(f"status 0 of {name}\n")
    assert part[1], said[-4000:]
    server = re.search(rf"server (\d+) of {name}$", said, re.MULTILINE)[1]
    client = re.search(r"^client (\d+)$", part[0], re.MULTILINE)[1]
    to_server = re.findall(r" lo (\S+) Out IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.5310: ", part[0])
    to_client = re.findall(r" lo (\S+) Out IP 127\.0\.0\.1\.5310 > ", part[0])
    assert set(to_server) == {f"bash.{client}"}
    assert set(to_client) <= {f"nc.{server}"}
