"""Filters on real packets: our programs at tc and at tracepoints against the kernel's own run of the classic program.

A veth pair in a namespace of its own carries frames made here. A packet socket with the classic program, which is what
tcpdump uses, says how many must match; VLAN tags travel in the bytes or beside them, as the kernel likes.
"""

import ctypes
import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ptcpdump.errors import UnsupportedError
from ptcpdump.filters.assembler import CALL, FP, R0, R1, R2, R3, Assembler, Condition, Op, pack
from ptcpdump.filters.expression import compile_live
from ptcpdump.filters.hooks import Hook, tc
from ptcpdump.filters.pcap import Program
from ptcpdump.filters.tracepoint import TracepointHook
from ptcpdump.filters.translate import TailCall, translate
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.bindings.maps import create_map, read_map, write_map
from ptcpdump.kernel.bindings.rawprog import (
    attach_link,
    attach_tracepoint,
    load_program,
    tracepoint_btf_id,
)
from ptcpdump.kernel.loading.probes import tracepoints_read_all

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

SCHED_CLS, TRACING = 3, 26              # enum bpf_prog_type
ARRAY, PROG_ARRAY = 2, 3                # enum bpf_map_type
TCX_INGRESS, TCX_EGRESS, TRACE_RAW_TP = 46, 47, 23   # enum bpf_attach_type
MAP_LOOKUP_ELEM, SKB_VLAN_PUSH = 1, 18  # enum bpf_func_id
CLONE_NEWNET = 0x40000000
SO_ATTACH_FILTER = 26
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1
ETH_P_ALL = 3
A, B = "ptf-a", "ptf-b"
MARKER = b"\x88\xb5the last frame"

EXPRESSIONS = [
    "udp port 40005", "vlan", "vlan 200", "vlan 201", "vlan 200 and udp port 40005", "vlan 200 and vlan 300",
    "vlan 200 and vlan 300 and udp", "not vlan", "(vlan and ip) or ip", "ip or (vlan and ip)", "vlan 200 or ip",
    "inbound", "outbound", "inbound and udp", "outbound and udp port 40005", "ether[12:2] = 0x8100", "len > 60",
    "ether[len - 1] = 0x2a", "ether[1000] = 0x2a", "vlan and ether[len - 1] = 0x2a", "arp",
]


def udp_frame(port: int, size: int = 20) -> bytes:
    """Type and payload of an Ethernet frame."""
    payload = bytes(size - 1) + b"\x2a"
    udp = struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + b"\n\0\0\1\n\0\0\2"
    return b"\x08\0" + ip + udp


def tagged(vlan: int, inner: bytes) -> bytes:
    return struct.pack("!HH", 0x8100, vlan) + inner


FRAMES = [
    udp_frame(40005), udp_frame(40006, 1200), tagged(200, udp_frame(40005)), tagged(200, udp_frame(40006, 1400)),
    tagged(200, tagged(300, udp_frame(40005))), tagged(5, b"\x08\x06" + bytes(28)), b"\x08\x06" + bytes(28),
    tagged(200, b"\x86\xdd" + bytes.fromhex("60000000 0010 3c40") + bytes(32) + b"\x11" + bytes(15)),
    b"\x86\xdd" + bytes.fromhex("60000000 0010 3c40") + bytes(32) + b"\x11" + bytes(15),
]


