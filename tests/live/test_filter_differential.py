"""Our translation in the kernel against libpcap's interpreter: the same packets must match, without exception.

Programs run as socket filters, because the kernel shows those the bytes behind a made-up Ethernet header: so packets
may be cut anywhere. A part is repeated with the other program types.
"""

import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump.errors import FilterError, UnsupportedError
from ptcpdump.filters.assembler import Instruction, pack
from ptcpdump.filters.hooks import cgroup_skb, socket_filter, tc
from ptcpdump.filters.pcap import Program, compile_expression
from ptcpdump.filters.translate import Verdict, translate
from ptcpdump.kernel.bindings.rawprog import load_program, run_each

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="BPF_PROG_TEST_RUN needs root")

HERE = Path(__file__).parent
CORPUS = Path(os.environ.get("PTCPDUMP_CORPUS", HERE.parents[2] / "shared" / "corpus"))
SOCKET_FILTER, SCHED_CLS, CGROUP_SKB = 1, 3, 8   # enum bpf_prog_type
CGROUP_INET_INGRESS = 0
COVER = bytes(12) + b"\x88\xb5"   # taken off by the kernel before the program sees the packet
TOTAL = 10_000
LARGEST = 3000   # bytes, what a test run takes in one piece
MATCHED = {SOCKET_FILTER: 1 << 20, SCHED_CLS: 1 << 20, CGROUP_SKB: 0}   # verdicts that the type may give


def expressions(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


OWN = expressions(HERE / "filter_expressions.txt")


def captured_packets(path: Path) -> Iterator[bytes]:
    """Ethernet packets of a classic pcap file of either byte order."""
    data = path.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None or struct.unpack_from(order + "I", data, 20)[0] != 1:
        return
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16:at + 16 + size][:LARGEST]
        at += 16 + size


def transport(rng: random.Random, version: int) -> tuple[int, bytes]:
    ports = struct.pack("!HH", *rng.choices([53, 80, 443, 22, 67, 2905, 4789, 6081, rng.randrange(65536)], k=2))
    payload = rng.choice([b"GET / HTTP/1.1\r\n", rng.randbytes(rng.choice([0, 1, 7, 60, 180, 500, 1400]))])
    match rng.randrange(6):
        case 0 | 1:
            options = rng.randrange(11)
            flags = rng.choice([2, 0x12, 0x10, 0x18, 4, 0xC2, rng.randrange(256)])
            header = ports + rng.randbytes(8) + bytes([5 + options << 4, flags]) + rng.randbytes(6 + 4 * options)
            return 6, header + payload
        case 2:
            return 17, ports + struct.pack("!HH", 8 + len(payload), rng.choice([0, 77])) + payload
        case 3:
            kind = rng.choice([0, 3, 8] if version == 4 else [1, 128, 134, 135, 136])
            return (1 if version == 4 else 58), bytes([kind, rng.randrange(4)]) + rng.randbytes(6) + payload
        case 4:
            return 132, ports + rng.randbytes(8) + payload
        case _:
            return rng.choice([2, 41, 47, 50, 89, 103, 112, 255]), payload


def ip4(rng: random.Random) -> bytes:
    protocol, payload = transport(rng, 4)
    options = rng.choice([0, 0, 0, 1, 10])
    fragment = rng.choice([0, 0, 0, 0x4000, 0x2000, 0x2010, 0x00B9])
    addresses = b"".join(rng.choices([b"\n\0\0\1", b"\n\0\0\2", b"\xc0\xa8\7\7", b"\xe0\0\0\1", rng.randbytes(4)], k=2))
    return struct.pack("!BBHHHBBH", 0x45 + options, rng.choice([0, 1, 184]), 20 + 4 * options + len(payload),
                       rng.randrange(65536), fragment, rng.choice([1, 63, 64, 128, 255]), protocol, 0) \
        + addresses + rng.randbytes(4 * options) + payload


