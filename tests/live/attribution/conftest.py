"""A capture that stays for all tests of a module, and what it has seen meanwhile."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ptcpdump
from ptcpdump import Packet
from ptcpdump.kernel.traits import DEFAULT
from tests.live.attribution.judging import Captured
from tests.live.attribution.recording import Recording
from tests.live.harness import Link, veth_pair


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(1) as pair:
        yield pair


@pytest.fixture(scope="module")
def recording(link: Link) -> Iterator[Recording]:
    """One capture for all tests that need nothing else."""
    with Recording.start([link.here, "lo"], link.ip4, [], (DEFAULT.name,)) as recording:
        yield recording


@pytest.fixture
def captured(recording: Recording, tmp_path: Path) -> Captured:
    """The packets of what is done meanwhile, on one interface, as they are read back from a savefile."""
    def capture(interface: str, act: Callable[[], None]) -> list[Packet]:
        path = tmp_path / "x.pcapng"
        recording.take()
        act()
        ptcpdump.write(path, [p for p in recording.take()[DEFAULT.name] if p.interface.name == interface])
        return list(ptcpdump.open(path))

    return capture
