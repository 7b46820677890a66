"""--kernel-btf: type information from a file, where the kernel offers none itself."""

from pathlib import Path

from tests.live.harness import COMMAND, capturing, needs_privileges, run

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
