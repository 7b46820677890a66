"""Name resolution blocks: what packets and the resolver tell of addresses is in each file of a rotation."""

import struct
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest
from owned_files import ETH0
from pcapng_blocks import blocks
from savefiles import UDP, write_packets

from ptcpdump.packets import Packet
from ptcpdump.sinks.rotation import Rotation


def label(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def answer(name: str, *records: tuple[str, str], code: int = 0, port: int = 53, cut: int = 0) -> Packet:
    """A name server's answer; records: a name, and its address or the name that it is an alias of."""
    body = struct.pack("!6H", 7, 0x8180 | code, 1, len(records), 0, 0) + label(name) + struct.pack("!HH", 1, 1)
    for owner, target in records:
        alias = target[-1].isalpha()
        data = label(target) if alias else ip_address(target).packed
        kind = 5 if alias else 1 if len(data) == 4 else 28
        body += label(owner) + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
    udp = struct.pack("!4H", port, 4000, 8 + len(body), 0) + body
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + UDP[26:34]
    data = UDP[:14] + ip + udp
    return Packet(time_ns=0, interface=ETH0, data=data[: len(data) - cut], length=len(data), linktype=1, context=None)


def names(path: Path) -> dict[str, list[str]]:
    """What the name resolution blocks of a file say."""
    found = {}
    for body in (block.body for block in blocks(path) if block.kind == 4):
        at = 0
        while body[at : at + 4] != bytes(4):
            kind, size = struct.unpack_from("=HH", body, at)
            value, wide = body[at + 4 : at + 4 + size], {1: 4, 2: 16}[kind]
            assert value.endswith(b"\0")
            found[str(ip_address(value[:wide]))] = value[wide:-1].decode().split("\0")
            at += 4 + (size + 3 & ~3)
    return found


PLAIN = Packet(time_ns=0, interface=ETH0, data=UDP, length=len(UDP), linktype=1, context=None)
TOLD = [answer("www.example.org", ("www.example.org", "cdn.example.net"), ("cdn.example.net", "192.0.2.7")),
        answer("six.example.org", ("six.example.org", "2001:db8::6")),
        answer("no.example.org", ("no.example.org", "192.0.2.99"), code=3),
        answer("cut.example.org", ("cut.example.org", "192.0.2.98"), cut=2),
        answer("web.example.org", ("web.example.org", "192.0.2.97"), port=5000),
        answer("blocked.example.org", ("blocked.example.org", "0.0.0.0"))]
NAMES = {"192.0.2.7": ["cdn.example.net", "www.example.org"], "2001:db8::6": ["six.example.org"]}


def test_answers_are_in_all_later_files_too(tmp_path):
    path = tmp_path / "out"
    write_packets(path, [*TOLD, *[PLAIN] * 30], rotation=Rotation(str(path), size=1000), names=dict)
    files = sorted(tmp_path.glob("out*"))
    assert len(files) > 2
    for file in files[1:]:      # the first may end before the answers do
        assert names(file) == NAMES
    last = max(files, key=lambda file: int(file.name.removeprefix("out") or 0))
    hosts = subprocess.run(["tshark", "-r", last, "-q", "-z", "hosts"], capture_output=True, text=True, check=True)
    assert "192.0.2.7\twww.example.org" in hosts.stdout


def test_what_the_resolver_has_found(tmp_path):
    looked_up = {ip_address("10.0.0.2").packed: b"gateway", ip_address("192.0.2.7").packed: b"reverse.example"}
    write_packets(tmp_path / "out", TOLD, names=lambda: looked_up)
    assert names(tmp_path / "out") == {
        **NAMES, "10.0.0.2": ["gateway"], "192.0.2.7": ["reverse.example", *NAMES["192.0.2.7"]]}


@pytest.mark.parametrize("flags", [{}, {"names": dict}])
def test_no_block_without_names(tmp_path, flags):
    write_packets(tmp_path / "out", [PLAIN] if flags else TOLD, **flags)
    assert not [block for block in blocks(tmp_path / "out") if block.kind == 4]


def test_a_flood_of_answers_is_bounded(tmp_path):
    flood = []
    for n in range(3000):
        name = f"n{n}.example.org"
        flood.append(answer(name, *[(name, f"198.18.{n >> 8}.{n & 255}")] * 20))
    write_packets(tmp_path / "out", flood, names=dict)
    assert 200 < len(names(tmp_path / "out")) < 600
