"""Threads that go on whatever happens to them."""

import errno
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ptcpdump.context.containers.cgroups import CgroupTree
from ptcpdump.errors import PtcpdumpError
from ptcpdump.threads import Faults, start_thread


def test_each_fault_is_said_once() -> None:
    said: list[str] = []
    faults = Faults("looking", said.append)
    for error in (OSError(errno.EMFILE, "Too many open files", "/run/user"), ValueError("odd"), PtcpdumpError("none")):
        for _ in range(2):
            with faults:
                raise error
            assert faults.failed
    with faults:
        pass
    assert not faults.failed
    assert said == ["looking: /run/user: Too many open files; it is tried again",
                    "looking: ValueError: odd; it is tried again", "looking: none; it is tried again"]


def test_faults_that_differ_each_time_are_not_said_for_ever() -> None:
    said: list[str] = []
    faults = Faults("looking", said.append)
    for number in range(1000):
        with faults:
            raise PtcpdumpError(str(number))
    assert len(said) < 10


def test_what_ends_the_process_is_let_out() -> None:
    with pytest.raises(KeyboardInterrupt), Faults("looking", print):
        raise KeyboardInterrupt


LIMITED = """
import os, resource, threading
from ptcpdump.context.containers.directory import Directory

said, several = [], threading.Event()
def say(text):
    said.append(text)
    several.set()

directory = Directory({}, lambda: None, say)
opened = len(os.listdir("/proc/self/fd")) - 1
before = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (opened, before[1]))
directory.start()
assert several.wait(30)
assert any(thread.name == "container runtimes" for thread in threading.enumerate())
resource.setrlimit(resource.RLIMIT_NOFILE, before)
directory.stop()
print(*said, sep=chr(10))
"""


def test_looking_for_containers_outlives_a_want_of_descriptors() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "looking for container runtimes: /run/user: Too many open files; it is tried again" in done.stdout


def test_following_control_groups_outlives_who_listens(tmp_path: Path) -> None:
    """As a full map of the kernel does, of which a listener tells."""
    (tmp_path / "first").mkdir()
    said: list[str] = []
    seen: list[str] = []
    second = threading.Event()

    def appeared(groups: list[tuple[int, str]]) -> None:
        if not said:
            raise PtcpdumpError("the map is full")
        seen.extend(path for _, path in groups)
        second.set()

    tree = CgroupTree(str(tmp_path), appeared, said.append)
    tree.start()
    try:
        (tmp_path / "a").mkdir()
        for _ in range(300):        # the second one is made when the first was too much
            if said:
                break
            threading.Event().wait(0.1)
        (tmp_path / "b").mkdir()
        assert second.wait(30)
    finally:
        tree.stop()
    assert said == ["following control groups: the map is full; it is tried again"]
    assert "/b" in seen


CROWDED = """
import resource
from ptcpdump.errors import PtcpdumpError
from ptcpdump.threads import start_thread

resource.setrlimit(resource.RLIMIT_AS, (1, -1))
try:
    start_thread(print, "printing")
except PtcpdumpError as error:
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    print(error)
"""


def test_no_more_threads() -> None:
    done = subprocess.run([sys.executable, "-c", CROWDED], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("no thread can be started (printing): raise the limit of processes (ulimit -u) or of memory "
                           "(ulimit -v)\n")


def test_a_descriptor_of_a_large_number_is_followed(tmp_path: Path) -> None:
    """Which select(2) can't take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    taken = [os.dup(0) for _ in range(1100)]
    seen = threading.Event()
    tree = CgroupTree(str(tmp_path), lambda groups: seen.set(), lambda text: None)
    try:
        tree.start()
        (tmp_path / "a").mkdir()
        assert seen.wait(30)
    finally:
        tree.stop()
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thread_is_started() -> None:
    done = threading.Event()
    start_thread(done.set, "work").join(30)
    assert done.is_set()