def ip6(rng: random.Random) -> bytes:
    next_header, payload = transport(rng, 6)
    for kind in rng.choices([0, 60, 43, 44], k=rng.choice([0, 0, 0, 1, 1, 2, 7])):
        extra = 0 if kind == 44 else rng.choice([0, 0, 1])
        body = rng.choice([bytes(6), rng.randbytes(6)]) if kind == 44 else rng.randbytes(6 + 8 * extra)
        payload = bytes([next_header, extra]) + body + payload
        next_header = kind
    net = bytes.fromhex("20010db8") + bytes(11)
    ends = rng.choices([net + b"\1", net + b"\2", b"\xff\2" + bytes(13) + b"\1", b"\xfe\x80" + rng.randbytes(14)], k=2)
    head = struct.pack("!IHBB", 0x60000000 | rng.choice([0, rng.randrange(1 << 20)]), len(payload) & 0xFFFF,
                       next_header, rng.choice([1, 64, 255]))
    return head + ends[0] + ends[1] + payload


def frame(rng: random.Random) -> bytes:
    """An Ethernet frame of anything that expressions speak of."""
    kind, payload = rng.choice([(0x0800, ip4(rng))] * 5 + [(0x86DD, ip6(rng))] * 3 + [
        (rng.choice([0x0806, 0x8035]), b"\0\1\x08\0\6\4\0" + bytes([rng.randrange(1, 5)]) + rng.randbytes(6)
         + b"\n\0\0" + rng.choice([b"\1", b"\2"]) + bytes(6) + b"\n\0\0\2"),
        (rng.choice([0x88CC, 0x8863, 0x6003, 0x6004, 0x809B, 0x80F3, 0x8137, 0x9999]), rng.randbytes(50)),
        (rng.choice([46, 1500]), rng.choice([b"\x42\x42\3", b"\xfe\xfe\3\x83" + bytes([27, 1, 0, rng.randrange(32)]),
                                             b"\xaa\xaa\3\0\0\0\x08\0" + ip4(rng), b"\xe0\xe0\3",
                                             b"\xf0\xf0\3"]) + rng.randbytes(50)),
    ])
    if rng.random() < 0.08:   # MPLS
        for bottom in (1, *[0] * rng.choice([0, 0, 1, 2])):
            payload = struct.pack("!I", rng.choice([100, 16, 99999]) << 12 | bottom << 8 | 64) + payload
        kind = 0x8847
    elif rng.random() < 0.08 and kind in (0x0800, 0x86DD):   # PPPoE
        ppp = b"\0\x21" if kind == 0x0800 else b"\0\x57"
        payload = struct.pack("!BBHH", 0x11, 0, rng.choice([0x3B, 5]), len(payload) + 2) + ppp + payload
        kind = 0x8864
    for _ in range(rng.choice([0] * 6 + [1, 1, 2, 3])):   # VLAN
        payload = struct.pack("!HH", rng.choice([200, 2001, 0x60C8, 0, 4095]), kind) + payload
        kind = rng.choice([0x8100, 0x8100, 0x88A8, 0x9100])
    ends = rng.choices([b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", b"\xff" * 6, b"\1\0\x5e\0\0\1", rng.randbytes(6)], k=2)
    return ends[0] + ends[1] + struct.pack("!H", kind) + payload


def mutated(rng: random.Random, packet: bytes) -> bytes:
    changed = bytearray(packet or b"\0")
    for _ in range(rng.choice([1, 2, 8])):
        changed[rng.randrange(min(len(changed), rng.choice([20, 60, 1500])))] = rng.choice([0, 255, rng.randrange(256)])
    return bytes(changed)


@pytest.fixture(scope="module")
def packets() -> list[bytes]:
    """Real ones as far as there are any, then made, changed and cut ones; always the same."""
    rng = random.Random(20)
    real = [packet for path in sorted((CORPUS / "tcpdump").glob("*.pcap")) for packet in captured_packets(path)]
    chosen = rng.sample(real, min(len(real), TOTAL * 3 // 10))
    chosen += [frame(rng) for _ in range(TOTAL * 7 // 10 - len(chosen))]
    chosen += [mutated(rng, rng.choice(chosen)) for _ in range(TOTAL * 2 // 10)]
    while len(chosen) < TOTAL:
        packet = rng.choice(chosen)
        chosen.append(packet[:rng.randint(1, min(len(packet), rng.choice([15, 40, 80, 1500])))])
    return [packet[:LARGEST] or b"\0" for packet in chosen]


def check(
    program: Program, shown: list[bytes], packets: list[bytes], kind: int = SOCKET_FILTER
) -> None:
    """Compare the two; `shown` is what the kernel is given for each of `packets`."""
    hook = {SOCKET_FILTER: socket_filter(), SCHED_CLS: tc("in"), CGROUP_SKB: cgroup_skb("in")}[kind]
    code = pack(translate(program.instructions, hook, Verdict(MATCHED[kind])))
    fd = load_program(kind, code, name="differential", attach_type=CGROUP_INET_INGRESS)
    try:
        verdicts = run_each(fd, shown)
    finally:
        os.close(fd)
    found = [
        packet.hex()
        for verdict, packet in zip(verdicts, packets, strict=True)
        if (verdict == MATCHED[kind]) != program.matches(packet)
    ]
    assert not found, f"{program.expression!r}: {len(found)} differences, the first: {found[0]}"


@pytest.mark.parametrize("optimize", [True, False], ids=["optimized", "plain"])
def test_own_expressions(packets: list[bytes], optimize: bool) -> None:
    assert len(packets) == TOTAL
    assert len(OWN) >= 200
    shown = [COVER + packet for packet in packets]
    for expression in OWN:
        check(compile_expression(expression, optimize=optimize), shown, packets)


def test_corpus_expressions(packets: list[bytes]) -> None:
    path = CORPUS / "filters" / "expressions.txt"
    if not path.exists():
        pytest.skip(f"no corpus at {CORPUS}")
    shown = [COVER + packet for packet in packets]
    run = 0
    for expression in set(expressions(path)) - set(OWN):
        try:
            program = compile_expression(expression)
        except FilterError:
            continue   # meant to be refused
        if any(row[:1] == (0x28,) and row[3] >= 0xFFFFF000 for row in program.instructions):
            continue   # asks the kernel, which libpcap's interpreter can't
        check(program, shown, packets)
        run += 1
    assert run > 40


def whole(packet: bytes) -> bool:
    """Whether a test run takes the packet as one of tc: it wants complete IP headers."""
    return len(packet) >= {b"\x08\0": 34, b"\x86\xdd": 54}.get(packet[12:14], 15)


@pytest.mark.parametrize("optimize", [True, False], ids=["optimized", "plain"])
def test_tc(packets: list[bytes], optimize: bool) -> None:
    some = [packet for packet in packets[::5] if whole(packet)]
    for expression in OWN:
        check(compile_expression(expression, optimize=optimize), some, some, SCHED_CLS)


def test_cgroup_skb(packets: list[bytes]) -> None:
    """Packets start at the network header."""
    some = [packet for packet in packets[::7] if packet[12:14] in (b"\x08\0", b"\x86\xdd") and whole(packet)]
    raw = [packet[14:] for packet in some]
    for expression in ("ip", "ip6", "tcp", "udp port 53", "host 10.0.0.1", "net 2001:db8::/32", "icmp6",
                       "portrange 1-500",
                       "ip[8] < 64", "tcp[13] & 2 != 0", "ip6[40:4] > 5", "len > 100", "ip6 protochain 6", "not tcp"):
        for optimize in (True, False):
            check(compile_expression(expression, 101, optimize=optimize), some, raw, CGROUP_SKB)


@pytest.mark.parametrize(("row", "matches"), [((6, 0, 0, 262144), True), ((6, 0, 0, 0), False)])
def test_programs_without_a_test(row: tuple[int, int, int, int], matches: bool) -> None:
    """The empty expression, and one that takes nothing: no code may be left that nothing reaches."""
    fd = load_program(SCHED_CLS, pack(translate([row], tc("in"), Verdict(7))), name="constant")
    verdicts = run_each(fd, [bytes(60)])
    os.close(fd)
    assert (verdicts[0] == 7) is matches


def test_verifier_says_what_is_wrong() -> None:
    with pytest.raises(UnsupportedError, match="R0 !read_ok") as caught:
        load_program(SCHED_CLS, pack((Instruction(0x95),)), name="wrong")
    assert "processed" in caught.value.__notes__[0]
