"""Open files: as many network namespaces as somebody makes, and as few descriptors as we may have."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

import ptcpdump
from tests.live.harness import COMMAND, capturing, needs_privileges, run

pytestmark = needs_privileges
COUNT = 120       # more than a capture needs descriptors for its programs and hooks, some 70


@pytest.fixture(scope="module")
def namespaces() -> Iterator[list[str]]:
    """Namespaces with a loopback device that is up."""
    names = [f"ptfd{os.getpid() % 100000}-{i}" for i in range(COUNT)]
    with contextlib.ExitStack() as stack:
        for name in names:
            run("ip", "netns", "add", name)
            stack.callback(run, "ip", "netns", "delete", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield names


def ping(name: str) -> None:
    run("ip", "netns", "exec", name, "ping", "-q", "-c", "1", "127.0.0.1")


def test_soft_limit_is_raised(namespaces: list[str], tmp_path: Path) -> None:
    """All namespaces are captured, each takes descriptors, and the soft limit is too low for them."""
    limited = ["prlimit", "--nofile=96:4096"]
    with capturing(tmp_path, "--netns", "any", "-i", "lo", "-n", "icmp", prefix=limited) as capture:
        for name in (namespaces[0], namespaces[-1]):
            ping(name)
    assert "left out" not in capture.stderr
    for name in (namespaces[0], namespaces[-1]):
        assert sum(f" lo@{name} " in line for line in capture.stdout.splitlines()) == 4


def test_namespaces_of_others_take_none(namespaces: list[str], tmp_path: Path) -> None:
    """A capture in one namespace does not open the others, which anybody can make many of."""
    limited = ["prlimit", f"--nofile={COUNT}:{COUNT}"]
    with capturing(tmp_path, "-i", "lo", "-n", "-c", "2", "icmp and host 127.0.0.77", prefix=limited) as capture:
        opened = len(os.listdir(f"/proc/{capture.process.pid}/fd"))
        run("ping", "-q", "-c", "1", "127.0.0.77")
        capture.wait()
    assert opened < COUNT
    assert len(capture.stdout.splitlines()) == 2


def test_hard_limit_is_said(namespaces: list[str], tmp_path: Path) -> None:
    """Where not all can be opened, the run begins with those that can, and says what is left out."""
    limited = ["prlimit", "--nofile=256:256"]
    with capturing(tmp_path, "--netns", "any", "-i", "lo", "-n", "icmp", prefix=limited) as capture:
        pass
    assert "network namespaces are left out, since no more files may be opened" in capture.stderr
    assert "ulimit -Hn" in capture.stderr


@pytest.mark.parametrize("limits", ["96:4096", "4096:4096"])
def test_programs_that_we_start_have_the_limit_that_we_had(tmp_path: Path, limits: str) -> None:
    """The command under capture, and what -z runs."""
    limited = ["prlimit", f"--nofile={limits}"]
    soft = limits.partition(":")[0]
    under, program = tmp_path / "under", tmp_path / "program"
    command = ["sh", "-c", f"ulimit -n > {under}; ping -q -c 3 -i 0.01 -s 2000 127.0.0.77"]
    program.write_text(f'#!/bin/sh\nulimit -n > "{tmp_path}/behind"\n')
    program.chmod(0o755)
    with capturing(tmp_path, "-i", "lo", "-C", "1k", "-W", "3", "-w", tmp_path / "x", "-z", program, "--", *command,
                   prefix=limited) as capture:
        capture.wait()
    assert under.read_text().strip() == soft
    assert (tmp_path / "behind").read_text().strip() == soft


LIMITED = """
import os, resource, threading
import ptcpdump

def opened():
    return len(os.listdir("/proc/self/fd"))

def capture(expression=""):
    with ptcpdump.capture("lo", expression, max_packets=1) as packets:
        pass

capture("icmp")     # whatever stays open for good is open now
before = opened()
for _ in range(3):
    capture("icmp")
assert opened() == before, f"{opened()} instead of {before} after captures that went well"
limit = before + 256
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))     # the hard one, too: a capture raises the other
refused = 0
for more in (*range(1, 20, 3), *range(20, 256, 16)):
    filling = [os.dup(0) for _ in range(limit - before - more)]
    said, taken = "", False
    try:
        capture("icmp")
        taken = True
    except (ptcpdump.PtcpdumpError, OSError) as error:
        refused, said = refused + 1, str(error)
    for thread in threading.enumerate():        # one that was to look for containers may be about to notice
        if thread is not threading.current_thread():
            thread.join(10)
    for descriptor in filling:
        os.close(descriptor)
    assert opened() == before, f"{opened()} instead of {before}, where {more} more may be opened: {said}"
    if taken:
        break
