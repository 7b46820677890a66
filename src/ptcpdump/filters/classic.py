"""Classic BPF: its instructions by name, and what a program must be like to be translated.

Source: McCanne and Jacobson, "The BSD Packet Filter" (1993); Linux's extensions from linux/filter.h (the SKF_AD_ loads,
Documentation/networking/filter.rst).
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from ptcpdump.errors import FilterError, UnsupportedError

SCRATCH_WORDS = 16   # BPF_MEMWORDS: M[0] to M[15]
NEGATIVE = 1 << 31   # offsets from here on are Linux's negative ones, not bytes of the packet
AD_OFFSET = 0xFFFFF000  # SKF_AD_OFF: ancillary data instead of bytes of the packet


class Class(IntEnum):
    """What an instruction does (code & 7)."""

    LD, LDX, ST, STX, ALU, JMP, RET, MISC = range(8)


class Mode(IntEnum):
    """Where a load reads (code & 0xe0)."""

    IMM, ABS, IND, MEM, LEN, MSH = range(0x00, 0xC0, 0x20)


class Alu(IntEnum):
    """Arithmetic on the accumulator (code & 0xf0)."""

    ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, NEG, MOD, XOR = range(0x00, 0xB0, 0x10)


class Jump(IntEnum):
    """Kind of jump (code & 0xf0)."""

    JA, JEQ, JGT, JGE, JSET = range(0x00, 0x50, 0x10)


class Ancillary(IntEnum):
    """What Linux lets a filter know beside the bytes: offsets behind SKF_AD_OFF (linux/filter.h)."""

    PROTOCOL, PKTTYPE, IFINDEX, NLATTR, NLATTR_NEST, MARK, QUEUE, HATYPE, RXHASH, CPU = range(0, 40, 4)
    ALU_XOR_X, VLAN_TAG, VLAN_TAG_PRESENT, PAY_OFFSET, RANDOM, VLAN_TPID = range(40, 64, 4)


WIDTHS = {0x00: 4, 0x08: 2, 0x10: 1}   # bytes that a load reads, by code & 0x18


class Classic(NamedTuple):
    """One instruction, the fields of struct sock_filter."""

    code: int
    jt: int
    jf: int
    k: int

    @property
    def kind(self) -> Class:
        """What it does."""
        return Class(self.code & 0x07)

    @property
    def mode(self) -> Mode:
        """Where a load reads."""
        return Mode(self.code & 0xE0)

    @property
    def width(self) -> int:
        """Bytes that a load reads."""
        return WIDTHS[self.code & 0x18]

    @property
    def ancillary(self) -> Ancillary | None:
        """Which ancillary value an LD ABS reads; None: it reads the packet. Raises ValueError for an unknown one."""
        return Ancillary(self.k - AD_OFFSET) if self.k >= AD_OFFSET else None

    @property
    def by_x(self) -> bool:
        """Whether the operand is X rather than k."""
        return bool(self.code & 0x08)

    def targets(self, index: int) -> tuple[int, ...]:
        """Indexes of the instructions that may follow this one, which stands at `index`."""
        if self.kind == Class.RET:
            return ()
        if self.kind != Class.JMP:
            return (index + 1,)
        if Jump(self.code & 0xF0) == Jump.JA:
            return (index + 1 + (self.k - (1 << 32) if self.k & NEGATIVE else self.k),)  # protochain jumps back
        return (index + 1 + self.jt, index + 1 + self.jf)


class ClassicProgram:
    """A checked program: `instructions`, the indexes that are `reachable`, and `jumps_back` (a loop)."""

    def __init__(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        self.instructions = tuple(Classic(*row) for row in rows)
        self.reachable: set[int] = set()
        self.jumps_back = False
        todo = [0]
        while todo:
            index = todo.pop()
            if index in self.reachable:
                continue
            if not 0 <= index < len(self.instructions):
                raise FilterError(f"classic BPF: control leaves the program at instruction {index}")
            self.reachable.add(index)
            one = self.instructions[index]
            _check(index, one)
            targets = one.targets(index)
            self.jumps_back |= any(target <= index for target in targets)
            todo += targets

    def header_bytes(self, limit: int) -> int:
        """How far into the packet the loads with constant offset reach, those beyond `limit` left out."""
        ends = [0]
        for index in self.reachable:
            one = self.instructions[index]
            if one.kind in (Class.LD, Class.LDX) and one.mode in (Mode.ABS, Mode.MSH):
                ends.append(one.k + one.width)
        return max(end for end in ends if end <= limit)

    def scratch_read(self) -> list[int]:
        """Indexes of the scratch words that are read."""
        return sorted({one.k for one in (self.instructions[index] for index in self.reachable)
                       if one.kind in (Class.LD, Class.LDX) and one.mode == Mode.MEM})


def _check(index: int, one: Classic) -> None:
    """Refuse what has no meaning, so that the translator need not ask."""
    try:
        valid = _known(one)
    except (ValueError, KeyError):
        valid = False
    if not valid:
        raise FilterError(f"classic BPF: instruction {index} is unknown (code {one.code:#x}, k {one.k:#x})")
    if one.kind == Class.LD and one.mode in (Mode.ABS, Mode.IND) and NEGATIVE <= one.k < AD_OFFSET:
        raise UnsupportedError(f"classic BPF: instruction {index} reads relative to another header "
                               f"(offset {one.k - (1 << 32)}); give the offset from the start of the packet")


def _known(one: Classic) -> bool:
    match one.kind:
        case Class.LD:
            if one.mode == Mode.ABS and one.k >= AD_OFFSET:
                return one.ancillary is not None
            return one.mode != Mode.MSH and one.width > 0 and (one.mode != Mode.MEM or one.k < SCRATCH_WORDS)
        case Class.LDX:
            return (one.mode in (Mode.IMM, Mode.LEN) or (one.mode == Mode.MEM and one.k < SCRATCH_WORDS)
                    or (one.mode == Mode.MSH and one.width == 1))
        case Class.ST | Class.STX:
            return one.k < SCRATCH_WORDS
        case Class.ALU:
            operation = Alu(one.code & 0xF0)
            return one.by_x or one.k != 0 or operation not in (Alu.DIV, Alu.MOD)
        case Class.JMP:
            Jump(one.code & 0xF0)
            return True
        case Class.RET:
            return one.code & 0x18 in (0x00, 0x10)
        case _:
            return one.code & 0xF8 in (0x00, 0x80)
