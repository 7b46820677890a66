"""eBPF instructions (RFC 9669) and an assembler with labels.

Everything works on values kept zero-extended to 64 bits, so comparisons need no JMP32 class (Linux 5.1).
"""

import struct
import sys
from enum import IntEnum
from typing import NamedTuple

from ptcpdump.errors import FilterError


class Op(IntEnum):
    """Operation of an ALU instruction (code & 0xf0)."""

    ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, NEG, MOD, XOR, MOV = range(0x00, 0xC0, 0x10)


class Condition(IntEnum):
    """Condition of a jump, unsigned (code & 0xf0)."""

    EQ, GT, GE, SET, NE = range(0x10, 0x60, 0x10)
    LT, LE = 0xA0, 0xB0   # Linux 4.14


class Helper(IntEnum):
    """Kernel functions that filter programs call (enum bpf_func_id)."""

    GET_PRANDOM_U32 = 7
    GET_SMP_PROCESSOR_ID = 8
    TAIL_CALL = 12
    SKB_LOAD_BYTES = 26
    PROBE_READ_KERNEL = 113   # Linux 5.5
    DYNPTR_READ = 201         # Linux 5.19


R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP = range(11)

LDX, ST, STX, ALU32, JMP, ALU64 = 0x01, 0x02, 0x03, 0x04, 0x05, 0x07
LD_IMM64 = 0x18
MAP_FD = 1           # BPF_PSEUDO_MAP_FD, source of LD_IMM64
KFUNC = 2            # BPF_PSEUDO_KFUNC_CALL, source of CALL
BY_REGISTER = 0x08   # BPF_X
JA, CALL, EXIT = 0x05, 0x85, 0x95
TO_BIG_ENDIAN = 0xDC
WIDTH_CODES = {4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18}
MEM = 0x60


class Instruction(NamedTuple):
    """One eBPF instruction (struct bpf_insn)."""

    code: int
    dst: int = 0
    src: int = 0
    off: int = 0
    imm: int = 0

    def packed(self) -> bytes:
        """Its 8 bytes in the byte order of this machine."""
        registers = self.src << 4 | self.dst if sys.byteorder == "little" else self.dst << 4 | self.src
        imm = self.imm - (1 << 32) if self.imm >= 1 << 31 else self.imm
        return struct.pack("=BBhi", self.code, registers, self.off, imm)


