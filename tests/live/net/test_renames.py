"""Interfaces that get another name, or come from another namespace, while they are captured."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import ptcpdump
from tests.live.harness import Actor, Link, actor, capturing, needs_privileges, run, send_until, veth_pair

pytestmark = needs_privileges


@pytest.fixture
def link() -> Iterator[Link]:
    with veth_pair(0x15) as pair:
        yield pair


def sends(link: Link) -> Iterator[Actor]:
    """A process in the namespace that sends to us when told."""
    return actor("udp_sender", link.ip4, 9, 2000, prefix=link.inside())


@pytest.mark.parametrize("word", ["any", "its name"])
def test_renamed_while_it_is_captured(link: Link, tmp_path: Path, word: str) -> None:
    """Lines and file have the new name from then on; what came before keeps the old one."""
    path, name = tmp_path / "x.pcapng", link.here if word == "its name" else "any"
    with capturing(tmp_path, "-i", name, "-w", path, "--print", "-l", "-n", "udp dst port 9") as capture, \
            sends(link) as sender:
        sender.receive()
        send_until(capture, sender, f" {link.here} ")
        run("ip", "link", "set", link.here, "name", f"{link.here}x")
        try:
            send_until(capture, sender, f" {link.here}x ")
            capture.stop()
        finally:
            run("ip", "link", "set", f"{link.here}x", "name", link.here)
    names = [p.interface.name for p in ptcpdump.open(path) if p.interface.name.startswith(link.here)]
    assert names == sorted(names)       # the new one only after the old one
    assert set(names) == {link.here, f"{link.here}x"}


def test_moved_in_and_renamed(link: Link, tmp_path: Path) -> None:
    """As container runtimes do it: made here, moved to the container's namespace, called eth0 there."""
    made = f"{link.name}v"
    with capturing(tmp_path, "--netns", "any", "-i", "eth0", "-l", "-n", "udp dst port 9") as capture:
        run("ip", "link", "add", made, "type", "veth", "peer", "name", f"{made}p")
        try:
            run("ip", "link", "set", f"{made}p", "netns", link.name)
            run("ip", "-n", link.name, "link", "set", f"{made}p", "name", "eth0")
            run("ip", "-n", link.name, "link", "set", "eth0", "up")
            run("ip", "link", "set", made, "up")
            run("ip", "-n", link.name, "address", "add", "192.0.2.1/24", "dev", "eth0")
            run("ip", "-n", link.name, "neighbour", "add", "192.0.2.2", "lladdr", "02:00:00:00:00:01", "dev", "eth0")
            with actor("udp_sender", "192.0.2.2", 9, 2000, prefix=link.inside()) as sender:
                sender.receive()
                send_until(capture, sender, f" eth0@{link.name} ")
        finally:
            run("ip", "link", "delete", made)
