"""Many devices, other programs at them, and captures that are killed: where programs of the backend tc stand."""

import contextlib
import json
import os
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump.kernel.bindings import tcx
from ptcpdump.kernel.bindings.rawprog import load_program
from ptcpdump.net.netns import enter, find_namespace
from tests.live.harness import LIMIT, Link, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
DEVICES = 300
SCHED_CLS = 3
PASS, SHOT = 0, 2
needs_tcx = pytest.mark.skipif(tcx.standing(1, egress=False) is None, reason="the kernel has no tcx (6.6)")
needs_bpftool = pytest.mark.skipif(
    subprocess.run(["sh", "-c", "bpftool version"], capture_output=True, check=False).returncode != 0,
    reason="needs bpftool; Ubuntu's runs with the package linux-tools of the running kernel")


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    """Whose ends know each other's link-layer addresses for good: programs that drop everything drop ARP, too."""
    with veth_pair(19) as made:
        here = Path(f"/sys/class/net/{made.here}/address").read_text().strip()
        there, = json.loads(run("ip", "-n", made.name, "-j", "link", "show", "dev", made.there).stdout)
        run("ip", "neighbor", "replace", made.peer4, "lladdr", there["address"], "dev", made.here)
        run("ip", "-n", made.name, "neighbor", "replace", made.ip4, "lladdr", here, "dev", made.there)
        yield made


def verdict(code: int) -> int:
    """A loaded program of tc that answers every packet so; its descriptor."""
    return load_program(SCHED_CLS, struct.pack("=BBhiBBhi", 0xB7, 0, 0, code, 0x95, 0, 0, 0), name="somebody")