class Assembler:
    """Appends instructions; jumps name labels, which :meth:`finish` turns into distances."""

    def __init__(self) -> None:
        self._code: list[Instruction] = []
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str]] = []
        self._unique = 0

    def new_label(self) -> str:
        """A label that is not used yet."""
        self._unique += 1
        return f".{self._unique}"

    def label(self, name: str) -> None:
        """Let `name` mean the next instruction."""
        self._labels[name] = len(self._code)

    def is_target(self, name: str) -> bool:
        """Whether anything so far jumps to a label; the verifier refuses code that nothing reaches."""
        return any(label == name for _, label in self._jumps)

    def emit(self, code: int, dst: int = 0, src: int = 0, off: int = 0, imm: int = 0) -> None:
        """Append any instruction."""
        self._code.append(Instruction(code, dst, src, off, imm))

    def alu(self, operation: Op, dst: int, imm: int) -> None:
        """32-bit dst = dst OP imm; clears the upper half."""
        self.emit(ALU32 | operation, dst, imm=imm)

    def alu_reg(self, operation: Op, dst: int, src: int) -> None:
        """32-bit dst = dst OP src; clears the upper half."""
        self.emit(ALU32 | operation | BY_REGISTER, dst, src)

    def alu64(self, operation: Op, dst: int, imm: int) -> None:
        """64-bit dst = dst OP imm, which must be below 2**31."""
        self.emit(ALU64 | operation, dst, imm=imm)

    def alu64_reg(self, operation: Op, dst: int, src: int) -> None:
        """64-bit dst = dst OP src, for pointers and sums that may exceed 32 bits."""
        self.emit(ALU64 | operation | BY_REGISTER, dst, src)

    def big_endian(self, dst: int, bits: int) -> None:
        """Turn the low `bits` (16, 32) of dst from network to host order or back; clears the rest."""
        self.emit(TO_BIG_ENDIAN, dst, imm=bits)

    def load(self, width: int, dst: int, base: int, off: int) -> None:
        """Read dst = *(base + off), `width` bytes, host order, zero-extended."""
        self.emit(LDX | MEM | WIDTH_CODES[width], dst, base, off)

    def store(self, width: int, base: int, off: int, src: int) -> None:
        """Write *(base + off) = src, `width` bytes."""
        self.emit(STX | MEM | WIDTH_CODES[width], base, src, off)

    def store_zero(self, width: int, base: int, off: int) -> None:
        """Write *(base + off) = 0, `width` bytes."""
        self.emit(ST | MEM | WIDTH_CODES[width], base, off=off)

    def stack_address(self, dst: int, off: int) -> None:
        """Let dst point at fp + off."""
        self.alu64_reg(Op.MOV, dst, FP)
        self.alu64(Op.ADD, dst, off)

    def copy_to_stack(self, to: int, base: int, size: int) -> None:
        """Copy `size` bytes from base to fp + to; R0 is lost."""
        for at, width in aligned(to, size, 8):
            self.load(width, R0, base, at - to)
            self.store(width, FP, at, R0)

    def map_address(self, dst: int, fd: int) -> None:
        """Let dst point at the map behind a file descriptor."""
        self.emit(LD_IMM64, dst, MAP_FD, imm=fd)
        self.emit(0)

    def call(self, helper: Helper) -> None:
        """Call a kernel function: arguments in R1-R5, result in R0; R1-R5 are lost."""
        self.emit(CALL, imm=helper)

    def call_kfunc(self, btf_id: int) -> None:
        """Call a kfunc of the kernel proper, named by its BTF id; registers as for :meth:`call`."""
        self.emit(CALL, src=KFUNC, imm=btf_id)

    def exit(self) -> None:
        """Return R0."""
        self.emit(EXIT)

    def jump(self, label: str) -> None:
        """Go to label."""
        self._jumps.append((len(self._code), label))
        self.emit(JA)

    def jump_if(self, test: Condition, dst: int, value: int, label: str) -> None:
        """Go to label if dst TEST value; both are compared as unsigned 32-bit numbers. R5 is lost."""
        if value < 1 << 31:
            self._jumps.append((len(self._code), label))
            self.emit(JMP | test, dst, imm=value)
        else:   # an immediate would be sign-extended
            self.alu(Op.MOV, R5, value)
            self.jump_if_reg(test, dst, R5, label)

    def jump_if_reg(self, test: Condition, dst: int, src: int, label: str) -> None:
        """Go to label if dst TEST src, unsigned 64 bits."""
        self._jumps.append((len(self._code), label))
        self.emit(JMP | test | BY_REGISTER, dst, src)

    def finish(self) -> tuple[Instruction, ...]:
        """All instructions with the distances of jumps filled in; raises FilterError if one is too far."""
        for index, label in self._jumps:
            distance = self._labels[label] - index - 1
            if not -(1 << 15) <= distance < 1 << 15:
                raise FilterError("the filter expression is too long to run in the kernel: a jump exceeds 32767 "
                                  "instructions; split the expression")
            self._code[index] = self._code[index]._replace(off=distance)
        return tuple(self._code)


def aligned(at: int, width: int, largest: int = 4) -> list[tuple[int, int]]:
    """Cut `width` bytes at stack offset `at` into aligned reads or writes (offset, width) of at most `largest`."""
    pieces = []
    while width:
        size = next(size for size in (8, 4, 2, 1) if size <= min(width, largest) and at % size == 0)
        pieces.append((at, size))
        at += size
        width -= size
    return pieces


def pack(instructions: tuple[Instruction, ...]) -> bytes:
    """The program as the kernel takes it."""
    return b"".join(one.packed() for one in instructions)
