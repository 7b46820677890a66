"""Any bytes as a savefile: packets or a SavefileError, never anything else, within bounds of time and memory.

PTCPDUMP_FUZZ_INPUTS and PTCPDUMP_FUZZ_SEED are those of the printers' run; a twentieth of its inputs is used here, or
as many as PTCPDUMP_FUZZ_FILES says.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bounded import bounded
from hypothesis import given, settings
from hypothesis import strategies as st
from outcome import run
from savefiles import UDP, block, comments, interface, option, packet, pcap, printed, section

from ptcpdump.errors import SavefileError
from ptcpdump.sinks.options import TextOptions

SEEDS = [
    pcap([(1, UDP), (2, UDP)]),
    pcap([(1, UDP)], order=">", magic=0xA1B2CD34),
    section()
    + interface(options=option(2, b"eth0") + option(9, b"\x09") + option(14, bytes(8)) + option(11, b"\0udp"))
    + packet(options=comments("PID: 1\nCmd: /bin/sh\nArgs: sh", "UserId: 1") + option(2, b"\1\0\0\0"))
    + block(10, b"KSLT\4\0\0\0abcd")
    + block(3, len(UDP).to_bytes(4, "little") + UDP),
    section(">") + interface(">") + packet(order=">") + section() + interface() + packet(),
]
CHANGES = st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=4)), max_size=5)


INPUTS = int(os.environ.get("PTCPDUMP_FUZZ_FILES") or int(os.environ.get("PTCPDUMP_FUZZ_INPUTS", "60000")) // 20 + 1)
SEED = os.environ.get("PTCPDUMP_FUZZ_SEED", "1")
TIMEOUT = 60 + INPUTS // 50


def test_files_of_all_kinds_of_blocks(tmp_path: Path) -> None:
    assert run("savefile_worker.py", TIMEOUT, tmp_path / "trace", SEED, str(INPUTS)) == INPUTS


def survives(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for verbose in (0, 1):
        with contextlib.suppress(SavefileError):
            printed(path, TextOptions(numeric=True, verbose=verbose))


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    """A file in memory."""
    file = os.memfd_create("savefile")
    yield Path(f"/proc/self/fd/{file}")
    os.close(file)


@settings(max_examples=bounded(150), deadline=None)
@given(st.sampled_from(SEEDS), CHANGES, st.integers(0, 30))
def test_changed_files(path, seed, changes, cut):
    content = bytearray(seed)
    for at, piece in changes:
        content[at : at + len(piece)] = piece
    survives(path, bytes(content[: len(content) - cut]))


@settings(max_examples=bounded(150), deadline=None)
@given(st.sampled_from([b"", *(seed[:28] for seed in SEEDS)]), st.binary(max_size=200))
def test_any_bytes(path, begin, rest):
    survives(path, begin + rest)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_truncation(path, seed):
    for size in range(len(seed)):
        survives(path, seed[:size])
