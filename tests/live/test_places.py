"""Places at a device that others have taken when ours is to stand there: tcx is full, an ingress qdisc is there."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump.kernel.bindings import tcx
from tests.live.harness import Capture, Link, capturing, needs_privileges, run, veth_pair
from tests.live.test_many_devices import eventually, link, needs_bpftool, needs_tcx, verdict

pytestmark = needs_privileges
__all__ = ["link"]      # the fixture
NEXT = -1               # TCX_NEXT: the next program decides
PLACES = 63             # of tcx at a device and direction (bpf_mprog_max())


@contextlib.contextmanager
def stopped(capture: Capture) -> Iterator[None]:
    """While it can't see to what we do."""
    capture.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        capture.process.send_signal(signal.SIGCONT)


def ways(capture: Capture) -> list[str]:
    """In or Out of each line."""
    return [next(word for word in line.split() if word in ("In", "Out")) for line in capture.stdout.splitlines()]


@needs_tcx
@needs_bpftool
def test_no_room_for_a_link_for_a_while(link: Link, tmp_path: Path) -> None:
    """Said once; the other direction goes on, and this one is captured again as soon as there is room."""
    ifindex = int(Path(f"/sys/class/net/{link.here}/ifindex").read_text())
    refused = f"{link.here}: our programs are missing there, and can't be attached again (Numerical result out"
    programs = [verdict(NEXT) for _ in range(PLACES)]
    with capturing(tmp_path, "-i", link.here, "-n", "icmp") as capture:
        with stopped(capture):
            (_, ours), = tcx.standing(ifindex, egress=False) or []
            run("bpftool", "link", "detach", "id", ours)
            held = [tcx.attach_first(program, ifindex, egress=False) for program in programs]
        capture.wait_for(refused)
        run("ping", "-q", "-c", "2", "-i", "1.1", link.peer4)       # with a look between them
        for descriptor in held:
            os.close(descriptor)
        capture.wait_for("our program at ingress was missing, so that packets were missed; it is there again")
        run("ping", "-q", "-c", "1", link.peer4)
    for descriptor in programs:
        os.close(descriptor)
    assert ways(capture) == ["Out", "Out", "Out", "In"]
    assert capture.stderr.count(refused) == 1
    assert "\n4 packets captured\n4 packets received by filter\n0 packets dropped" in capture.stderr


@needs_tcx
@pytest.mark.parametrize("devices", [1, 6])
def test_no_room_for_a_link_from_the_start(link: Link, tmp_path: Path, devices: int) -> None:
    """With many devices there are filters behind those programs, and it is said; with few there is nothing else."""
    ifindex = int(Path(f"/sys/class/net/{link.here}/ifindex").read_text())
    programs = [verdict(NEXT) for _ in range(PLACES)]
    held = [tcx.attach_first(program, ifindex, egress=False) for program in programs]
    try:
        with contextlib.ExitStack() as stack:
            more = [stack.enter_context(veth_pair(20 + i)).here for i in range(devices - 1)]
            words = ("-i", ",".join((link.here, *more)), "-n", "icmp")
            if devices == 1:
                stack.enter_context(pytest.raises(AssertionError, match=f"{link.here}: 63 tcx programs stand there"))
            with capturing(tmp_path, *words) as capture:
                capture.wait_for(f"{link.here}: 63 tcx programs, as many as the kernel takes, stand before ours")
                run("ping", "-q", "-c", "2", "-i", "1.1", link.peer4)
            assert ways(capture) == ["Out", "In"] * 2
            assert capture.stderr.count("warning") == 1
    finally:
        for descriptor in (*held, *programs):
            os.close(descriptor)


def qdisc(what: str, device: str, kind: str) -> None:
    run("tc", "qdisc", what, "dev", device, kind)


@pytest.mark.parametrize(("disabled", "wanted"), [("", ["Out", "In"]), ("tcx", ["In"])])
def test_ingress_qdisc_from_before(link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disabled: str,
                                   wanted: list[str]) -> None:
    """It has no egress: what comes in isn't captured twice, once as if it went out. It stays as it is."""
    if not disabled and tcx.standing(1, egress=False) is None:
        pytest.skip("the kernel has no tcx (6.6)")
    monkeypatch.setenv("PTCPDUMP_DISABLE", disabled)
    qdisc("add", link.here, "ingress")
    try:
        run("tc", "filter", "add", "dev", link.here, "ingress", "prio", "7", "bpf", "bytecode", "1,6 0 0 0")
        before = run("tc", "filter", "show", "dev", link.here, "ingress").stdout
        with contextlib.ExitStack() as stack:
            more = [stack.enter_context(veth_pair(20 + i)).here for i in range(5)]      # too many for links alone
            with capturing(tmp_path, "-i", ",".join((link.here, *more)), "-n", "icmp") as capture:
                if disabled:
                    capture.wait_for(f"{link.here}: what goes out there is not captured: somebody's ingress qdisc")
                run("ping", "-q", "-c", "1", link.peer4)
        assert ways(capture) == wanted
        assert run("tc", "filter", "show", "dev", link.here, "ingress").stdout == before
    finally:
        qdisc("delete", link.here, "ingress")


def test_nothing_left_to_capture(link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTCPDUMP_DISABLE", "tcx")
    qdisc("add", link.here, "ingress")
    try:
        with (pytest.raises(AssertionError, match=r"Operation not supported.* or try --backend socket-filter"),
              capturing(tmp_path, "-i", link.here, "-n", "-Q", "out")):
            pass
    finally:
        qdisc("delete", link.here, "ingress")


@pytest.mark.parametrize("way", ["inout", "out"])
def test_ingress_qdisc_that_comes_later(link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """In place of our own qdisc; once it is gone all is captured again."""
    monkeypatch.setenv("PTCPDUMP_DISABLE", "tcx")
    with capturing(tmp_path, "-i", link.here, "-n", "-Q", way, "icmp") as capture:
        with stopped(capture):
            qdisc("delete", link.here, "clsact")
            qdisc("add", link.here, "ingress")
        capture.wait_for("what goes out there is not captured" if way == "inout" else "can't be attached again")
        run("ping", "-q", "-c", "1", link.peer4)
        qdisc("delete", link.here, "ingress")
        assert eventually(lambda: "ptcpdump" in run("tc", "filter", "show", "dev", link.here, "egress").stdout)
        run("ping", "-q", "-c", "1", link.peer4)
    assert ways(capture) == (["In", "Out", "In"] if way == "inout" else ["Out"])
