"""`-d`, `-dd`, `-ddd`: the compiled expression as tcpdump prints it; `-dddd`: the eBPF that the kernel gets."""

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.filters.pcap import Program, compile_expression, interface_netmask, linktype_by_name
from ptcpdump.net.interfaces import select_interfaces, select_namespaces
from ptcpdump.net.linktypes import ETHERNET

EBPF = 4


def run(options: Options) -> int:
    """Compile for the link type of -r, -i or -y, else for Ethernet."""
    program = _compiled(options)
    if options.dump_filter < EBPF:
        say.show(*program.listing(options.dump_filter).splitlines())
        return 0
    from ptcpdump.filters import hooks  # noqa: PLC0415  only -dddd translates
    from ptcpdump.filters.expression import kernel_instructions  # noqa: PLC0415
    from ptcpdump.filters.listing import listing  # noqa: PLC0415
    from ptcpdump.filters.translate import Verdict  # noqa: PLC0415

    # In a capture a match enters the capture program by a tail call; here it is shown as the verdict 1.
    say.show(*listing(kernel_instructions(program, hooks.tc("in"), Verdict(1))).splitlines())
    return 0


def _compiled(options: Options) -> Program:
    if options.interfaces and not options.reads_files:
        from ptcpdump.filters.expression import compile_live  # noqa: PLC0415

        interface = select_interfaces(options.interfaces, select_namespaces(options.netns))[0]
        return compile_live(
            options.expression,
            interface.linktype,
            snaplen=options.snaplen,
            optimize=options.optimize,
            netmask=interface_netmask(interface.name),
        )
    return compile_expression(
        options.expression, _linktype(options), snaplen=options.snaplen, optimize=options.optimize
    )


def _linktype(options: Options) -> int:
    if options.read_file:
        from ptcpdump.sources.savefile import open_savefile  # noqa: PLC0415

        with open_savefile(options.read_file) as reader:
            return reader.interfaces[0].linktype if reader.interfaces else ETHERNET
    if options.linktype:
        return linktype_by_name(options.linktype)
    say.tell("Warning: assuming Ethernet")
    return ETHERNET
