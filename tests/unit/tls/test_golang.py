"""The table of functions of Go programs: ours made by hand, and real ones compared with their symbols."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from elves import TEXT, elf, go_program
from toolchains import VERSIONS, every_build, go, program

from ptcpdump.tls.elf import BrokenElfError, Elf
from ptcpdump.tls.golang import find_key_log, is_go

NAME = "crypto/tls.(*Config).writeKeyLog"
Look = Callable[[bytes], list[int]]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def find(data: bytes) -> list[int]:
        (tmp_path / "file").write_bytes(data)
        with (tmp_path / "file").open("rb") as file:
            return find_key_log(Elf(file.fileno()))

    return find


def test_functions_by_name(look: Look) -> None:
    fork = "example.org/fork/tls.(*Config).writeKeyLog"
    assert look(go_program(["main.main", NAME, "runtime.exit"])) == [0x1000 + 16]
    assert look(go_program(["main.main", NAME, fork], magic=0xF0)) == [0x1000 + 16, 0x1000 + 32]
    assert look(go_program(["main.main", "crypto/tls.(*Config).writeKeyLogger"])) == []


@pytest.mark.parametrize(("data", "reason"), [
    (go_program([NAME], magic=0xFA), "Go before 1.18"),
    (go_program([NAME], text=TEXT + 0x100000), "leads outside of its code"),
    (go_program([NAME])[:0x3000] + bytes(0x1000), "where its code begins"),
    (elf([(4, 0x400000, b"nothing here")]), "no Go program"),
    (b"#!/bin/sh\n", "no ELF file"),
    (b"\x7fELF", "no ELF file"),
    (elf([])[:64], "no program headers"),
    (elf([(4, 0x400000, b"x")])[:70], "ends before its program headers"),
    (elf([(4, 0x400000, b"x")], machine=3), "not for x86-64 or arm64"),
])
def test_what_is_not_probed(look: Look, data: bytes, reason: str) -> None:
    with pytest.raises(BrokenElfError, match=reason):
        look(data)


@every_build
def test_real_programs(version: str, build: str) -> None:
    """All builds agree with the symbol that an unstripped build of the same kind has."""
    with program(version, build).open("rb") as file:
        read = Elf(file.fileno())
        assert is_go(read)
        found = find_key_log(read)
        assert len(found) == 1
        assert os.pread(file.fileno(), 4, found[0]) != bytes(4)
        if build == "plain":
            symbols = go(version, "tool", "nm", program(version, build)).stdout
            address = int(re.search(rf"\s*(\w+) T {re.escape(NAME)}\n", symbols)[1], 16)
            assert read.offset_of(address) == found[0]


def test_programs_without_section_headers(tmp_path: Path) -> None:
    """What sstrip leaves: program headers alone."""
    for build in ("stripped", "pie"):
        whole = bytearray(program(VERSIONS[0], build).read_bytes())
        with program(VERSIONS[0], build).open("rb") as file:
            expected = find_key_log(Elf(file.fileno()))
        whole[40:48] = bytes(8)         # e_shoff
        whole[58:64] = bytes(6)         # e_shentsize, e_shnum, e_shstrndx
        (tmp_path / build).write_bytes(whole)
        with (tmp_path / build).open("rb") as file:
            assert find_key_log(Elf(file.fileno())) == expected


def test_a_file_that_is_no_go_program() -> None:
    with Path("/bin/sh").open("rb") as file:
        assert not is_go(Elf(file.fileno()))
