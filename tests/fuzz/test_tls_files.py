"""Executables of anyone: whatever is in a file, looking into it ends soon, with an answer or with a reason."""

import os
import random
import struct
import subprocess
import time
from pathlib import Path

import pytest
from elves import DATA, LOGGING_LIBRARY, TABLE, TEXT, elf, go_program
from fuzzing import turns
from hypothesis import given, settings
from hypothesis import strategies as st

from ptcpdump.tls.elf import LARGEST, BrokenElfError, Elf
from ptcpdump.tls.frames import Functions
from ptcpdump.tls.golang import find_key_log
from ptcpdump.tls.kinds import KINDS
from ptcpdump.tls.library import find_derivation, find_log_secret
from ptcpdump.tls.locate import Locator
from ptcpdump.tls.symbols import log_functions

GO = go_program(["main.main", "crypto/tls.(*Config).writeKeyLog", "runtime.exit"])
LIBRARY = elf([(4, 0x400000, b"CLIENT_RANDOM\0EXPORTER_SECRET\0EARLY_EXPORTER_SECRET\0"),
               (5, 0x401000, (b"\x48\x8d\x35" + struct.pack("<i", 0x400000 - 0x401007) + b"\xe8\0\0\0\0") * 4)])
SECONDS = 20        # of processor time, for a file of the largest size that is looked at (1 GiB)


def look(data: bytes) -> None:
    """Take a file as every part of the readers does."""
    descriptor = os.memfd_create("file")
    try:
        os.write(descriptor, data)
        assert Locator(frozenset(KINDS)).locate(descriptor) is not None
        for reader in (find_key_log, find_log_secret, find_derivation, Functions, log_functions,
                       lambda read: (read.build_id, read.dynamic)):
            try:
                reader(Elf(descriptor))
            except BrokenElfError as error:
                assert str(error)
    finally:
        os.close(descriptor)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([GO, LIBRARY]), st.lists(st.tuples(st.integers(0, 0x3100), st.integers(0, 2**64 - 1),
                                                          st.sampled_from([1, 2, 4, 8])), max_size=6))
def test_changed_numbers(base: bytes, changes: list[tuple[int, int, int]]) -> None:
    data = bytearray(base)
    for at, value, size in changes:
        data[at:at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    look(bytes(data))


def test_changed_headers() -> None:
    """More of the numbers that count: those of the headers and of the table, with values that are often wrong."""
    chance = random.Random(1)
    wrong = [0, 1, 7, 8, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1, TEXT, TABLE, DATA]
    for _ in range(turns(400)):
        data = bytearray(GO)
        for _ in range(chance.randint(1, 3)):
            at = chance.choice([chance.randrange(0, 0x120, 8), 0x2000 + chance.randrange(0, 0x80, 8), 0x3000, 0x30A0])
            data[at:at + 8] = struct.pack("<Q", chance.choice(wrong))
        look(bytes(data))


def test_addresses_that_no_program_has() -> None:
    """Words at the end of the address space: of segments, and of what moduledata is looked for by."""
    for at in (64 + 16, 64 + 56 + 16, 64 + 112 + 16, 0x3000, 0x3008):
        for value in (2**64 - 8, 2**63, 2**57, 2**57 - 1):
            data = bytearray(GO)
            data[at:at + 8] = struct.pack("<Q", value)
            look(bytes(data))


def test_changed_library(tmp_path: Path) -> None:
    """A library as a linker makes it, with all its tables: bytes of these, and of its code."""
    chance, path = random.Random(2), tmp_path / "x.so"
    (tmp_path / "x.c").write_text(LOGGING_LIBRARY)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, tmp_path / "x.c"], check=True)
    whole = path.read_bytes()
    look(whole)
    used = [at for at in range(len(whole)) if whole[at]]
    for _ in range(turns(300)):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.choice(used)] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        look(bytes(data))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_anything(data: bytes) -> None:
    look(data)
    look(b"\x7fELF\x02\x01\x01" + data)


def test_cut_anywhere() -> None:
    for size in range(0, len(GO), 97):
        look(GO[:size])


def test_segments_that_overlap() -> None:
    whole = bytearray(elf([(4, 0x400000, bytes(1 << 17))] * 40))
    for number in range(40):
        whole[64 + 56 * number + 8:64 + 56 * number + 16] = struct.pack("<Q", 0x1000)
        whole[64 + 56 * number + 32:64 + 56 * number + 40] = struct.pack("<Q", 40 << 17)
    with pytest.raises(BrokenElfError, match="overlap"):
        descriptor = os.memfd_create("file")
        os.write(descriptor, whole)
        Elf(descriptor)


def test_a_large_file_of_nothing(tmp_path: Path) -> None:
    """A sparse file costs its maker nothing, and us a bounded time: an eighth of the largest, an eighth of it."""
    path = tmp_path / "large"
    head = elf([(4, 0x400000, b"CLIENT_RANDOM\0EXPORTER_SECRET\0"), (5, 0x10000000, b"")])
    data = bytearray(head)
    data[64 + 56 + 32:64 + 56 + 40] = struct.pack("<Q", 1 << 40)
    path.write_bytes(data)
    os.truncate(path, LARGEST // 8)
    start = time.process_time()
    with path.open("rb") as file:
        assert Locator(frozenset(KINDS)).locate(file.fileno()).places == ()
    assert time.process_time() - start < SECONDS / 4


def test_many_references() -> None:
    """Code that is nothing but references to labels."""
    code = b"".join(b"\x48\x8d\x35" + struct.pack("<i", 0x400000 - (0x401000 + at + 7)) for at in range(0, 7 << 17, 7))
    start = time.process_time()
    look(elf([(4, 0x400000, b"CLIENT_RANDOM\0"), (5, 0x401000, code)]))
    assert time.process_time() - start < SECONDS
