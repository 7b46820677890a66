"""Where a translated filter runs: how each kind of BPF program reads the packet and what the kernel knows of it.

Registers of a translated filter: R6 the packet's context, R7 = A, R8 = X, R9 the packet's length; R0-R5 are free.
Values are kept zero-extended to 64 bits. The stack, downwards from the frame pointer:

    -64   M[0] ... M[15]
    -72   rounds left of a loop
    -80   the bytes of one load
    -128  for the hook's own use
    ...   the header window: the first bytes of the packet, copied once
"""

import os
from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from ptcpdump.errors import UnsupportedError
from ptcpdump.filters.assembler import FP, R0, R1, R2, R3, R4, R5, R6, R7, R9, Assembler, Condition, Helper, Op
from ptcpdump.filters.classic import Ancillary

Direction = Literal["in", "out"]

SCRATCH = -64
ROUNDS = -72
SLOT = -80
OWN = -128
WINDOW_LIMIT = 192     # bytes; the stack has 512
PACKET_OUTGOING = 4    # linux/if_packet.h
# machines whose verifier lets packets be read at any address (HAVE_EFFICIENT_UNALIGNED_ACCESS)
UNALIGNED = ("x86_64", "aarch64", "ppc64le", "s390x")
REJECT = "reject"      # label of the way out when the packet does not match


class Hook(ABC):
    """One kind of program. `passes` is the verdict that leaves the packet to whoever comes next."""

    passes: int
    window_limit = WINDOW_LIMIT   # 0: no header window, copy_header() is not called
    # Rounds of a loop (protochain) until the packet is taken not to match; the verifier walks through each of them. One
    # is an extension header of at least 8 bytes; packets in accord with RFC 8200 have no more than a dozen.
    max_rounds = 256

    @abstractmethod
    def enter(self, asm: Assembler) -> None:
        """Set R6 at the start, where R1 is the program's context."""

    @abstractmethod
    def length(self, asm: Assembler) -> None:
        """Let R9 be the packet's length."""

    def copy_header(self, asm: Assembler, size: int, to: int) -> None:
        """Copy the first `size` bytes, or all there are of a shorter packet, to the stack at `to`; go to REJECT if
        the packet can't be read. What lies behind the packet's end must be initialised too."""
        raise NotImplementedError

    @abstractmethod
    def copy(self, asm: Assembler, width: int) -> None:
        """Copy `width` bytes of the packet at offset R2 (known to be inside it) to SLOT; go to REJECT on failure."""

    @abstractmethod
    def ancillary(self, asm: Assembler, what: Ancillary) -> None:
        """Let R7 be what the kernel knows of the packet; raises UnsupportedError if it can't be known here."""

    def context(self, asm: Assembler) -> None:
        """Let R1 be the program's context again, for the tail call."""
        asm.alu64_reg(Op.MOV, R1, R6)


