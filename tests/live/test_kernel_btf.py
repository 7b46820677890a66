"""--kernel-btf: type information from a file, where the kernel offers none itself."""

import hashlib
import os
import shlex
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading import kernel_types, loader
from tests.live.harness import COMMAND, capturing, needs_privileges, run
from tests.support.httpsserver import serving

pytestmark = needs_privileges
# a mount namespace in which the kernel's own is hidden
WITHOUT = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
           'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh"]


def test_from_a_file(tmp_path: Path) -> None:
    """What --save-btf writes is all that is needed."""
    assert run(*COMMAND, "--save-btf", tmp_path / "btf").stdout.startswith(f"{tmp_path}/btf: type information of ")
    with capturing(tmp_path, "--kernel-btf", tmp_path / "btf", "-i", "lo", "-n", "-c", "2", "icmp and host 127.0.0.78",
                   prefix=WITHOUT) as capture:
        run("ping", "-q", "-c", "1", "127.0.0.78")
        capture.wait()
    assert capture.stdout.count(" lo ping.") == 2
    (tmp_path / "other").write_bytes((tmp_path / "btf").read_bytes().replace(b"of Linux ", b"of Plan9 "))
    done = run(*WITHOUT, *COMMAND, "--kernel-btf", tmp_path / "other", "-i", "lo", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{tmp_path}/other is of another kernel: it says that it is Plan9 " in done.stderr
    done = run(*COMMAND, "--save-btf", tmp_path / "nothing/btf", check=False)
    assert done.returncode == 1
    assert f"{tmp_path}/nothing/btf: can't write: No such file" in done.stderr


def test_saved_to_what_is_no_file(tmp_path: Path) -> None:
    """A device or a link to one is not replaced by a file; -: standard output; a file in the place of a folder."""
    data = subprocess.run([*COMMAND, "--save-btf", "-"], check=True, capture_output=True).stdout
    assert data == kernel_types.minimal(Types())
    null, link = tmp_path / "null", tmp_path / "link"
    os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    link.symlink_to("/dev/stdout")
    run(*COMMAND, "--save-btf", null)
    assert stat.S_ISCHR(null.stat().st_mode)
    assert subprocess.run([*COMMAND, "--save-btf", link], check=True, capture_output=True).stdout.startswith(data)
    assert link.is_symlink()
    (tmp_path / "file").write_bytes(data)
    done = run(*COMMAND, "--save-btf", tmp_path / "file/btf", check=False)
    assert (done.returncode, done.stderr) == (1, f"ptcpdump: {tmp_path}/file/btf: can't write: Not a directory\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "null"]


def test_downloaded(tmp_path: Path) -> None:
    """What --download-btf keeps is what a capture finds by itself, on a kernel without types of its own."""
    run(*COMMAND, "--save-btf", tmp_path / "btf")
    data = (tmp_path / "btf").read_bytes()
    with serving(tmp_path, {"/btf": data}) as address:
        words = ["env", f"SSL_CERT_FILE={tmp_path}/certificate.pem", "no_proxy=127.0.0.1", *COMMAND]
        url = f"{address}/btf#sha256={hashlib.sha256(data).hexdigest()}"
        prefix = [*WITHOUT[:-2], f'''mount -t tmpfs none /sys/kernel/btf && mount -t tmpfs none /var/lib &&
                  {shlex.join([*words, "--download-btf", url])} && exec "$@"''', "sh"]
        with capturing(tmp_path, "-i", "lo", "-n", "-c", "2", "icmp and host 127.0.0.80", prefix=prefix) as capture:
            run("ping", "-q", "-c", "1", "127.0.0.80")
            capture.wait()
    assert f"/var/lib/ptcpdump/btf/{os.uname().release}.btf: type information of " in capture.stdout
    assert capture.stdout.count(" lo ping.") == 2


def test_beside_the_kernels_own(tmp_path: Path) -> None:
    """Programs name types by their numbers, too: those of the kernel, which are others in the file."""
    run(*COMMAND, "--save-btf", tmp_path / "btf")
    with capturing(tmp_path, "--kernel-btf", tmp_path / "btf", "-i", "lo", "-n", "-c", "2",
                   "icmp and host 127.0.0.79") as capture:
        run("ping", "-q", "-c", "1", "127.0.0.79")
        capture.wait()
    assert capture.stdout.count(" lo ping.") == 2


def test_an_excerpt_makes_the_same_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What libbpf relocates by an excerpt is what it relocates by all types: the kernel's digests of both are equal."""
    excerpts = _digests()

    @contextmanager
    def whole(*_: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr(kernel_types, "excerpt_for", whole)
    assert excerpts == _digests()
    assert {"tc_ingress", "process_exit"} <= excerpts.keys()


def _digests() -> dict[str, str]:
    loaded = loader.load(loader.Config())
    try:
        descriptors = {hook.program: loaded.object.program_fd(hook.program) for hook in loaded.hooks}
        return {name: _digest(number) for name, number in descriptors.items()}
    finally:
        loaded.close()


def _digest(descriptor: int) -> str:
    """Of a loaded program's instructions, as the kernel shows it (prog_tag)."""
    lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("prog_tag:"))


def test_the_kernel_has_none(tmp_path: Path) -> None:
    done = run(*WITHOUT, *COMMAND, "-i", "lo", check=False)
    assert done.returncode == 1
    assert "--kernel-btf" in done.stderr


def test_another_file(tmp_path: Path) -> None:
    (tmp_path / "btf").write_bytes(b"no type information")
    for file in (tmp_path / "btf", tmp_path / "nothing"):
        done = run(*COMMAND, "--kernel-btf", file, "-i", "lo", check=False)
        assert done.returncode == 1
        assert str(file) in done.stderr
        assert "Traceback" not in done.stderr
