"""Files that end anywhere: all whole packets are shown, and unless nothing is missing one line says where it ends."""

import gzip
import struct

import pytest
from savefiles import UDP, block, comments, interface, option, packet, pcap, printed, section

import ptcpdump
from ptcpdump.errors import SavefileError


def pcapng(order: str) -> list[bytes]:
    """A file in blocks: those of a second section, a process's, names', and all kinds of packets."""
    obsolete = struct.pack(order + "HHIIII", 0, 0, 0, 7, len(UDP), len(UDP)) + UDP
    process = struct.pack(order + "I", 32622) + struct.pack("<III", 3, 4, 12)
    return [
        section(order), interface(order, options=option(2, b"eth0", order)), packet(order=order, units=1),
        block(0xBAD, process, order), packet(order=order, units=2, options=comments("PID: 12\nCmd: a", order=order)),
        block(3, struct.pack(order + "I", len(UDP)) + UDP, order), block(2, obsolete, order), section(), interface(),
        block(4, bytes(4)), packet(units=3), block(5, bytes(12))]


FILES = {
    "pcapng": pcapng("<"),
    "pcapng of the other byte order": pcapng(">"),
    "pcap": [pcap([]), *[pcap([(n, UDP)])[24:] for n in range(4)]],
    "pcap of Kuznetzov": [pcap([], magic=0xA1B2CD34, order=">")]
    + [pcap([(n, UDP)], magic=0xA1B2CD34, order=">")[24:] for n in range(4)],
}


@pytest.mark.parametrize("name", FILES)
def test_at_every_byte(tmp_path, name):
    pieces, path = FILES[name], tmp_path / "file"
    whole = b"".join(pieces)
    ends = [sum(map(len, pieces[:n])) for n in range(1, len(pieces) + 1)]
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        expected = sum(UDP in piece for piece, end in zip(pieces, ends, strict=True) if end <= size)
        shown, flaw = read(path)
        assert shown == expected, size
        assert (flaw is None) == (size in ends), size
        assert flaw is None or (flaw.startswith(f"{path}: ") and flaw.isprintable())


@pytest.mark.parametrize("name", FILES)
def test_packed(tmp_path, name):
    """What is left of a gzip'ed file is a start of the plain one."""
    whole, path = b"".join(FILES[name]), tmp_path / "file"
    packed = gzip.compress(whole, 0)     # stored as it is, so that each byte more is a byte more of the file
    path.write_bytes(whole)
    everything = read(path)[0]
    counts = []
    for size in range(11, len(packed)):
        path.write_bytes(packed[:size])
        shown, flaw = read(path)
        assert flaw is not None and flaw.startswith(f"{path}: "), size
        counts.append(shown)
    assert counts == sorted(counts) and set(counts) == set(range(everything + 1))


def read(path) -> tuple[int, str | None]:
    """How many packets are there before what is wrong."""
    shown = 0
    try:
        with ptcpdump.open(path, text=None) as packets:
            for _ in packets:
                shown += 1
    except SavefileError as error:
        return shown, str(error)
    assert printed(path).count("\n") == shown
    return shown, None
