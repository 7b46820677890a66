"""Names of addresses that a live capture has seen in answers: in each file of it, for Wireshark, not with -n."""

import contextlib
from pathlib import Path

import pytest
import wire
from pcapng_blocks import blocks

from tests.live.harness import PYTHON, Link, capturing, needs_privileges, run, veth_pair

pytestmark = needs_privileges
# from the port of name servers to one that nobody has opened
SEND = """import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 53))
for _ in range(20):
    s.sendto(bytes.fromhex(sys.argv[3]), (sys.argv[2], 4053))
"""


@pytest.fixture(scope="module")
def link():
    with veth_pair(39) as pair:
        yield pair


def test_in_each_file_of_a_rotation(link: Link, tmp_path: Path) -> None:
    answer = wire.dns(7, 0x8180, [wire.question("www.example.org", 1)],
                      [wire.record("www.example.org", 1, wire.a4("192.0.2.80"))])
    words = ["-i", link.here, "-Q", "in", "-C", "1k", "udp src port 53"]
    with contextlib.ExitStack() as captures:
        for folder, flags in (("names", []), ("numbers", ["-n"])):
            (tmp_path / folder).mkdir()
            captures.enter_context(capturing(tmp_path / folder, "-w", tmp_path / folder / "out", *flags, *words))
        run(*link.inside(PYTHON, "-c", SEND, link.peer4, link.ip4, answer.hex()))
    files = sorted((tmp_path / "names").glob("out*"))
    assert len(files) > 2
    for file in files:
        (names,) = (block.body for block in blocks(file) if block.kind == 4)
        assert bytes([192, 0, 2, 80]) + b"www.example.org\0" in names
    assert "192.0.2.80\twww.example.org" in run("tshark", "-r", files[0], "-q", "-z", "hosts").stdout
    for file in (tmp_path / "numbers").glob("out*"):
        assert not [block for block in blocks(file) if block.kind == 4]
