"""Where probes are put among a function's first instructions: what stands there is read by objdump, too."""

import re
import subprocess
from pathlib import Path

import pytest
from elves import elf

from ptcpdump.tls.elf import Elf
from ptcpdump.tls.frames import Functions
from ptcpdump.tls.prologues import cheapest

ENDBR64, TEST_RDI, PUSH_RBP, PUSH_R12 = b"\xf3\x0f\x1e\xfa", b"\x48\x85\xff", b"\x55", b"\x41\x54"
GO = b"\x4c\x8d\x64\x24\xd0\x4d\x3b\x66\x10"       # lea -48(%rsp), %r12; cmp 16(%r14), %r12
GO_LARGE = b"\x4c\x8d\xa4\x24\x00\xff\xff\xff\x4d\x3b\x66\x10"
GO_SMALL = b"\x49\x3b\x66\x10"                      # cmp 16(%r14), %rsp
JBE, JBE_FAR, MOV = b"\x76\x20", b"\x0f\x86\x75\x02\0\0", b"\x48\x89\xf8"


@pytest.mark.parametrize(("harmless", "then", "moved"), [
    (b"", PUSH_RBP, 0), (ENDBR64, PUSH_RBP, 4), (ENDBR64, PUSH_R12, 4), (TEST_RDI, b"\x74\x13", 3),
    (GO, JBE_FAR, 9), (GO_SMALL, JBE, 4), (GO_LARGE, JBE_FAR, 12),
    (ENDBR64, MOV, 0), (TEST_RDI, MOV, 0), (MOV, PUSH_RBP, 0), (ENDBR64, b"", 0)])      # nothing would be gained
def test_instructions(tmp_path: Path, harmless: bytes, then: bytes, moved: int) -> None:
    for machine, expected in ((62, moved), (183, 0)):
        (tmp_path / "x").write_bytes(elf([(5, 0x401000, harmless + then)], machine=machine))
        with (tmp_path / "x").open("rb") as file:
            assert cheapest(Elf(file.fileno()), 0x1000) == 0x1000 + expected


def test_every_function_of_a_library() -> None:
    """Wherever it is another place, an instruction begins there, and it is one that the kernel emulates."""
    with next(Path("/usr/lib").glob("*/libssl.so.3")).open("rb") as file:
        read, functions = Elf(file.fileno()), Functions(Elf(file.fileno()))
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-j", ".text", file.name], capture_output=True,
                              text=True, check=True).stdout
        instructions = {int(row[1], 16): row[2] for row in re.finditer(r"^ +(\w+):\t(\w+)", text, re.MULTILINE)}
        moved = [address - offset + better for address in instructions if functions.begins_at(address)
                 and (better := cheapest(read, offset := read.offset_of(address))) != offset]
    assert len(moved) > 10
    assert {instructions.get(address, "in the middle")[0] for address in moved} <= {"p", "j"}
