"""Which meaning an expression has where: one for packets on the wire, one for packets in a file.

Linux takes the outer VLAN tag of a received packet out of the bytes and keeps it beside them. So in a live capture
`vlan` has to ask the kernel, and the offsets of what follows depend on the answer, packet by packet; this is what
tcpdump does, where `udp port 53` also matches tagged packets whose tag is kept beside. Savefiles have the tag in the
bytes again. libpcap makes the live kind of code only for an open interface; all else it compiles alike for both.
"""

import re

from ptcpdump.filters.assembler import Instruction, pack
from ptcpdump.filters.hooks import Hook
from ptcpdump.filters.pcap import DEFAULT_SNAPLEN, Program, compile_expression, compile_on_interface
from ptcpdump.filters.translate import TailCall, Verdict, translate

LINKTYPE_ETHERNET = 1


def compile_live(
    expression: str,
    linktype: int = LINKTYPE_ETHERNET,
    *,
    interface: str = "lo",
    snaplen: int = DEFAULT_SNAPLEN,
    optimize: bool = True,
    netmask: int = 0,
) -> Program:
    """Compile for packets of a running interface of `linktype` (LINKTYPE_ value).

    interface: any Ethernet interface of the current network namespace that is up; it is opened only for expressions
    with `vlan`. netmask: see :func:`ptcpdump.filters.pcap.interface_netmask`. Raises FilterError, InterfaceError.
    """
    if linktype == LINKTYPE_ETHERNET and re.search(r"\bvlan\b", expression):
        return compile_on_interface(
            expression, interface, snaplen=snaplen, optimize=optimize, netmask=netmask
        )
    return compile_expression(
        expression, linktype, snaplen=snaplen, optimize=optimize, netmask=netmask
    )


def kernel_program(program: Program, hook: Hook, on_match: TailCall | Verdict) -> bytes:
    """The expression as an eBPF program for `hook`, ready to be loaded; raises FilterError, UnsupportedError."""
    return pack(kernel_instructions(program, hook, on_match))


def kernel_instructions(program: Program, hook: Hook, on_match: TailCall | Verdict) -> tuple[Instruction, ...]:
    """As :func:`kernel_program`, as instructions."""
    return translate(program.instructions, hook, on_match)
