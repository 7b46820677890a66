"""Who is not root but has been given what a capture needs, as setpriv(1), a service or setcap(8) can do."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import COMMAND, needs_privileges, run
from tests.live.test_many_devices import filters, many_devices

pytestmark = [needs_privileges, pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")]

NOBODY = pwd.getpwnam("nobody")
THREE = "+bpf,+net_admin,+perfmon"
SEND = ["--", "/bin/bash", "-c", "exec 3<>/dev/udp/127.0.0.1/9; echo x >&3"]


@pytest.fixture(scope="module")
def inside() -> Iterator[list[str]]:
    """A namespace with more devices than are attached to one by one."""
    with many_devices(6) as words:
        yield words


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of nobody's."""
    with tempfile.TemporaryDirectory(prefix="ptcpdump-c-") as path:
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
        yield Path(path)


def nobody(capabilities: str) -> list[str]:
    return ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups",
            f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}"]


@pytest.mark.parametrize(("more", "flags"), [
    ("", ["-i", "any", "-n", "--print", "-w", "x"]),
    ("", ["-i", "lo", "-n", "-f", "--pname", "bash", "-C", "1k", "-G", "9", "--backend", "cgroup-skb", "-w", "x"]),
    ("", ["-i", "any", "-Z", "nobody", "--keep", "9s", "--dump-on", "exit", "--backend", "tp-btf", "-w", "x"]),
    (",+net_raw,+sys_ptrace", ["-i", "any", "--json", "--backend", "socket-filter", "-w", "x"])], ids=" ".join)
def test_what_works(inside: list[str], folder: Path, more: str, flags: list[str]) -> None:
    """Each kind of output and each backend; the owner is known, and nothing stays behind."""
    flags = [str(folder / "x") if flag == "x" else flag for flag in flags]
    done = run(*inside, *nobody(THREE + more), *COMMAND, *flags, *SEND)
    assert "warning" not in done.stderr
    assert {path.stat().st_uid for path in folder.iterdir()} == {NOBODY.pw_uid}
    files = [path for path in folder.iterdir() if path.name.startswith("x")]
    assert "/bash" in {packet.process.command[-5:] for packet in ptcpdump.open(files[0]) if packet.process}
    assert filters(inside) == []


def test_who_is_that_user_already(inside: list[str], folder: Path) -> None:
    """-Z takes the capabilities from him and from the programs that he runs."""
    look = ["--", "sh", "-c", "grep -h '^Cap[^B]' /proc/self/status /proc/$PPID/status"]
    done = run(*inside, *nobody(THREE), *COMMAND, "-i", "any", "-Z", "nobody", "-w", folder / "x", *look)
    assert [int(line.split()[1], 16) for line in done.stdout.splitlines()] == [0] * 8
    assert filters(inside) == []


@pytest.mark.parametrize(("has", "flags", "said"), [
    ("+bpf,+perfmon", ["-i", "lo"], "capturing needs CAP_NET_ADMIN: run it as root"),
    ("+net_raw", ["-i", "lo"], "capturing needs CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON: run it as root"),
    (THREE, ["-i", "lo", "--backend", "socket-filter"], "capturing needs CAP_NET_RAW: run it as root"),
    (THREE, ["--netns", "newly"], "--netns newly needs CAP_SYS_ADMIN, to enter network namespaces"),
    (THREE, ["-i", "lo", "--embed-keylog-to-pcapng"], "probing programs for their TLS keys needs CAP_SYS_ADMIN"),
    (THREE, ["-i", "lo", "-Z", "root"], "-Z root: only root can become another user")])
def test_what_is_missing(folder: Path, has: str, flags: list[str], said: str) -> None:
    """It is the first thing that is said, before a file is made."""
    done = run(*nobody(has), *COMMAND, *flags, "-w", folder / "x", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"ptcpdump: {said}")
    assert list(folder.iterdir()) == []
