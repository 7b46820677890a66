"""Filters of a capture whose processes are all killed at one moment, as by cgroup.kill: the next one removes them."""

import os
import signal
from pathlib import Path

import pytest

from tests.live.guard.test_privileges import children
from tests.live.harness import capturing, needs_privileges, run
from tests.live.test_many_devices import eventually, filters, many_devices

pytestmark = needs_privileges


def names(inside: list[str], device: str) -> list[str]:
    """Of the filters at a device's ingress."""
    words = run(*inside, "tc", "filter", "show", "dev", device, "ingress").stdout.split()
    return [word for word in words if word.startswith(("ptcpdump:", "ptcpdump+qdisc:"))]


def kill_all(pid: int) -> None:
    """None of them sees the end of another one."""
    pids = [*children(pid), pid]
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for each in pids:
            os.kill(each, number)


@pytest.mark.parametrize("flags", [[], ["-Z", "nobody"]], ids=" ".join)
def test_what_a_dead_capture_has_left(tmp_path: Path, flags: list[str]) -> None:
    """Whatever the next one captures; filters of one that lives stay."""
    with many_devices(10) as inside:
        run(*inside, "tc", "qdisc", "add", "dev", "b0", "clsact")
        with capturing(tmp_path, "-i", "any", "-n", "-c", "2", "icmp", prefix=inside) as alive:
            (its_name,) = names(inside, "a0")
            with (pytest.raises(AssertionError),
                  capturing(tmp_path, "-i", "any", "-w", "/dev/null", *flags, prefix=inside) as killed):
                assert len(names(inside, "a0")) == 2
                kill_all(killed.process.pid)
                killed.wait()
            assert len(names(inside, "a0")) == 2
            with capturing(tmp_path, "-i", "b1", "-n", prefix=inside):
                assert names(inside, "a0") == [its_name]
            run(*inside, "ping", "-q", "-c", "1", "127.0.0.1")
            alive.wait()
        assert len(alive.stdout.splitlines()) == 2
        assert eventually(lambda: filters(inside) == ["b0"])


def test_at_the_same_devices(tmp_path: Path) -> None:
    """The qdisc that the dead one made goes with the next one."""
    with many_devices(10) as inside:
        with (pytest.raises(AssertionError),
              capturing(tmp_path, "-i", "any", "-w", "/dev/null", prefix=inside) as killed):
            kill_all(killed.process.pid)
            killed.wait()
        (dead,) = names(inside, "a0")
        with capturing(tmp_path, "-i", "any", "-n", prefix=inside):
            (alive,) = names(inside, "a0")
            assert alive != dead
        assert eventually(lambda: filters(inside) == [])


@pytest.mark.parametrize("flags", [[], ["-Z", "nobody"]], ids=" ".join)
def test_namespaces_are_let_go(tmp_path: Path, flags: list[str]) -> None:
    """What marks our filters in a network namespace does not keep it, and its devices, once it is deleted."""
    name, device = f"ptgone{os.getpid()}", f"ptg{os.getpid() % 100000}"
    with many_devices(10) as inside:
        run("ip", "netns", "add", name)
        try:
            run(*inside, "ip", "link", "add", device, "type", "veth", "peer", "name", "far", "netns", name)
            run("ip", "-n", name, "link", "set", "far", "up")
            with capturing(tmp_path, "--netns", "any", "-i", "any", "-w", "/dev/null", *flags, prefix=inside):
                assert names(["ip", "netns", "exec", name], "far")
                run("ip", "netns", "delete", name)
                assert eventually(lambda: device not in run(*inside, "ip", "-br", "link").stdout)
        finally:
            run("ip", "netns", "delete", name, check=False)
