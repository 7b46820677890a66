"""Network namespaces for tests."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


@pytest.fixture
def ip() -> Callable[[str], None]:
    """Run one ip(8) command."""
    if os.geteuid():
        pytest.skip("network namespaces need root")

    def run(line: str) -> None:
        subprocess.run(["ip", *line.split()], check=True)

    return run


@contextmanager
def namespace(ip: Callable[[str], None], name: str) -> Iterator[str]:
    ip(f"netns add {name}")
    yield name
    subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def netns(ip: Callable[[str], None]) -> Iterator[str]:
    """Name of a fresh network namespace."""
    with namespace(ip, f"ptcpdump-net-{os.getpid()}-a") as name:
        yield name


@pytest.fixture
def other_netns(ip: Callable[[str], None]) -> Iterator[str]:
    """Name of another one."""
    with namespace(ip, f"ptcpdump-net-{os.getpid()}-b") as name:
        yield name
