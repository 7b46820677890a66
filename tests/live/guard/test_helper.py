"""-Z with what comes later: interfaces, network namespaces, savefiles in root's folders."""

import contextlib
import errno
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump.kernel.backends.keeper import FilterKeeper
from ptcpdump.net.clsact import Place
from ptcpdump.net.netns import own_namespace
from tests.live.guard.test_privileges import HIS, NOBODY, SEND, assert_powerless, children, folder, owner
from tests.live.harness import LIMIT, capturing, needs_privileges, run
from tests.live.test_many_devices import eventually, filters, many_devices

pytestmark = [needs_privileges, pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")]
__all__ = ["folder"]    # the fixture


@contextlib.contextmanager
def late_link(number: int) -> Iterator[tuple[str, str]]:
    """A veth pair whose other end is in a namespace; the device and an address behind it."""
    tag = f"ph{os.getpid() % 10000}{number}"
    run("ip", "netns", "add", tag)
    try:
        run("ip", "link", "add", tag, "type", "veth", "peer", "name", "eth0", "netns", tag)
        run("ip", "address", "add", f"10.219.{number}.1/24", "dev", tag)
        run("ip", "-n", tag, "address", "add", f"10.219.{number}.2/24", "dev", "eth0")
        run("ip", "link", "set", tag, "up")
        run("ip", "-n", tag, "link", "set", "eth0", "up")
        yield tag, f"10.219.{number}.2"
    finally:
        run("ip", "netns", "delete", tag)
        run("ip", "link", "delete", tag, check=False)


def ping(address: str) -> None:
    run("ping", "-c", "3", "-i", "0.2", "-W", "1", address)


def batch(namespace: str, lines: list[str]) -> None:
    subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="\n".join(lines), text=True, check=True, timeout=LIMIT)


@contextlib.contextmanager
def open_process(pid: int) -> Iterator[int]:
    """A descriptor that is readable once that process has ended."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def gone(pid: int) -> bool:
    """Whether a process that is not our child has ended, waiting for it."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            return bool(select.select([descriptor], [], [], LIMIT)[0])
        finally:
            os.close(descriptor)
    return True


# what Linux 5.4 lacks: filters stand in clsact qdiscs, whose keeper the helper has to ask
OLDER = "tcx,iterators,functions,tracepoints,cgroup,ringbuf"


@pytest.mark.parametrize(("flags", "disabled"), [
    ([], ""), (["--netns", "any"], ""), (["--netns", "any"], OLDER), (["--backend", "cgroup-skb"], ""),
    (["--backend", "socket-filter"], OLDER)])
def test_interfaces_that_appear(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str],
                                disabled: str) -> None:
    monkeypatch.setenv("PTCPDUMP_DISABLE", disabled)
    with capturing(tmp_path, "-Z", "nobody", "-i", "any", *flags, "-w", folder / "x", "icmp") as seen:
        assert_powerless(seen.process.pid)
        (helper, *_) = children(seen.process.pid)
        with late_link(1) as (device, address):
            ping(address)
    names = {packet.interface.name for packet in ptcpdump.open(folder / "x")}
    assert device in names
    if "--netns" in flags:
        assert "eth0" in names
    assert owner(folder / "x") == HIS
    assert gone(helper)


def test_devices_with_many_names(folder: Path, tmp_path: Path) -> None:
    """As any user may make them in a namespace of his own: the helper's messages stay small."""
    names = [f"a{number:02}" + "\x1b" * 120 for number in range(30)]
    with contextlib.ExitStack() as stack:
        tag = f"phn{os.getpid() % 10000}"
        run("ip", "netns", "add", tag)
        stack.callback(run, "ip", "netns", "delete", tag)
        lines = []
        for device in range(10):
            lines.append(f"link add v{device} type veth peer name w{device}")
            lines += [f"link property add dev v{device} altname {device}{name}" for name in names]
        batch(tag, lines)
        with capturing(tmp_path, "-Z", "nobody", "-i", "any", "--netns", "any", "-w", folder / "x", "icmp") as seen:
            (helper, *_) = children(seen.process.pid)
            batch(tag, [f"link set v{device} name n{device}" for device in range(10)])
            with late_link(2) as (_, address):
                ping(address)
            assert not select.select([stack.enter_context(open_process(helper))], [], [], 0)[0]
    assert "eth0" in {packet.interface.name for packet in ptcpdump.open(folder / "x")}