class BufferHook(Hook):
    """Programs whose context is struct __sk_buff (linux/bpf.h): tc, cgroup_skb and socket filters."""

    # offsets in struct __sk_buff and width of what must be swapped to host order
    _FIELDS: ClassVar = {
        Ancillary.PROTOCOL: (16, 16), Ancillary.PKTTYPE: (4, 0), Ancillary.IFINDEX: (40, 0), Ancillary.MARK: (8, 0),
        Ancillary.QUEUE: (12, 0), Ancillary.RXHASH: (68, 0), Ancillary.VLAN_TAG: (24, 0),
        Ancillary.VLAN_TAG_PRESENT: (20, 0), Ancillary.VLAN_TPID: (28, 16),
    }
    _HELPERS: ClassVar = {Ancillary.CPU: Helper.GET_SMP_PROCESSOR_ID, Ancillary.RANDOM: Helper.GET_PRANDOM_U32}
    _DATA, _DATA_END = 76, 80

    def __init__(self, name: str, passes: int, direction: Direction | None = None, *, direct: bool = True) -> None:
        """direct: the program may look at packets where they lie."""
        self.name = name
        self.passes = passes
        self.direction = direction
        self.direct = direct and os.uname().machine in UNALIGNED

    def enter(self, asm: Assembler) -> None:
        """R6 = the __sk_buff."""
        asm.alu64_reg(Op.MOV, R6, R1)

    def length(self, asm: Assembler) -> None:
        """__sk_buff.len."""
        asm.load(4, R9, R6, 0)

    def copy_header(self, asm: Assembler, size: int, to: int) -> None:
        """Without a call if so much lies in one piece, with one for other packets; a shorter one needs the window
        cleared first."""
        direct, short, ready = asm.new_label(), asm.new_label(), asm.new_label()
        if self.direct:
            asm.load(4, R3, R6, self._DATA)
            asm.load(4, R4, R6, self._DATA_END)
            asm.alu64_reg(Op.MOV, R5, R3)
            asm.alu64(Op.ADD, R5, size)
            asm.jump_if_reg(Condition.LE, R5, R4, direct)
        asm.jump_if(Condition.LT, R9, size, short)
        asm.alu(Op.MOV, R4, size)
        self._load_window(asm, to)
        asm.jump(ready)
        asm.label(short)
        for offset in range(to & ~7, to + size, 8):
            asm.store_zero(8, FP, offset)
        asm.jump_if(Condition.LT, R9, 1, ready)   # the helper refuses a size of 0
        asm.alu64_reg(Op.MOV, R4, R9)
        self._load_window(asm, to)
        if self.direct:
            # last, because the verifier of 6.18 takes it for its own mistake if it sees a window that a helper filled
            # after one that instructions did
            asm.jump(ready)
            asm.label(direct)
            asm.copy_to_stack(to, R3, size)
        asm.label(ready)

    @staticmethod
    def _load_window(asm: Assembler, to: int) -> None:
        asm.alu64_reg(Op.MOV, R1, R6)
        asm.alu(Op.MOV, R2, 0)
        asm.stack_address(R3, to)
        asm.call(Helper.SKB_LOAD_BYTES)
        asm.jump_if(Condition.NE, R0, 0, REJECT)

    def copy(self, asm: Assembler, width: int) -> None:
        """bpf_skb_load_bytes, which also reads what is not in the linear part."""
        asm.alu64_reg(Op.MOV, R1, R6)
        asm.stack_address(R3, SLOT)
        asm.alu(Op.MOV, R4, width)
        asm.call(Helper.SKB_LOAD_BYTES)
        asm.jump_if(Condition.NE, R0, 0, REJECT)

    def ancillary(self, asm: Assembler, what: Ancillary) -> None:
        """A field of the __sk_buff; the packet type of outgoing packets is set only for packet sockets, so it is
        known from where the program is attached."""
        if what == Ancillary.PKTTYPE and self.direction == "out":
            asm.alu(Op.MOV, R7, PACKET_OUTGOING)
        elif what in self._FIELDS:
            offset, swapped = self._FIELDS[what]
            asm.load(4, R7, R6, offset)
            if swapped:
                asm.big_endian(R7, swapped)
        elif what in self._HELPERS:
            asm.call(self._HELPERS[what])
            asm.alu_reg(Op.MOV, R7, R0)
        else:
            raise UnsupportedError(f"the filter asks for {what.name.lower()}, which {self.name} programs can't know; "
                                   "leave that part out of the expression")


def tc(direction: Direction) -> BufferHook:
    """Traffic control, tcx and clsact: TCX_NEXT and TC_ACT_UNSPEC are both -1."""
    return BufferHook("tc", -1, direction)


def cgroup_skb(direction: Direction) -> BufferHook:
    """Control groups: packets start at the network header (LINKTYPE_RAW); 1 lets them pass."""
    return BufferHook("cgroup_skb", 1, direction)


def socket_filter() -> BufferHook:
    """Packet sockets: 0 keeps the packet out of the socket."""
    return BufferHook("socket filter", 0, direct=False)
