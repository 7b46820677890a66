"""More sockets than backends have room for that know them by their addresses."""

import contextlib
import itertools
import socket
from collections.abc import Iterator

import pytest

import ptcpdump
from ptcpdump.cli import capture as command
from ptcpdump.context.model import Found
from ptcpdump.kernel.loading import loader
from tests.live.harness import Link, needs_privileges, veth_pair

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(0x17) as pair:
        yield pair


@pytest.mark.parametrize("backend", ["tp-btf", "socket-filter"])
def test_sockets_that_are_too_many(link: Link, backend: str, monkeypatch: pytest.MonkeyPatch,
                                   capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is named, for the one that is meant may be missing, and that is said at the end."""
    monkeypatch.setattr(loader, "TRACKED", 4)
    with contextlib.ExitStack() as stack:
        capture = stack.enter_context(ptcpdump.capture("lo", f"udp and dst host {link.ip4}", backend=backend))
        sockets = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(8)]
        for each in sockets:
            each.bind((link.ip4, 0))
        sockets[0].sendto(b"to the last", sockets[-1].getsockname())
        copies = itertools.islice(capture, 2)       # of sending and receiving it
        received, = (packet for packet in copies if packet.direction == ptcpdump.Direction.IN)
        capture.stop()
    assert received.process is None or received.found is Found.PEER
    assert capture.counters.untracked
    command._summary(capture.counters, after_signal=False)
    said = f"{capture.counters.untracked} sockets were too many to be known by their addresses"
    assert said in capsys.readouterr().err
