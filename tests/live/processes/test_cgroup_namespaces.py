"""ptcpdump in a cgroup namespace, as container runtimes make it: socket hooks belong to the root of the host's tree."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump.net.mounts import cgroup2_mounts
from tests.live.harness import COMMAND, LIMIT, Link, actor, capturing_inside, needs_privileges, run, veth_pair

pytestmark = needs_privileges

GROUP = f"ptcpdump-namespaces-{os.getpid()}"


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x17) as pair:
        yield pair


@pytest.fixture(scope="module")
def group() -> Iterator[list[str]]:
    """A control group, and the prefix of a command that runs in it."""
    mounts = cgroup2_mounts()
    if not mounts:
        pytest.skip("cgroup v2 is not mounted")
    here = Path(mounts[0]) / GROUP
    here.mkdir()
    try:
        yield ["sh", "-c", f'echo $$ > {here}/cgroup.procs && exec "$@"', "sh"]
    finally:
        here.rmdir()


HOLDER = "exec 3>&1; echo ready >&3; read end"      # the first process of a pid namespace; it ends with its input


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Pid of a process that stands for the first one of the host: it sees all of cgroup v2."""
    words = ["unshare", "--pid", "--fork", "--mount-proc", "bash", "-c", HOLDER]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "ready\n"
        yield Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().strip()
    finally:
        holder.communicate(timeout=LIMIT)


def container(group: list[str], host: str = "") -> list[str]:
    """The prefix of a command that runs in the group, with that as its root, and sees no other mount of cgroup v2.

    host: whose processes it sees; else it has a pid namespace of its own.
    """
    unmount = "; ".join(f"umount -l '{point}'" for point in reversed(cgroup2_mounts()))
    mount = f"mount -t cgroup2 none '{cgroup2_mounts()[0]}'"
    enter = ["nsenter", "--pid", "--mount", "-t", host] if host else []
    more = [] if host else ["--pid", "--fork", "--mount-proc", "--kill-child"]
    return [*group, *enter, "unshare", "--cgroup", "--mount", *more,
            "sh", "-c", f'{unmount}; {mount}; exec "$@"', "sh"]


def owners(path: Path) -> dict[int, int | None]:
    """Who is shown as the sender, by the pid that each packet says."""
    return {int(p.data.partition(b"from ")[2]): p.process and (p.process.host_pid or p.process.pid)
            for p in ptcpdump.open(path) if b"from " in p.data}


def let_send(link: Link, prefix: list[str]) -> int:
    with actor("udp_sender", link.peer4, 9, prefix=prefix) as sender:
        pid = int(str(sender.receive()["pid"]))
        sender.tell()
        sender.receive()
    return pid


@pytest.mark.parametrize("backend", ["tc", "cgroup-skb"])
def test_root_behind_the_namespace(link: Link, group: list[str], host: str, tmp_path: Path, backend: str) -> None:
    """The first process that is seen is the host's: what it sees of the tree is the whole."""
    path = tmp_path / "x.pcapng"
    flags = ["-i", link.here, "--backend", backend, "-w", str(path), "udp port 9"]
    with capturing_inside(container(group, host), tmp_path, *flags) as capture:
        outside, inside = let_send(link, []), let_send(link, group)
    assert owners(path) == {outside: outside, inside: inside}
    assert "cgroup namespace" not in capture.stderr


def test_part_of_the_tree(link: Link, group: list[str], tmp_path: Path) -> None:
    """Where there is no way to the root, what is lost is said; the part is used."""
    path = tmp_path / "x.pcapng"
    prefix = container(group)
    with capturing_inside(prefix, tmp_path, "-i", link.here, "-w", path, "udp port 9") as capture:
        inside = let_send(link, group)
    assert owners(path) == {inside: inside}
    assert "this is a cgroup namespace" in capture.stderr


def test_no_packets_of_all_sockets(group: list[str]) -> None:
    words = [*container(group), *COMMAND, "-i", "lo", "--backend", "cgroup-skb", "-c", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LIMIT)
    assert done.returncode == 1
    assert "--backend cgroup-skb" in done.stderr
    assert "this is a cgroup namespace" in done.stderr
    assert "--cgroupns host" in done.stderr


def test_doctor_says_what_is_lost(group: list[str]) -> None:
    """All that the hooks of sockets tell, and the backend that is made of them."""
    said = run(*container(group), *COMMAND, "--doctor").stdout
    rows = [row for row in said.splitlines() if row[5:].startswith("cgroup")]
    assert any(row[5:].startswith("cgroup_skb ingress") for row in rows)
    assert [row for row in rows if not row.startswith("no ") or "this is a cgroup namespace" not in row] == []