@pytest.fixture(scope="module", autouse=True)
def namespace() -> Iterator[None]:
    """A network namespace with a veth pair."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as before:
        if libc.unshare(CLONE_NEWNET) != 0:
            pytest.skip("no network namespace of our own")
        try:
            for setting in Path("/proc/sys/net/ipv6/conf").glob("*/disable_ipv6"):
                setting.write_text("1")   # no frames but ours
            for command in (f"link add {A} type veth peer name {B}", "link set lo up", f"link set {A} up",
                            f"link set {B} up"):
                subprocess.run(["ip", *command.split()], check=True)
            yield
        finally:
            subprocess.run(["ip", "link", "del", A], check=False)
            libc.setns(before.fileno(), CLONE_NEWNET)


def counting_program(kind: int, counter: int, verdict: int, **attach: int) -> int:
    """Counts its runs in a map and returns the verdict."""
    asm = Assembler()
    asm.store_zero(4, FP, -4)
    asm.map_address(R1, counter)
    asm.stack_address(R2, -4)
    asm.emit(CALL, imm=MAP_LOOKUP_ELEM)
    asm.jump_if(Condition.EQ, R0, 0, "end")
    asm.load(8, R1, R0, 0)
    asm.alu64(Op.ADD, R1, 1)
    asm.store(8, R0, 0, R1)
    asm.label("end")
    asm.alu(Op.MOV, R0, verdict & 0xFFFFFFFF)
    asm.exit()
    return load_program(kind, pack(asm.finish()), name="count", **attach)


class Counter:
    """A filter in front of a counting program, attached while the stack lives."""

    def __init__(self, stack: ExitStack, program: Program, hook: Hook, kind: int, **attach: int) -> None:
        def keep(fd: int) -> int:
            stack.callback(os.close, fd)
            return fd

        self.map = keep(create_map(ARRAY, 4, 8, 1, name="counter"))
        jumps = keep(create_map(PROG_ARRAY, 4, 4, 1, name="jumps"))
        behind = keep(counting_program(kind, self.map, hook.passes, **attach))
        write_map(jumps, bytes(4), struct.pack("=I", behind))
        code = pack(translate(program.instructions, hook, TailCall(jumps)))
        self.fd = keep(load_program(kind, code, name="filter", **attach))

    @property
    def value(self) -> int:
        return struct.unpack("=Q", read_map(self.map, bytes(4), 8) or bytes(8))[0]


def packet_socket(interface: str, program: Program | None = None) -> socket.socket:
    """One that sees all the interface's packets, or those of a classic program run by the kernel."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if program is not None:
        rows = b"".join(struct.pack("=HBBI", *row) for row in program.instructions)
        code = ctypes.create_string_buffer(rows)
        tap.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                       struct.pack("@HP", len(program.instructions), ctypes.addressof(code)))
    tap.bind((interface, ETH_P_ALL))
    index = socket.if_nametoindex(interface)
    tap.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("=iHH8s", index, PACKET_MR_PROMISC, 0, b""))
    tap.settimeout(10)
    return tap


def received(tap: socket.socket) -> int:
    """How many packets wait in the socket."""
    tap.setblocking(False)
    count = 0
    while True:
        try:
            count += not tap.recv(65536)[12:].startswith(MARKER)
        except BlockingIOError:
            return count


@contextmanager
def tags(pushed: bool) -> Iterator[None]:
    """If pushed, let all that A sends be tagged with VLAN 200 beside the bytes, as a VLAN device has it done."""
    with ExitStack() as stack:
        if pushed:
            asm = Assembler()
            asm.alu(Op.MOV, R2, socket.htons(0x8100))
            asm.alu(Op.MOV, R3, 200)
            asm.emit(CALL, imm=SKB_VLAN_PUSH)
            asm.alu(Op.MOV, R0, 0xFFFFFFFF)
            asm.exit()
            fd = load_program(SCHED_CLS, pack(asm.finish()), name="push")
            stack.callback(os.close, fd)
            stack.callback(os.close, attach_link(fd, socket.if_nametoindex(A), TCX_EGRESS))
        yield


def send(frames: list[bytes]) -> None:
    """Send the frames, and return when the other end has seen the last of them."""
    with packet_socket(B) as end, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((A, 0))
        addresses = b"\2\0\0\0\0\2\2\0\0\0\0\1"
        for frame in frames:
            out.send(addresses + frame)
        out.send(addresses + MARKER)
        while not end.recv(65536)[12:].startswith(MARKER):
            pass


@contextmanager
def attached(expression: str, where: str, side: str) -> Iterator[Counter]:
    """Count matching packets of `where` at tc."""
    direction, attach_type = ("out", TCX_EGRESS) if side == A else ("in", TCX_INGRESS)
    with ExitStack() as stack:
        counter = Counter(stack, compile_live(expression), tc(direction), SCHED_CLS)
        try:
            link = attach_link(counter.fd, socket.if_nametoindex(where), attach_type)
        except UnsupportedError as error:
            pytest.skip(str(error))
        stack.callback(os.close, link)
        yield counter


