"""eBPF as text, in the words of the kernel's verifier: what -dddd prints."""

from collections.abc import Sequence

from ptcpdump.filters import assembler as ebpf
from ptcpdump.filters.assembler import Helper, Instruction, Op

_OPERATORS = {
    Op.ADD: "+=", Op.SUB: "-=", Op.MUL: "*=", Op.DIV: "/=", Op.OR: "|=", Op.AND: "&=", Op.LSH: "<<=", Op.RSH: ">>=",
    Op.MOD: "%=", Op.XOR: "^=", Op.MOV: "=",
}
_CONDITIONS = {
    ebpf.Condition.EQ: "==", ebpf.Condition.GT: ">", ebpf.Condition.GE: ">=", ebpf.Condition.SET: "&",
    ebpf.Condition.NE: "!=", ebpf.Condition.LT: "<", ebpf.Condition.LE: "<=",
}
_TYPES = {0x00: "u32", 0x08: "u16", 0x10: "u8", 0x18: "u64"}


def listing(instructions: Sequence[Instruction]) -> str:
    """One line per instruction, its number first, with a line feed behind each; w0 is the lower half of r0."""
    lines = []
    wide = False
    for index, one in enumerate(instructions):
        if not wide:   # the second half of a 16-byte instruction has nothing to say
            lines.append(f"{index:4}: {_text(index, one)}\n")
        wide = one.code == ebpf.LD_IMM64
    return "".join(lines)


def _text(index: int, one: Instruction) -> str:
    match one.code & 0x07:
        case ebpf.ALU32 | ebpf.ALU64:
            return _arithmetic(one)
        case ebpf.JMP:
            return _jump(index, one)
        case ebpf.LDX:
            return f"r{one.dst} = {_memory(one, one.src)}"
        case ebpf.STX:
            return f"{_memory(one, one.dst)} = r{one.src}"
        case ebpf.ST:
            return f"{_memory(one, one.dst)} = {one.imm}"
        case _:
            return f"r{one.dst} = map[fd {one.imm}]"


def _arithmetic(one: Instruction) -> str:
    wide = one.code & 0x07 == ebpf.ALU64
    letter = "r" if wide else "w"
    if one.code == ebpf.TO_BIG_ENDIAN:
        return f"r{one.dst} = be{one.imm} r{one.dst}"
    operation = Op(one.code & 0xF0)
    if operation == Op.NEG:
        return f"{letter}{one.dst} = -{letter}{one.dst}"
    operand = f"{letter}{one.src}" if one.code & ebpf.BY_REGISTER else _number(one.imm)
    return f"{letter}{one.dst} {_OPERATORS[operation]} {operand}"


def _jump(index: int, one: Instruction) -> str:
    match one.code:
        case ebpf.EXIT:
            return "exit"
        case ebpf.CALL if one.src == ebpf.KFUNC:
            return f"call kfunc#{one.imm}"
        case ebpf.CALL:
            return f"call {Helper(one.imm).name.lower()}#{one.imm:d}"
        case ebpf.JA:
            return f"goto {index + 1 + one.off}"
    operand = f"r{one.src}" if one.code & ebpf.BY_REGISTER else _number(one.imm)
    condition = _CONDITIONS[ebpf.Condition(one.code & 0xF0)]
    return f"if r{one.dst} {condition} {operand} goto {index + 1 + one.off}"


def _memory(one: Instruction, base: int) -> str:
    return f"*({_TYPES[one.code & 0x18]} *)(r{base} {one.off:+d})"


def _number(value: int) -> str:
    return str(value) if -16 < value < 16 else hex(value)
