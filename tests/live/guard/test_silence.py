"""A capture that has nothing to show says once, on standard error, what may be the reason."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import Link, actor, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
SOON = ["--hint-after", "0.2s"]


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with veth_pair(15) as pair:
        yield pair


@pytest.fixture
def traffic(link: Link) -> Iterator[None]:
    """Somebody sends over the pair."""
    pinging = subprocess.Popen(["ping", "-n", "-i", "0.05", link.peer4], stdout=subprocess.DEVNULL)
    yield
    pinging.kill()
    pinging.wait()


def hint(folder: Path, *flags: str) -> str:
    """What a capture with these flags says."""
    with capturing(folder, *SOON, *flags) as capture:
        capture.wait_for("no packets after 0.2 s: ")
        while "\n" not in capture.warnings.rpartition("no packets after")[2]:
            capture.wait_for("\n")
        capture.stop()
    assert capture.stdout == ""
    said = [line for line in capture.stderr.splitlines() if "no packets after" in line]
    assert len(said) == 1
    return said[0].removeprefix("ptcpdump: warning: no packets after 0.2 s: ")


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize(("flags", "reason"), [
    (["tcp port 7"], "match 'tcp port 7'"),
    (["--pname", "nobody-has-this"], "belong to who was asked for"),
    (["-Q", "in", "--pname", "nobody-has-this", "icmp"], "match 'icmp' and belong to who was asked for and go in"),
])
def test_nothing_is_wanted(link: Link, tmp_path: Path, flags: list[str], reason: str) -> None:
    said = hint(tmp_path, "-i", link.here, *flags)
    assert f" passed {link.here}, but none seems to {reason}; " in said
    assert "other network namespaces" in said
    assert said.endswith(" are not captured: --netns any")


def test_nothing_passes(link: Link, tmp_path: Path) -> None:
    run("ip", "link", "add", f"{link.here}d", "type", "bridge", "mcast_snooping", "0")
    try:
        Path(f"/proc/sys/net/ipv6/conf/{link.here}d/disable_ipv6").write_text("1")
        run("ip", "link", "set", f"{link.here}d", "multicast", "off", "arp", "off", "up")
        # and so it says nothing by itself, not even which groups it joins to snoop
        assert hint(tmp_path, "-i", f"{link.here}d").startswith(f"nothing passes {link.here}d; ")
    finally:
        run("ip", "link", "delete", f"{link.here}d")


def test_the_interface_is_down(link: Link, tmp_path: Path) -> None:
    run("ip", "link", "add", f"{link.here}d", "type", "bridge", "mcast_snooping", "0")
    try:
        said = hint(tmp_path, "-i", f"{link.here}d")
        assert said == f"{link.here}d: down; ip link set {link.here}d up brings it up"
    finally:
        run("ip", "link", "delete", f"{link.here}d")


def test_the_process_is_in_another_namespace(link: Link, tmp_path: Path) -> None:
    with actor("udp_client", link.ip4, 7, 1, prefix=link.inside()) as there:
        said = hint(tmp_path, "-i", link.here, "--pid", str(there.pid))
    assert said == f"process {there.pid} is in another network namespace: --netns {there.pid} captures there"


def test_in_another_namespace(link: Link, tmp_path: Path) -> None:
    """As -Z's user, who may not enter it."""
    said = hint(tmp_path, "--netns", link.name, "-i", link.there, "-Z", "nobody", "tcp port 7")
    assert said.startswith((f"nothing passes {link.there}@{link.name}", "1 packet passed"))


@pytest.mark.usefixtures("traffic")
def test_who_has_packets_hears_nothing(link: Link, tmp_path: Path) -> None:
    """Until long after the time that was set, which the packets tell."""
    with capturing(tmp_path, "--hint-after", "1s", "-c", "60", "-n", "-i", link.here, "icmp") as capture:
        capture.wait()
    assert "no packets" not in capture.stderr
    assert len(capture.stdout.splitlines()) == 60


def test_a_command_sends_when_it_likes(link: Link, tmp_path: Path) -> None:
    with capturing(tmp_path, *SOON, "-i", link.here, "--", "sleep", "1.5") as capture:
        capture.wait()
    assert "no packets" not in capture.stderr
