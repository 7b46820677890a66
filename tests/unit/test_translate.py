"""The translator without a kernel: what it refuses, and what it makes of corner cases."""

import pytest

from ptcpdump.errors import FilterError, UnsupportedError
from ptcpdump.filters.assembler import Assembler, Condition, Instruction, pack
from ptcpdump.filters.classic import AD_OFFSET, Ancillary, ClassicProgram
from ptcpdump.filters.hooks import cgroup_skb, socket_filter, tc
from ptcpdump.filters.listing import listing
from ptcpdump.filters.pcap import compile_expression
from ptcpdump.filters.translate import TailCall, Verdict, translate

RETURN_ALL = (0x06, 0, 0, 262144)
LOAD_BYTE = 0x30


def ancillary(what: Ancillary) -> tuple[int, int, int, int]:
    return (0x20, 0, 0, AD_OFFSET + what)


@pytest.mark.parametrize("row", [
    (0x34, 0, 0, 0),             # A / 0
    (0x94, 0, 0, 0),             # A % 0
    (0x60, 0, 0, 16),            # M[16]
    (0x02, 0, 0, 16),
    (0xFF, 0, 0, 0),
    (0x20, 0, 0, 0xFFFFFFFF),    # no such ancillary data
    (0x38, 0, 0, 12),            # load of 8 bytes
])
def test_malformed_instructions(row: tuple[int, int, int, int]) -> None:
    with pytest.raises(FilterError, match="instruction 0 is unknown"):
        ClassicProgram([row, RETURN_ALL])


def test_control_must_end_in_a_return() -> None:
    with pytest.raises(FilterError, match="leaves the program at instruction 1"):
        ClassicProgram([(0x00, 0, 0, 1)])
    with pytest.raises(FilterError, match="leaves the program"):
        ClassicProgram([])


def test_reads_relative_to_other_headers_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="another header"):
        ClassicProgram([(0x20, 0, 0, 0xFFF00000), RETURN_ALL])   # SKF_NET_OFF


def test_what_cannot_be_known_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="hatype"):
        translate([ancillary(Ancillary.HATYPE), RETURN_ALL], tc("in"), Verdict(0))


def test_unreachable_code_is_left_out() -> None:
    program = ClassicProgram([(0x05, 0, 0, 1), (0xFF, 0, 0, 0), RETURN_ALL])
    assert program.reachable == {0, 2}


def test_loops_are_seen() -> None:
    assert ClassicProgram(compile_expression("ip6 protochain 6").instructions).jumps_back
    assert not ClassicProgram(compile_expression("ip6 proto 6").instructions).jumps_back


def test_direction_is_known_from_the_hook() -> None:
    row = ancillary(Ancillary.PKTTYPE)
    assert "w7 = 4" in listing(translate([row, RETURN_ALL], tc("out"), Verdict(0)))
    assert "r7 = *(u32 *)(r6 +4)" in listing(translate([row, RETURN_ALL], tc("in"), Verdict(0)))


@pytest.mark.parametrize(("hook", "verdict"), [
    (tc("in"), "w0 = 0xffffffff"), (cgroup_skb("out"), "w0 = 1"), (socket_filter(), "w0 = 0"),
])
def test_packets_that_do_not_match_go_on(hook, verdict: str) -> None:
    lines = listing(translate([RETURN_ALL], hook, TailCall(7, 2))).splitlines()
    assert lines[-1].endswith("exit")
    assert lines[-2].endswith(verdict)
    assert any(line.endswith("r2 = map[fd 7]") for line in lines)
    assert any(line.endswith("call tail_call#12") for line in lines)


def test_far_jumps_are_refused() -> None:
    asm = Assembler()
    asm.jump("end")
    for _ in range(40_000):
        asm.exit()
    asm.label("end")
    with pytest.raises(FilterError, match="too long"):
        asm.finish()


def test_large_immediates_are_compared_unsigned() -> None:
    asm = Assembler()
    asm.jump_if(Condition.EQ, 7, 0xFFFFFFFF, "end")
    asm.label("end")
    assert listing(asm.finish()).splitlines() == ["   0: w5 = 0xffffffff", "   1: if r7 == r5 goto 2"]


def test_instructions_are_packed_as_the_kernel_has_them() -> None:
    assert len(pack((Instruction(0x95), Instruction(0xB4, 0, 0, 0, 0xFFFFFFFF)))) == 16
    assert Instruction(0xB4, 0, imm=0xFFFFFFFF).packed()[4:] == b"\xff" * 4


def test_odd_offsets_are_read_in_aligned_pieces() -> None:
    """The verifier refuses unaligned reads of the stack."""
    for offset in range(64):
        text = listing(translate([(0x20, 0, 0, offset), RETURN_ALL], socket_filter(), Verdict(1)))
        for line in text.splitlines():
            if "= *(u" in line and "(r10" in line:
                width = int(line.split("*(u")[1].split()[0]) // 8
                assert int(line.split("r10 ")[1].rstrip(")")) % width == 0, line
