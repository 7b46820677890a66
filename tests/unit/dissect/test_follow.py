"""TCP streams of real captures, byte by byte what tshark's "follow" shows of them."""

import subprocess
from pathlib import Path

import pytest
from records import records

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.stream_events import Data
from ptcpdump.dissect.streams import Streams

# Captures with connections of which every byte was captured
FILES = (
    "accecn_handshake.pcap", "bigtcp-ipv4.pcap", "dns_tcp.pcap", "geneve.pcap", "mptcp-v0.pcap", "mptcp-v1.pcap",
    "print-flags.pcap", "resp_2_inline.pcap", "ssh.pcap", "telnet-iac-check-oobr.pcap", "tfo-5c1fa7f9ae91.pcap",
)  # fmt: skip


def followed(path: Path, number: int) -> tuple[bytes, bytes]:
    """Both directions of a connection, by tshark's number of it; the first one is that of the first data."""
    command = ["tshark", "-q", "-r", str(path), "-z", f"follow,tcp,raw,{number}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    # what stands between the nodes' names and the line below; the second direction is indented
    data = lines[next(i for i, line in enumerate(lines) if line.startswith("Node 1")) + 1 : -1]
    return (bytes.fromhex("".join(line for line in data if not line.startswith("\t"))),
            bytes.fromhex("".join(line for line in data if line.startswith("\t"))))


def ours(path: Path) -> list[bytes]:
    """The bytes of each direction that has any, in the order of their first data."""
    streams, found = Streams(), {}
    for record in records(path):
        for key, event in streams.feed(Fields(record.data, record.linktype, record.length), 0):
            if isinstance(event, Data):
                found[key] = found.get(key, b"") + event.data
    for key, event in streams.close():
        if isinstance(event, Data):
            found[key] = found.get(key, b"") + event.data
    return list(found.values())


def connections(path: Path) -> int:
    command = ["tshark", "-r", str(path), "-T", "fields", "-e", "tcp.stream"]
    numbers = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split()
    return 1 + max(int(number) for number in numbers)


@pytest.mark.parametrize("name", FILES)
def test_streams_are_what_tshark_follows(name: str, corpus: Path) -> None:
    path = corpus / "tcpdump" / name
    theirs = [side for number in range(connections(path)) for side in followed(path, number) if side]
    assert theirs
    assert sorted(ours(path)) == sorted(theirs)
