"""What a filter costs per packet: BPF_PROG_TEST_RUN of the translated programs, best of some rounds, in ns.

Run as root: python benchmarks/filter_cost.py [EXPRESSION ...]
"""

import os
import struct
import sys

from ptcpdump.filters.assembler import pack
from ptcpdump.filters.hooks import tc
from ptcpdump.filters.pcap import compile_expression
from ptcpdump.filters.translate import Verdict, translate
from ptcpdump.kernel.bindings.rawprog import load_program, run_program

EXPRESSIONS = (
    "",
    "tcp",
    "port 80",
    "tcp port 80",
    "host 10.0.0.9 and udp port 53",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
    "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
    "ip6 protochain 6",
)
SCHED_CLS = 3
ROUNDS, REPEAT = 20, 20_000


def http_packet() -> bytes:
    """An Ethernet frame with a TCP segment to port 80."""
    payload = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0) + b"\n\0\0\1\n\0\0\2"
    tcp = struct.pack("!HHIIBBHHH", 40000, 80, 1, 1, 0x50, 0x18, 65535, 0, 0)
    return b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + ip + tcp + payload


def cost(fd: int, packet: bytes) -> int:
    """ns per run, the least of all rounds."""
    return min(run_program(fd, packet, REPEAT)[1] for _ in range(ROUNDS))


def main() -> None:
    """Print one line per expression."""
    packet = http_packet()
    print(f"{'classic':>8} {'eBPF':>6} {'ns':>5}  expression")
    for expression in sys.argv[1:] or EXPRESSIONS:
        program = compile_expression(expression)
        code = translate(program.instructions, tc("in"), Verdict(-1))
        fd = load_program(SCHED_CLS, pack(code), name="cost")
        print(f"{len(program.instructions):8} {len(code):6} {cost(fd, packet):5}  {expression or '(everything)'}")
        os.close(fd)


if __name__ == "__main__":
    main()
