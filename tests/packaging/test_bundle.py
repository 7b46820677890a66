"""The bundle, if it lies in dist/ (`make bundle`, which takes long; PTCPDUMP_BUNDLE=1 makes it here)."""

import os
import platform
import re
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.live.containers import daemons
from tests.live.harness import COMMAND, needs_privileges
from tests.support.archives import Archive, MissingPackage

ROOT = Path(__file__).resolve().parents[2]
GLIBC = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1",
         "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
OURS = {"libbpf.so.1", "libelf.so.1", "libpcap.so.1"}
CAPTURE = ["-n", "-i", "lo", "-c", "1", "udp port 5309"]
PACKET = r" lo bash\.\d+ Out IP 127\.0\.0\.1\.\d+ > 127\.0\.0\.1\.5309: UDP, length 3"


@pytest.fixture(scope="module")
def made() -> Path:
    if os.environ.get("PTCPDUMP_BUNDLE"):
        subprocess.run(["make", "bundle"], cwd=ROOT, check=True)
    found = sorted((ROOT / "dist").glob(f"ptcpdump-*-linux-{platform.machine()}.run"))
    if not found:
        pytest.skip("there is no bundle: make bundle, or PTCPDUMP_BUNDLE=1")
    return found[-1]


@pytest.fixture(scope="module")
def tree(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "with a blank"
    subprocess.run([made, "--unpack", folder], check=True)
    return folder


def test_needs_nothing_but_an_old_glibc(made: Path, tree: Path) -> None:
    assert made.stat().st_size <= 12_000_000
    objects = [path for path in tree.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"
               and not path.name.endswith(".bpf.o")]
    assert {"ptcpdump", "_native.cpython-311-x86_64-linux-gnu.so", *OURS} <= {path.name for path in objects}
    symbols = subprocess.run(["objdump", "-T", *objects], capture_output=True, text=True, check=True).stdout
    assert max(tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_([0-9.]+)", symbols)) <= (2, 17)
    for path in objects:    # asking containerd is written in C++
        cplusplus = {"libstdc++.so.6", "libgcc_s.so.1"} if path.name.startswith(("cygrpc.", "_message.")) else set()
        assert needed(path) <= GLIBC | OURS | cplusplus, path
    for project in ("python3.11", "libffi", "zlib", "libpcap", "libbpf", "elfutils"):
        assert list((tree / "licences" / project).iterdir())


def needed(path: Path) -> set[str]:
    head = subprocess.run(["objdump", "-p", path], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"NEEDED +(\S+)", head))


def test_starts_as_quickly_as_what_is_installed(tree: Path, tmp_path: Path) -> None:
    """A small file, the better of ten each: 10 ms later at most, where they are measured in turn."""
    (tmp_path / "x.pcap").write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    words = ["-n", "-r", tmp_path / "x.pcap"]
    times: dict[str, list[float]] = {"bundle": [], "installed": []}
    for _ in range(10):
        for name, command in (("bundle", [tree / "ptcpdump"]), ("installed", COMMAND)):
            start = time.perf_counter()
            subprocess.run([*command, *words], check=True, stderr=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    assert min(times["bundle"]) < min(times["installed"]) + 0.01


def test_takes_nothing_from_where_it_is_started(made: Path, tree: Path, tmp_path: Path) -> None:
    """Modules of the working directory or PYTHONPATH; a cache that others can write to."""
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    done = subprocess.run([tree / "ptcpdump", "--json-schema"], cwd=tmp_path, capture_output=True, text=True,
                          check=False, env=os.environ | {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    with tempfile.TemporaryDirectory() as name:     # tmp_path is root's alone
        place = Path(name)
        cache = place / "cache"
        cache.mkdir()
        (place / "ptcpdump.run").write_bytes(made.read_bytes())
        for path in (place, cache, place / "ptcpdump.run"):
            path.chmod(0o755)
            os.chown(path, 65534, 65534)
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []

        def version() -> subprocess.CompletedProcess[str]:
            return subprocess.run([*words, place / "ptcpdump.run", "--version"], capture_output=True, text=True,
                                  check=False, env={"XDG_CACHE_HOME": str(cache), "PATH": os.environ["PATH"]})

        for _ in range(2):      # unpacked by the first, found by the second
            assert version().stdout.startswith("ptcpdump version "), version().stderr
        assert len(list((cache / "ptcpdump").iterdir())) == 1
        (cache / "ptcpdump").chmod(0o777)
        assert (version().returncode, version().stdout) == (1, "")
        assert f"{cache}/ptcpdump is not yours alone" in version().stderr


def test_takes_what_other_packages_add(tree: Path, tmp_path: Path) -> None:
    """From its own folder of modules, where `pip install --target` puts them."""
    (tmp_path / "x.pcap").write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    library = tree / "lib/python3.11"
    (library / "addition.py").write_text("def sink(path): raise RuntimeError('called')")
    (library / "addition-1.0.dist-info").mkdir()
    (library / "addition-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: addition\nVersion: 1.0\n")
    (library / "addition-1.0.dist-info/entry_points.txt").write_text("[ptcpdump.sinks]\nkind = addition:sink\n")
    done = subprocess.run([tree / "ptcpdump", "-r", tmp_path / "x.pcap", "-w", tmp_path / "x.kind"],
                          capture_output=True, text=True, check=False)
    assert "ptcpdump.sinks of package addition 1.0 failed: RuntimeError: called" in done.stderr


@needs_privileges
def test_captures(tree: Path) -> None:
    done = subprocess.run([tree / "ptcpdump", *CAPTURE, "--", "bash", "-c", "echo hi > /dev/udp/127.0.0.1/5309"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert re.search(PACKET, done.stdout), done.stderr


@needs_privileges
@pytest.mark.parametrize("suite", ["debian bullseye", "ubuntu bionic"])
def test_in_an_older_system(tree: Path, suite: str, tmp_path: Path) -> None:
    """With the C library and the shell of a system with an older glibc (2.31, 2.27), on this kernel."""
    old = tmp_path / "old"
    try:
        archive = Archive(suite)
        for package in ("libc6", "bash", "libtinfo6" if "debian" in suite else "libtinfo5"):
            archive.unpack(package, old)
    except MissingPackage as error:
        pytest.skip(str(error))
    script = """set -e
mkdir -p "$1/opt/ptcpdump" "$1/proc" "$1/sys" "$1/dev" "$1/tmp"; mount --bind "$2" "$1/opt/ptcpdump"
for place in proc sys dev; do mount --rbind "/$place" "$1/$place"; done
shift 2; exec chroot "$@"
"""
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", old, tree, old,
                           "/opt/ptcpdump/ptcpdump", *CAPTURE, "--", "bash", "-c", "echo hi > /dev/udp/127.0.0.1/5309"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert re.search(PACKET, done.stdout), done.stderr


@needs_privileges
def test_image(tree: Path, made: Path, tmp_path: Path) -> None:
    """Built on this system's own C library and run by a real dockerd; names the host's processes and containers."""
    with daemons.place(tmp_path, 7) as place, daemons.docker(place, *runtime(tmp_path)) as docker:
        base = tmp_path / "base"
        for name in ("bash", "sh", "ls", "sed", "sort", "grep", "find", "xargs", "mkdir", "cp", "ldd"):
            copy(Path("/bin", name), base)
        libraries = Path(subprocess.run(["cc", "-print-file-name=libc.so.6"], capture_output=True, text=True,
                                        check=True).stdout.strip()).resolve().parent
        for library in ("libpthread.so.0", "libdl.so.2", "libutil.so.1", "librt.so.1", "libm.so.6"):
            copy(libraries / library, base)
        subprocess.run(["tar", "-C", base, "-cf", tmp_path / "base.tar", "."], check=True)
        docker("import", tmp_path / "base.tar", "base:local")
        docker("build", "-q", "-t", "ptcpdump:local", "--build-arg", "BASE=base:local",
               "--build-arg", f"BUNDLE=dist/{made.stem}", ROOT)
        docker("save", "ptcpdump:local", "-o", tmp_path / "image.tar")
        subprocess.run(["gzip", "-1", tmp_path / "image.tar"], check=True)
        assert (tmp_path / "image.tar.gz").stat().st_size <= 25_000_000     # as it is pulled
        docker("run", "-d", "--name", "web", "--net=host", daemons.BUSYBOX, "httpd", "-f", "-p", "8077", "-h", "/www")
        capture = subprocess.Popen(
            [*place.enter, "docker", "--host", f"unix://{docker.socket}", "run", "--privileged", "--rm", "-t",
             "--net=host", "--pid=host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:ro",
             "-v", f"{docker.socket}:/host/run/docker.sock", "ptcpdump:local",
             "ptcpdump", "-n", "-i", "any", "-c", "12", "tcp port 8077"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ""
        while "listening on" not in said:
            line = capture.stdout.readline()
            assert line, said
            said += line
        place.run("bash", "-c",
                  "exec 3<>/dev/tcp/127.0.0.1/8077; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3 >/dev/null")
        out = capture.communicate(timeout=60)[0]
    assert re.search(r" lo bash\.\d+ Out IP ", out), out
    assert re.search(r" lo httpd\.\d+ .*, Container \[web\]", out), out


# --privileged asks for all capabilities; runc refuses it where root itself lacks one, as in sandboxes: there it gets
# all that there are.
RUNTIME = """#!/usr/bin/python3 -I
import json, os, sys
from pathlib import Path
if "create" in sys.argv:
    path = Path(sys.argv[sys.argv.index("--bundle") + 1], "config.json")
    spec = json.loads(path.read_text())
    for name, found in spec["process"]["capabilities"].items():
        spec["process"]["capabilities"][name] = [one for one in found if one not in %r]
    path.write_text(json.dumps(spec))
os.execvp("runc", ["runc", *sys.argv[1:]])
"""
NAMES = {16: "CAP_SYS_MODULE", 17: "CAP_SYS_RAWIO", 22: "CAP_SYS_BOOT", 23: "CAP_SYS_NICE", 24: "CAP_SYS_RESOURCE",
         25: "CAP_SYS_TIME"}


def runtime(folder: Path) -> list[str]:
    """The flags of a dockerd that can run privileged containers here."""
    effective = int(re.search(r"CapEff:\s*(\w+)", Path("/proc/self/status").read_text())[1], 16)
    lacking = [name for number, name in NAMES.items() if not effective >> number & 1]
    script = folder / "runtime"
    script.write_text(RUNTIME % lacking)
    script.chmod(0o755)
    return [f"--add-runtime=given={script}", "--default-runtime=given"]


def copy(program: Path, base: Path) -> None:
    """Put a program of this system into a tree, with what it loads."""
    loaded = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    for path in (str(program), *re.findall(r"(/\S+) \(", loaded)):
        target = base / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.write_bytes(Path(path).read_bytes())
            target.chmod(0o755)