def test_nobody_is_left_when_it_is_killed(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError), capturing(tmp_path, "-Z", "nobody", "-i", "any", "-w", folder / "x") as seen:
        helpers = children(seen.process.pid)
        seen.process.kill()
        seen.process.wait(LIMIT)
    assert helpers
    assert all(gone(helper) for helper in helpers)


def named(pid: int, name: str) -> int:
    """The process of a capture that has this name: itself, or one beside it."""
    return next(child for child in (pid, *children(pid)) if Path(f"/proc/{child}/comm").read_text().strip() == name)


def test_no_filter_survives_whoever_is_killed(folder: Path, tmp_path: Path) -> None:
    """Interfaces that are named: nothing has to be followed, yet somebody has to remove filters."""
    with many_devices(6) as inside:
        chosen = ("-i", "a0,a1,a2,b0,b1,b2", "-Z", "nobody", "-w", folder / "x")
        for name in ("clsact-keeper", "ptcpdump-helper"):
            with capturing(tmp_path, *chosen, prefix=inside) as seen:
                assert len(filters(inside)) == 6
                victim = named(seen.process.pid, name)
                os.kill(victim, signal.SIGKILL)
            assert filters(inside) == []
        with pytest.raises(AssertionError), capturing(tmp_path, *chosen, prefix=inside) as seen:
            helpers = children(seen.process.pid)
            seen.stop(signal.SIGKILL)
        assert all(gone(helper) for helper in helpers)
        assert eventually(lambda: filters(inside) == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_both(folder: Path, tmp_path: Path, number: int) -> None:
    with capturing(tmp_path, "-Z", "nobody", "-i", "any", "-w", folder / "x") as seen:
        helpers = children(seen.process.pid)
        for helper in helpers:
            os.kill(helper, number)     # as ^C, which all in the foreground get
        seen.stop(number)
    assert all(gone(helper) for helper in helpers)


def test_no_helper_where_none_is_needed(folder: Path, tmp_path: Path) -> None:
    for more in ([], ["-C", "1k"]):
        with capturing(tmp_path, "-Z", "nobody", "-i", "lo", *more, "-w", folder / "his/x") as seen:
            assert children(seen.process.pid) == []


@pytest.mark.parametrize("mode", [0o755, 0o700], ids=oct)
@pytest.mark.parametrize("more", [["-C", "1k"], ["-C", "1k", "-W", "3"]], ids=" ".join)
def test_rotation_in_roots_folder(folder: Path, tmp_path: Path, more: list[str], mode: int) -> None:
    """The user may not create files there, or not even enter: the helper does, for names of this rotation alone."""
    folder.chmod(mode)
    (folder / "other").write_text("root's")
    with capturing(tmp_path, "-Z", "nobody", "-i", "lo", *more, "-w", folder / "x", "udp port 1021") as seen:
        assert_powerless(seen.process.pid)
        (helper,) = children(seen.process.pid)
        # room of what is removed is free
        assert eventually(lambda: not [path for path in Path(f"/proc/{helper}/fd").iterdir()
                                       if os.path.realpath(path).startswith(str(folder))])
        for _ in range(40):
            subprocess.run(["/bin/bash", "-c", SEND.format(1021)], check=True, timeout=LIMIT)
    files = [path for path in folder.iterdir() if path.name.startswith("x")]
    assert len(files) == 3 if "-W" in more else len(files) > 3
    assert {owner(path) for path in files} == {HIS}
    assert NOBODY.pw_uid != owner(folder / "other")[0]


def test_filters_are_added_for_the_helper_alone() -> None:
    """A capture that has given up its privileges can't have the keeper put programs where it likes."""
    keeper = FilterKeeper()
    nowhere = [Place(0x7FFFFFFF, egress=False, program=2)] * 2
    own = own_namespace()
    try:
        assert [error.errno for error in keeper.add(own, nowhere)] == [errno.ENODEV] * 2
        keeper.prepare_heir()
        assert [error.errno for error in keeper.add(own, nowhere)] == [errno.EPERM] * 2
        keeper.take_over()
        assert [error.errno for error in keeper.add(own, nowhere)] == [errno.ENODEV] * 2
    finally:
        keeper.close()