@pytest.mark.parametrize("pushed", [False, True], ids=["", "pushed"])
@pytest.mark.parametrize("side", [A, B], ids=["egress", "ingress"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_tc_agrees_with_packet_sockets(expression: str, side: str, pushed: bool) -> None:
    text = f"not ether proto 0x88b5 and ({expression})"
    with tags(pushed), packet_socket(side, compile_live(text)) as tap, attached(text, side, side) as counter:
        send(FRAMES)
        assert counter.value == received(tap)


@pytest.mark.parametrize("side", [A, B], ids=["egress", "ingress"])
def test_verdicts_of_others_are_untouched(side: str) -> None:
    """A program behind ours sees every packet, those too that end before the bytes we ask for."""
    with ExitStack() as stack:
        first = stack.enter_context(attached("ether[1300] = 1", side, side))
        second = stack.enter_context(attached("len > 0 and not ether proto 0x88b5", side, side))
        send(FRAMES)
        assert (first.value, second.value) == (0, len(FRAMES))


@contextmanager
def traced(expression: str, tracepoint: str) -> Iterator[Counter]:
    """Count matching packets at a tracepoint; those of other namespaces too."""
    with ExitStack() as stack:
        try:
            attach = {"attach_type": TRACE_RAW_TP, "attach_btf_id": tracepoint_btf_id(tracepoint)}
            hook = TracepointHook(Types(), "out" if tracepoint == "net_dev_queue" else "in",
                                  reads_all=tracepoints_read_all())
            counter = Counter(stack, compile_live(expression), hook, TRACING, **attach)
        except UnsupportedError as error:
            pytest.skip(str(error))
        stack.callback(os.close, attach_tracepoint(counter.fd))
        yield counter


@pytest.mark.parametrize(("tracepoint", "side"), [("net_dev_queue", A), ("netif_receive_skb", B)])
@pytest.mark.parametrize("pushed", [False, True], ids=["", "pushed"])
@pytest.mark.parametrize("expression", [
    "udp port 40005", "vlan 200 and udp port 40005", "vlan 200 and vlan 300 and udp port 40005",
    "inbound and udp port 40006", "outbound and udp port 40006", "udp port 40006 and ether[len - 1] = 0x2a",
    "ether src 02:00:00:00:00:01 and len > 1000", "udp src port 40006 and ip[20 + 8 + 1199] = 0x2a",
])
def test_tracepoints_agree_with_packet_sockets(expression: str, tracepoint: str, side: str, pushed: bool) -> None:
    index = socket.if_nametoindex(side)
    text = f"ifindex {index} and {expression}"
    with tags(pushed), packet_socket(side, compile_live(text)) as tap, traced(text, tracepoint) as counter:
        # a tag in the bytes is taken out behind netif_receive_skb and before packet sockets
        send([frame for frame in FRAMES if side == A or pushed or frame[:2] != b"\x81\0"])
        assert counter.value == received(tap)


GET = "tcp dst port 40080 and tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420"
NEAR = "tcp dst port 40080 and ip[52:4] = 0x47455420"     # behind 20 bytes of IP and 32 of TCP with its time stamps
FAR = "tcp dst port 40080 and ip[20000] = 0x2a"


@pytest.mark.parametrize("expression", [GET, NEAR, FAR])
@pytest.mark.parametrize("where", ["tc", "net_dev_queue", "netif_receive_skb"])
def test_payload_in_fragments_is_read(expression: str, where: str) -> None:
    """What TCP sends lies outside the linear part of the sk_buff."""
    index = socket.if_nametoindex("lo")
    text = f"ifindex {index} and {expression}"
    around = attached(text, "lo", A) if where == "tc" else traced(text, where)
    with around as counter, socket.create_server(("127.0.0.1", 40080)) as server, \
            socket.create_connection(("127.0.0.1", 40080)) as client, server.accept()[0] as peer:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"\x2a" * 30_000)
        while peer.recv(65536)[-1:] != b"\x2a":
            pass
        assert counter.value >= 1
