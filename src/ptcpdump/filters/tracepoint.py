"""Filters in tp_btf programs on netif_receive_skb and net_dev_queue, which see the kernel's own struct sk_buff.

There is no helper that reads packet bytes here. The linear part is read as kernel memory; what lies in fragments (the
payload of most TCP packets that are sent) through a dynptr, which tracepoints may make since Linux 6.11. Where they may
not, a read beyond the linear part rejects the packet.
"""

import sys
from typing import ClassVar, NamedTuple, Protocol

from ptcpdump.errors import UnsupportedError
from ptcpdump.filters.assembler import (
    FP,
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R9,
    Assembler,
    Condition,
    Helper,
    Op,
)
from ptcpdump.filters.classic import Ancillary
from ptcpdump.filters.hooks import OWN, PACKET_OUTGOING, REJECT, SLOT, Direction, Hook

DYNPTR = OWN           # struct bpf_dynptr, 16 bytes
HEADER = OWN + 16      # bytes between the packet's start and skb->data
LINEAR = OWN + 24      # bytes of the packet that lie in one piece
START = OWN + 32       # address of the packet's first byte
CONTEXT = OWN + 40
LONGEST_HEADER = 255   # of a link layer; more means that mac_header is a leftover of an outer packet
NO_HEADER = 0xFFFF     # mac_header of a packet without


class Types(Protocol):
    """What :class:`ptcpdump.kernel.bindings.btf.Types` offers, as far as it is needed here."""

    def member(self, struct: str, name: str) -> tuple[int, int] | None:
        """Offset and size in bits of a struct's member."""

    def function(self, name: str) -> int | None:
        """BTF id of a function."""


class Field(NamedTuple):
    """A member of a struct: what to read and which bits of it."""

    offset: int
    width: int
    shift: int = 0
    mask: int = 0   # 0: all

    def load(self, asm: Assembler, to: int, base: int) -> None:
        """Let register `to` be the member of the struct that register `base` points at."""
        asm.load(self.width, to, base, self.offset)
        if self.shift:
            asm.alu(Op.RSH, to, self.shift)
        if self.mask:
            asm.alu(Op.AND, to, self.mask)