@contextlib.contextmanager
def many_devices(count: int) -> Iterator[list[str]]:
    """A namespace with `count` devices that are up, and a command line's beginning that runs in it."""
    name = f"ptmany{os.getpid() % 100000}"
    run("ip", "netns", "add", name)
    try:
        pairs = [f"link add a{i} type veth peer name b{i}\nlink set a{i} up\nlink set b{i} up\n"
                 for i in range(count // 2)]
        subprocess.run(["ip", "-n", name, "-batch", "-"], input="".join(pairs), text=True, check=True, timeout=LIMIT)
        run("ip", "-n", name, "link", "set", "lo", "up")
        yield ["nsenter", f"--net=/run/netns/{name}"]
    finally:
        run("ip", "netns", "delete", name)


def filters(inside: list[str]) -> list[str]:
    """Devices of a namespace with a clsact qdisc."""
    shown = json.loads(run(*inside, "tc", "-j", "qdisc", "show").stdout)
    return sorted(row["dev"] for row in shown if row["kind"] == "clsact")


def eventually(condition) -> bool:
    """Whether something that the kernel or a dying process does comes true."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            return False
    return True


def test_hundreds_of_devices(tmp_path: Path) -> None:
    """All are captured, and nothing is left."""
    with many_devices(DEVICES) as inside:
        with capturing(tmp_path, "-i", "any", "-n", "-c", "2", "icmp", prefix=inside) as capture:
            assert len(filters(inside)) > DEVICES
            run(*inside, "ping", "-q", "-c", "1", "127.0.0.1")
            capture.wait()
        assert len(capture.stdout.splitlines()) == 2
        assert filters(inside) == []


@pytest.mark.parametrize("flags", [[], ["-Z", "nobody"]], ids=" ".join)
def test_hundreds_of_packet_sockets(tmp_path: Path, flags: list[str]) -> None:
    """The kernel waits 12 ms at each that is closed: one after the other they took four seconds."""
    with many_devices(DEVICES) as inside:
        chosen = ("-i", "any", "-n", "--backend", "socket-filter", *flags, "icmp")
        with capturing(tmp_path, *chosen, prefix=inside) as capture:
            run(*inside, "ping", "-q", "-c", "1", "127.0.0.1")
            began = time.monotonic()
            capture.stop()
            assert time.monotonic() - began < 2
        assert len(capture.stdout.splitlines()) == 4


def test_killed_with_hundreds_of_devices(tmp_path: Path) -> None:
    with many_devices(DEVICES) as inside:
        with pytest.raises(AssertionError), capturing(tmp_path, "-i", "any", "-n", prefix=inside) as killed:
            assert len(filters(inside)) > DEVICES
            killed.stop(signal.SIGKILL)
        assert eventually(lambda: filters(inside) == [])


@pytest.mark.parametrize("flags", [[], ["-Z", "nobody"]], ids=" ".join)
def test_killed_keeper(tmp_path: Path, flags: list[str]) -> None:
    """Who removes filters is killed while the capture goes on: its end removes them all the same."""
    with many_devices(10) as inside:
        with capturing(tmp_path, "-i", "any", "-n", "-c", "2", "icmp", *flags, prefix=inside) as capture:
            pid = capture.process.pid
            keeper, *_ = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            os.kill(int(keeper), signal.SIGKILL)
            assert len(filters(inside)) > 10
            run(*inside, "ping", "-q", "-c", "1", "127.0.0.1")
            capture.wait()
        assert len(capture.stdout.splitlines()) == 2
        assert eventually(lambda: filters(inside) == [])


def test_end_leaves_the_other_run_alone(tmp_path: Path) -> None:
    """Two captures share clsact qdiscs; whoever ends first takes its own filters only, the last one the qdiscs."""
    with many_devices(10) as inside:
        with capturing(tmp_path, "-i", "any", "-n", "icmp", prefix=inside) as one:
            with capturing(tmp_path, "-i", "any", "-n", "icmp", prefix=inside) as two:
                one.stop()
                run(*inside, "ping", "-q", "-c", "1", "127.0.0.1")
            assert len(two.stdout.splitlines()) == 4
        assert one.stdout == ""
        assert filters(inside) == []


def test_a_qdisc_of_others_stays(tmp_path: Path) -> None:
    """An empty one, and one with a filter of somebody who is first in line and passes everything."""
    with many_devices(10) as inside:
        for device in ("lo", "a0"):
            run(*inside, "tc", "qdisc", "add", "dev", device, "clsact")
        run(*inside, "tc", "filter", "add", "dev", "lo", "ingress", "prio", "1", "bpf", "bytecode", "1,6 0 0 0", "da")
        before = run(*inside, "tc", "filter", "show", "dev", "lo", "ingress").stdout
        with capturing(tmp_path, "-i", "any", "-n", "icmp", prefix=inside) as capture:
            run(*inside, "ping", "-q", "-c", "1", "127.0.0.1")
        assert len(capture.stdout.splitlines()) == 4
        assert filters(inside) == ["a0", "lo"]
        assert run(*inside, "tc", "filter", "show", "dev", "lo", "ingress").stdout == before


def test_a_filter_that_others_remove(link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody replaces the qdisc: ours comes back, and what stands at its old place is not taken away at the end."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", "tcx")
    theirs = ("filter", "show", "dev", link.here, "ingress")
    with capturing(tmp_path, "-i", link.here, "-n", "icmp") as capture:
        capture.process.send_signal(signal.SIGSTOP)
        run("tc", "qdisc", "delete", "dev", link.here, "clsact")
        run("tc", "qdisc", "add", "dev", link.here, "clsact")
        for side in ("ingress", "egress"):
            run("tc", "filter", "add", "dev", link.here, side, "prio", "1", "handle", "1", "bpf",
                "bytecode", "1,6 0 0 0")
        before = run("tc", *theirs).stdout      # while the capture can't put its own there
        capture.process.send_signal(signal.SIGCONT)
        capture.wait_for("somebody has removed our filter")
        run("ping", "-q", "-c", "1", link.peer4)
    assert len(capture.stdout.splitlines()) == 2
    assert run("tc", *theirs).stdout == before
    run("tc", "qdisc", "delete", "dev", link.here, "clsact")


@needs_tcx
@pytest.mark.parametrize("code", [PASS, SHOT])
@pytest.mark.parametrize("devices", [1, 10])
def test_tcx_program_from_before(link: Link, tmp_path: Path, code: int, devices: int) -> None:
    """Programs that decide on every packet don't keep it from us, whether we attach to few devices or to many."""
    ifindex = int(Path(f"/sys/class/net/{link.here}/ifindex").read_text())
    program = verdict(code)
    held = tcx.attach_first(program, ifindex, egress=False)
    try:
        with contextlib.ExitStack() as stack:
            more = [stack.enter_context(veth_pair(20 + i)).here for i in range(devices - 1)]
            with capturing(tmp_path, *(word for name in (link.here, *more) for word in ("-i", name)), "-n",
                           "icmp") as capture:
                run("ping", "-q", "-c", "1", "-W", "1", link.peer4, check=False)
        assert len(capture.stdout.splitlines()) == 2
    finally:
        os.close(held)
        os.close(program)


@needs_tcx
def test_tcx_program_that_comes_later(link: Link, tmp_path: Path) -> None:
    """With many devices ours are clsact filters: one that comes before them is said, and ours is moved to the front."""
    ifindex = int(Path(f"/sys/class/net/{link.here}/ifindex").read_text())
    program = verdict(SHOT)
    with contextlib.ExitStack() as stack:
        more = [stack.enter_context(veth_pair(20 + i)).here for i in range(9)]
        with capturing(tmp_path, *(word for name in (link.here, *more) for word in ("-i", name)), "-n",
                       "icmp") as capture:
            held = tcx.attach_first(program, ifindex, egress=False)
            capture.wait_for("came before ours")
            run("ping", "-q", "-c", "1", "-W", "1", link.peer4, check=False)
            os.close(held)
        assert len(capture.stdout.splitlines()) == 2
        os.close(program)


@needs_tcx
def test_tcx_program_before_our_link(link: Link, tmp_path: Path) -> None:
    """With few devices ours is a link, which is moved to the front; somebody who insists on being first is named."""
    ifindex = int(Path(f"/sys/class/net/{link.here}/ifindex").read_text())
    program = verdict(SHOT)
    def first() -> int:
        return (tcx.standing(ifindex, egress=False) or [(0, 0)])[0][1]

    with capturing(tmp_path, "-i", link.here, "-n", "icmp") as capture:
        for _ in range(3):
            held = tcx.attach_first(program, ifindex, egress=False)
            theirs = tcx.link_id(held)
            assert eventually(lambda theirs=theirs: first() != theirs)
            run("ping", "-q", "-c", "1", "-W", "1", link.peer4, check=False)
            os.close(held)
        held = tcx.attach_first(program, ifindex, egress=False)
        capture.wait_for("of somebody else stands before ours at ingress")
        os.close(held)
    os.close(program)
    assert len(capture.stdout.splitlines()) == 6
    assert capture.stderr.count("came before ours") == 1


def test_a_helper_sees_what_others_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The capture has no privileges any more: its helper puts filters back."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", "tcx")
    with many_devices(2) as inside:
        with capturing(tmp_path, "-i", "any", "-n", "-Z", "nobody", "icmp", prefix=inside) as capture:
            run(*inside, "tc", "qdisc", "delete", "dev", "lo", "clsact")
            capture.wait_for("lo: somebody has removed our filter")
            run(*inside, "ping", "-q", "-c", "1", "127.0.0.1")
        assert len(capture.stdout.splitlines()) == 4
        assert filters(inside) == []


@needs_tcx
def test_a_helper_moves_links_to_the_front(tmp_path: Path) -> None:
    """Likewise; the capture has the first link open as well."""
    with many_devices(2) as inside:
        namespace = find_namespace(inside[1].removeprefix("--net="))
        with capturing(tmp_path, "-i", "any", "-n", "-Z", "nobody", "icmp", prefix=inside) as capture:
            program = verdict(SHOT)
            held = enter(namespace, lambda: tcx.attach_first(program, 1, egress=False))
            capture.wait_for("lo: tcx program ")
            run(*inside, "ping", "-q", "-c", "1", "-W", "1", "127.0.0.1", check=False)
            assert "ours is the first again" in capture.warnings
            os.close(held)
            os.close(program)
        assert [line.split()[3] for line in capture.stdout.splitlines()] == ["Out", "In"]


@needs_tcx
def test_captures_side_by_side_are_no_strangers(link: Link, tmp_path: Path) -> None:
    """With and without a filter; whoever begins later stands first, and keeps nothing from the other one."""
    (tmp_path / "second").mkdir()
    for words in (("icmp",), ()):
        with (capturing(tmp_path, "-i", link.here, "-n", "icmp") as first,
              capturing(tmp_path / "second", "-i", link.here, "-n", *words)):
            looked = tcx.standing(int(Path(f"/sys/class/net/{link.here}/ifindex").read_text()), egress=False)
            run("ping", "-q", "-c", "3", "-i", "1", link.peer4)
        assert looked is not None
        assert len(looked) == 2
        assert len(first.stdout.splitlines()) == 6
        assert "warning" not in first.stderr


@needs_tcx
@needs_bpftool
def test_links_that_others_detach(link: Link, tmp_path: Path) -> None:
    """They come back, in both directions, and that is said."""
    ifindex = int(Path(f"/sys/class/net/{link.here}/ifindex").read_text())

    def standing() -> list[tuple[int, int]]:
        return [pair for egress in (False, True) for pair in tcx.standing(ifindex, egress=egress) or []]

    with capturing(tmp_path, "-i", link.here, "-n", "icmp") as capture:
        for _, number in standing():
            run("bpftool", "link", "detach", "id", number)
        capture.wait_for(f"{link.here}: our program at ingress was detached by somebody")
        assert eventually(lambda: len(standing()) == 2)
        run("ping", "-q", "-c", "1", link.peer4)
    assert len(capture.stdout.splitlines()) == 2


@needs_bpftool
def test_links_of_control_groups_that_others_detach(tmp_path: Path) -> None:
    """Likewise."""
    def standing() -> list[str]:
        """The ids of the capture's links of packet programs, without those that are detached."""
        found = []
        for info in Path(f"/proc/{capture.process.pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):
                words = dict(line.partition(":\t")[::2] for line in info.read_text().splitlines())
                if words.get("link_type") == "cgroup" and words["attach_type"] in "01" and words["cgroup_id"] != "0":
                    found.append(words["link_id"])
        return found

    with capturing(tmp_path, "-i", "lo", "-n", "--backend", "cgroup-skb", "icmp and host 127.0.0.77") as capture:
        for number in standing():
            run("bpftool", "link", "detach", "id", number)
        capture.wait_for("somebody has detached our programs from the root of the control groups")
        assert eventually(lambda: len(standing()) == 2)
        run("ping", "-q", "-c", "1", "127.0.0.77")
    assert {line.split()[3] for line in capture.stdout.splitlines()} == {"In", "Out"}
