"""Classic BPF translated to eBPF.

A filter becomes a program of its own in front of the capture program, which it enters by a tail call: no object code is
patched, and any capture program can stand behind it. When the packet does not match, the program ends with the verdict
that lets the packet go on as if nobody had looked.

The result is what libpcap's interpreter says of the same bytes: a read beyond the packet rejects it, so does a division
by zero, shifts by 32 or more give 0, arithmetic is unsigned with 32 bits.
"""

from collections.abc import Iterable

from ptcpdump.filters.assembler import (
    FP,
    R0,
    R1,
    R2,
    R3,
    R7,
    R8,
    R9,
    Assembler,
    Condition,
    Helper,
    Instruction,
    Op,
    aligned,
)
from ptcpdump.filters.classic import Alu, Class, Classic, ClassicProgram, Jump, Mode
from ptcpdump.filters.hooks import OWN, REJECT, ROUNDS, SCRATCH, SLOT, Hook
from ptcpdump.records import dataclass

_OPPOSITE = {Condition.EQ: Condition.NE, Condition.GT: Condition.LE, Condition.GE: Condition.LT}


@dataclass(frozen=True, slots=True)
class TailCall:
    """Enter the program at `index` of the BPF_MAP_TYPE_PROG_ARRAY behind `map_fd`."""

    map_fd: int
    index: int = 0
    returns = True   # if there is no such program

    def emit(self, asm: Assembler, hook: Hook) -> None:
        """Append the call."""
        hook.context(asm)
        asm.map_address(R2, self.map_fd)
        asm.alu(Op.MOV, R3, self.index)
        asm.call(Helper.TAIL_CALL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Return `value`."""

    value: int
    returns = False

    def emit(self, asm: Assembler, hook: Hook) -> None:
        """Append the return."""
        del hook
        asm.alu(Op.MOV, R0, self.value)
        asm.exit()


def translate(
    rows: Iterable[tuple[int, int, int, int]], hook: Hook, on_match: TailCall | Verdict
) -> tuple[Instruction, ...]:
    """Translate a classic program, given as (code, jt, jf, k), for `hook`; `on_match` says what a match does.

    Raises FilterError for a malformed program, UnsupportedError for what the hook can't know.
    """
    return _Translation(ClassicProgram(rows), hook, on_match).run()


class _Translation:
    def __init__(self, program: ClassicProgram, hook: Hook, on_match: TailCall | Verdict) -> None:
        self.program = program
        self.hook = hook
        self.on_match = on_match
        self.asm = Assembler()
        self.window = program.header_bytes(hook.window_limit)
        # Reads from the stack must be aligned. Behind an Ethernet header of 14 bytes all else is aligned to 4 if the
        # window starts 2 beyond a multiple of 4; raw IP wants it at a multiple.
        self.window_at = min((self._window_address(shift) for shift in (0, 2)), key=self._pieces)

    def run(self) -> tuple[Instruction, ...]:
        asm = self.asm
        self.hook.enter(asm)
        self.hook.length(asm)
        asm.alu(Op.MOV, R7, 0)
        asm.alu(Op.MOV, R8, 0)
        for word in self.program.scratch_read():
            asm.store_zero(4, FP, SCRATCH + 4 * word)
        if self.program.jumps_back:
            asm.alu(Op.MOV, R0, self.hook.max_rounds)
            asm.store(8, FP, ROUNDS, R0)
        if self.window:
            self.hook.copy_header(asm, self.window, self.window_at)
        for index in sorted(self.program.reachable):
            asm.label(str(index))
            self._instruction(index, self.program.instructions[index])
        matches = asm.is_target("match")
        if matches:
            asm.label("match")
            self.on_match.emit(asm, self.hook)
        if asm.is_target(REJECT) or (matches and self.on_match.returns):
            asm.label(REJECT)
            asm.alu(Op.MOV, R0, self.hook.passes & 0xFFFFFFFF)
            asm.exit()
        return asm.finish()

    # ------------------------------------------------------------------ the header window

    def _window_address(self, shift: int) -> int:
        return OWN - (self.window + shift + 7 & ~7) + shift

    def _pieces(self, window_at: int) -> int:
        """How many aligned reads the program needs with the window there."""
        loads = (self.program.instructions[index] for index in self.program.reachable)
        return sum(len(aligned(window_at + one.k, one.width)) for one in loads
                   if one.kind == Class.LD and one.mode == Mode.ABS and one.k + one.width <= self.window)

    def _read(self, register: int, offset: int, width: int) -> None:
        """Let register be the `width` bytes at a constant offset."""
        asm = self.asm
        asm.jump_if(Condition.LT, R9, offset + width, REJECT)
        if offset + width > self.window:
            asm.alu(Op.MOV, R2, offset)
            self._read_at_r2(register, width)
            return
        first, *rest = aligned(self.window_at + offset, width)
        self._read_piece(register, *first)
        for at, size in rest:
            asm.alu(Op.LSH, register, 8 * size)
            self._read_piece(R0, at, size)
            asm.alu_reg(Op.OR, register, R0)

    def _read_piece(self, register: int, at: int, size: int) -> None:
        self.asm.load(size, register, FP, at)
        if size > 1:
            self.asm.big_endian(register, 8 * size)

    def _read_at_r2(self, register: int, width: int) -> None:
        self.hook.copy(self.asm, width)
        self._read_piece(register, SLOT, width)

    # ------------------------------------------------------------------ instructions

    def _instruction(self, index: int, one: Classic) -> None:
        asm = self.asm
        match one.kind:
            case Class.LD:
                self._load(R7, one)
            case Class.LDX:
                self._load(R8, one)
            case Class.ST:
                asm.store(4, FP, SCRATCH + 4 * one.k, R7)
            case Class.STX:
                asm.store(4, FP, SCRATCH + 4 * one.k, R8)
            case Class.ALU:
                self._arithmetic(one)
            case Class.JMP:
                self._jump(index, one)
            case Class.RET:
                self._return(one)
            case Class.MISC if one.code & 0xF8:
                asm.alu_reg(Op.MOV, R7, R8)
            case Class.MISC:
                asm.alu_reg(Op.MOV, R8, R7)

    def _load(self, register: int, one: Classic) -> None:
        asm = self.asm
        match one.mode:
            case Mode.IMM:
                asm.alu(Op.MOV, register, one.k)
            case Mode.LEN:
                asm.alu_reg(Op.MOV, register, R9)
            case Mode.MEM:
                asm.load(4, register, FP, SCRATCH + 4 * one.k)
            case Mode.MSH:
                self._read_or_reject(register, one)
                asm.alu(Op.AND, register, 0x0F)
                asm.alu(Op.LSH, register, 2)
            case Mode.IND:
                # X + k in 64 bits: an offset that wraps in 32 is outside the packet
                asm.alu(Op.MOV, R2, one.k)
                asm.alu64_reg(Op.ADD, R2, R8)
                asm.alu64_reg(Op.MOV, R1, R2)
                asm.alu64(Op.ADD, R1, one.width)
                asm.jump_if_reg(Condition.GT, R1, R9, REJECT)
                self._read_at_r2(register, one.width)
            case Mode.ABS if (what := one.ancillary) is not None:
                self.hook.ancillary(asm, what)
            case Mode.ABS:
                self._read_or_reject(register, one)

    def _read_or_reject(self, register: int, one: Classic) -> None:
        if one.k < 1 << 31:
            self._read(register, one.k, one.width)
        else:   # no packet is that long
            self.asm.jump(REJECT)

    def _arithmetic(self, one: Classic) -> None:
        asm = self.asm
        operation = Alu(one.code & 0xF0)
        shift = operation in (Alu.LSH, Alu.RSH)
        if operation == Alu.NEG:
            asm.alu(Op.NEG, R7, 0)
        elif not one.by_x:
            if shift and one.k >= 32:
                asm.alu(Op.MOV, R7, 0)
            else:
                asm.alu(Op(operation), R7, one.k)
        elif shift:
            done = asm.new_label()
            large = asm.new_label()
            asm.jump_if(Condition.GT, R8, 31, large)
            asm.alu_reg(Op(operation), R7, R8)
            asm.jump(done)
            asm.label(large)
            asm.alu(Op.MOV, R7, 0)
            asm.label(done)
        else:
            if operation in (Alu.DIV, Alu.MOD):
                asm.jump_if(Condition.EQ, R8, 0, REJECT)
            asm.alu_reg(Op(operation), R7, R8)

    def _jump(self, index: int, one: Classic) -> None:
        asm = self.asm
        kind = Jump(one.code & 0xF0)
        targets = one.targets(index)
        if kind == Jump.JA:
            if targets[0] <= index:
                self._count_round()
            if targets[0] != index + 1:
                asm.jump(str(targets[0]))
            return
        test = Condition(kind)
        yes, no = targets
        if yes == no:
            self._goto(index, yes)
        elif yes == index + 1 and test in _OPPOSITE:
            self._jump_if(_OPPOSITE[test], one, no)
        else:
            self._jump_if(test, one, yes)
            self._goto(index, no)

    def _goto(self, index: int, target: int) -> None:
        if target != index + 1:
            self.asm.jump(str(target))

    def _jump_if(self, test: Condition, one: Classic, target: int) -> None:
        if one.by_x:
            self.asm.jump_if_reg(test, R7, R8, str(target))
        else:
            self.asm.jump_if(test, R7, one.k, str(target))

    def _count_round(self) -> None:
        """Let the verifier see that a loop ends (Linux 5.3), and forget what it knows of the values: else it takes
        each round for another case and gives up."""
        asm = self.asm
        self.hook.length(asm)
        for register in (R7, R8):
            asm.alu_reg(Op.XOR, register, R9)
            asm.alu_reg(Op.XOR, register, R9)
        asm.load(8, R0, FP, ROUNDS)
        asm.alu64(Op.SUB, R0, 1)
        asm.jump_if(Condition.EQ, R0, 0, REJECT)
        asm.store(8, FP, ROUNDS, R0)

    def _return(self, one: Classic) -> None:
        if one.code & 0x18:   # the accumulator says how much of the packet to take
            self.asm.jump_if(Condition.NE, R7, 0, "match")
            self.asm.jump(REJECT)
        else:
            self.asm.jump("match" if one.k else REJECT)