def field(types: Types, struct: str, name: str) -> Field | None:
    """Look a member up; None: this kernel has none of that name."""
    found = types.member(struct, name)
    if found is None:
        return None
    at, size = found
    if size % 8 == 0 and at % 8 == 0:
        return Field(at // 8, size // 8)
    inside = at % 8
    shift = inside if sys.byteorder == "little" else 8 - inside - size
    return Field(at // 8, 1, shift, (1 << size) - 1)


class TracepointHook(Hook):
    """A tp_btf program whose first argument is the sk_buff.

    link_header: whether the device has a link layer; packets of one without start at skb->data.
    """

    passes = 0
    window_limit = 0   # what is linear differs from packet to packet
    max_rounds = 64    # each load has two ways here, which the verifier goes both

    _FIELDS: ClassVar = {
        Ancillary.PKTTYPE: "pkt_type", Ancillary.MARK: "mark", Ancillary.QUEUE: "queue_mapping",
        Ancillary.RXHASH: "hash", Ancillary.VLAN_TAG: "vlan_tci",
    }
    _SWAPPED: ClassVar = {Ancillary.PROTOCOL: "protocol", Ancillary.VLAN_TPID: "vlan_proto"}
    _HELPERS: ClassVar = {Ancillary.CPU: Helper.GET_SMP_PROCESSOR_ID, Ancillary.RANDOM: Helper.GET_PRANDOM_U32}

    def __init__(self, types: Types, direction: Direction, *, link_header: bool = True, reads_all: bool = True) -> None:
        """reads_all: tracepoints may make a dynptr of a packet, if the kernel has the function for it."""
        self.types = types
        self.direction = direction
        self.link_header = link_header
        self.dynptr_from_skb = types.function("bpf_dynptr_from_skb") if reads_all else None

    def _field(self, name: str, struct: str = "sk_buff") -> Field:
        found = field(self.types, struct, name)
        if found is None:
            raise UnsupportedError(f"this kernel's struct {struct} has no {name}, which the filter needs at a "
                                   "tracepoint; use another backend")
        return found

    def enter(self, asm: Assembler) -> None:
        """R6 = the sk_buff; find out where the packet starts and how much of it is linear."""
        asm.store(8, FP, CONTEXT, R1)
        asm.load(8, R6, R1, 0)
        self._field("data").load(asm, R3, R6)
        asm.alu64_reg(Op.MOV, R1, R3)
        if self.link_header:
            at_data = asm.new_label()
            self._field("mac_header").load(asm, R2, R6)
            asm.jump_if(Condition.EQ, R2, NO_HEADER, at_data)
            self._field("head").load(asm, R4, R6)
            asm.alu64_reg(Op.ADD, R4, R2)
            asm.alu64_reg(Op.MOV, R5, R3)
            asm.alu64_reg(Op.SUB, R5, R4)
            asm.jump_if(Condition.GT, R5, LONGEST_HEADER, at_data)
            asm.alu64_reg(Op.MOV, R1, R4)
            asm.label(at_data)
        asm.store(8, FP, START, R1)
        asm.alu64_reg(Op.SUB, R3, R1)
        asm.store(8, FP, HEADER, R3)
        self._field("len").load(asm, R1, R6)
        self._field("data_len").load(asm, R2, R6)
        asm.alu_reg(Op.SUB, R1, R2)
        asm.alu64_reg(Op.ADD, R1, R3)
        asm.store(8, FP, LINEAR, R1)
        if self.dynptr_from_skb is not None:
            asm.alu64_reg(Op.MOV, R1, R6)
            asm.alu(Op.MOV, R2, 0)
            asm.stack_address(R3, DYNPTR)
            asm.call_kfunc(self.dynptr_from_skb)

    def length(self, asm: Assembler) -> None:
        """From the link header on."""
        self._field("len").load(asm, R9, R6)
        asm.load(8, R0, FP, HEADER)
        asm.alu_reg(Op.ADD, R9, R0)

    def copy(self, asm: Assembler, width: int) -> None:
        """From kernel memory if it is linear, else through the dynptr, which starts at skb->data."""
        far, done = asm.new_label(), asm.new_label()
        asm.load(8, R0, FP, LINEAR)
        asm.alu64_reg(Op.MOV, R1, R2)
        asm.alu64(Op.ADD, R1, width)
        asm.jump_if_reg(Condition.GT, R1, R0, far)
        asm.load(8, R3, FP, START)
        asm.alu64_reg(Op.ADD, R3, R2)
        asm.stack_address(R1, SLOT)
        asm.alu(Op.MOV, R2, width)
        asm.call(Helper.PROBE_READ_KERNEL)
        asm.jump_if(Condition.NE, R0, 0, REJECT)
        asm.jump(done)
        asm.label(far)
        if self.dynptr_from_skb is None:
            asm.jump(REJECT)
        else:
            asm.load(8, R0, FP, HEADER)
            asm.jump_if_reg(Condition.LT, R2, R0, REJECT)
            asm.alu64_reg(Op.MOV, R4, R2)
            asm.alu64_reg(Op.SUB, R4, R0)
            asm.stack_address(R1, SLOT)
            asm.alu(Op.MOV, R2, width)
            asm.stack_address(R3, DYNPTR)
            asm.alu(Op.MOV, R5, 0)
            asm.call(Helper.DYNPTR_READ)
            asm.jump_if(Condition.NE, R0, 0, REJECT)
        asm.label(done)

    def ancillary(self, asm: Assembler, what: Ancillary) -> None:
        """A member of the sk_buff."""
        if what == Ancillary.PKTTYPE and self.direction == "out":
            asm.alu(Op.MOV, R7, PACKET_OUTGOING)
        elif what in self._FIELDS:
            self._field(self._FIELDS[what]).load(asm, R7, R6)
        elif what in self._SWAPPED:
            self._field(self._SWAPPED[what]).load(asm, R7, R6)
            asm.big_endian(R7, 16)
        elif what in self._HELPERS:
            asm.call(self._HELPERS[what])
            asm.alu_reg(Op.MOV, R7, R0)
        elif what == Ancillary.IFINDEX:
            self._field("dev").load(asm, R1, R6)
            self._field("ifindex", "net_device").load(asm, R7, R1)
        elif what == Ancillary.VLAN_TAG_PRESENT:
            self._vlan_present(asm)
        else:
            raise UnsupportedError(f"the filter asks for {what.name.lower()}, which tracepoint programs can't know; "
                                   "leave that part out of the expression")

    def _vlan_present(self, asm: Assembler) -> None:
        """A bit of its own until Linux 6.1; since then a tag is there if tag and protocol are not both 0."""
        bit = field(self.types, "sk_buff", "vlan_present")
        if bit is not None:
            bit.load(asm, R7, R6)
            return
        absent = asm.new_label()
        self._field("vlan_all").load(asm, R7, R6)
        asm.jump_if(Condition.EQ, R7, 0, absent)
        asm.alu(Op.MOV, R7, 1)
        asm.label(absent)

    def context(self, asm: Assembler) -> None:
        """The tracepoint's arguments."""
        asm.load(8, R1, FP, CONTEXT)