print("taken" if taken else said, "after", refused)
"""


def test_captures_that_fail_for_want_of_descriptors_leave_none_open() -> None:
    """At each of many steps of a start the next descriptor is not to be had, until all are."""
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("taken after ")
    assert int(done.stdout.split()[-1]) > 5
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", ["1>&-", "0<&- 1>&- 2>&-"])
def test_captures_without_standard_streams(tmp_path: Path, closed: str) -> None:
    path = tmp_path / "x.pcap"
    without = ["sh", "-c", f'exec "$@" {closed}', "sh"]
    with capturing(tmp_path, "-i", "lo", "-c", "2", "-w", path, "icmp and host 127.0.0.77", prefix=without) as capture:
        run("ping", "-q", "-c", "1", "127.0.0.77")
        capture.wait()
    assert len(list(ptcpdump.open(path))) == 2


@pytest.mark.parametrize("flags", [[], ["-Z", "nobody"]], ids=" ".join)
def test_want_of_descriptors_ends_no_capture(namespaces: list[str], tmp_path: Path, flags: list[str]) -> None:
    """Nothing more can be opened while interfaces and namespaces come: what is captured goes on."""
    def sees_ping(output: TextIO) -> None:
        run("ip", "netns", "exec", namespaces[0], "ping", "-q", "-c", "1", "127.0.0.77")
        assert all(f" lo@{namespaces[0]} " in output.readline() for _ in range(4))

    with capturing(tmp_path, "--netns", "any", "-i", "any", "-n", "-l", *flags, "icmp and host 127.0.0.77") as capture:
        pid = capture.process.pid
        sees_ping(capture.process.stdout)       # so all modules are there
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in children if flags else [str(pid)]:      # who follows interfaces
            run("prlimit", f"--pid={each}", "--nofile=5:5")
        late = f"ptfd{os.getpid() % 100000}late"
        run("ip", "netns", "add", late)
        try:
            capture.wait_for("Too many open files; it is tried again")
            sees_ping(capture.process.stdout)
        finally:
            run("ip", "netns", "delete", late)
    assert "Traceback" not in capture.stderr
    assert capture.stderr.count("Too many open files") < 10


@pytest.mark.parametrize("limit", [*range(8, 15), 16, 20, 40])
def test_too_few_files(limit: int) -> None:
    """Whatever it is that can't be opened: a module of ours, /proc, a program for the kernel."""
    done = run("prlimit", f"--nofile={limit}:{limit}", *COMMAND, "-i", "lo", "-c", "1", check=False)
    assert done.returncode == 1
    assert "raise the hard limit (ulimit -Hn) to 256 or more" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("flags", [[], ["--write-keylog-file", "keys"]], ids=["", "keys"])
@pytest.mark.parametrize("limit", [60, 72, 80, 88, 96, 104, 112])
def test_hardly_enough_files(tmp_path: Path, limit: int, flags: list[str]) -> None:
    """It is never the kernel that refuses something, or is too old."""
    done = run("prlimit", f"--nofile={limit}:{limit}", *COMMAND, "-i", "lo", "-c", "1", *flags, "icmp", "--",
               "ping", "-q", "-c", "1", "127.0.0.77", check=False, cwd=tmp_path)
    assert "refuses" not in done.stderr
    assert "needs Linux" not in done.stderr
    assert "1 packet captured" in done.stderr or "raise the hard limit (ulimit -Hn) to 256 or more" in done.stderr


@pytest.mark.parametrize("limit", [30, 60, 80, 100])
def test_too_little_memory(limit: int) -> None:
    """Which shows anywhere: the kernel's type information seemed to be missing, programs seemed to be refused."""
    done = run("prlimit", f"--as={limit << 20}", *COMMAND, "-i", "lo", "-c", "1", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("ptcpdump: ")
    assert "raise the limit (ulimit -v)" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_proc(tmp_path: Path) -> None:
    """Where it is not mounted nothing could be said of processes."""
    hidden = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
              'mount -t tmpfs none /proc && exec "$@"', "sh"]
    done = run(*hidden, *COMMAND, "-i", "lo", "-c", "1", check=False)
    assert done.returncode == 1
    assert done.stderr == ("ptcpdump: there is no /proc here, which tells of processes: mount -t proc proc /proc\n")
