"""`-d`, `-dd`, `-ddd`: the compiled expression as tcpdump prints it; `-dddd`: the eBPF that the kernel gets."""

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.filters.pcap import Program, compile_expression, interface_netmask, linktype_by_name
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interfaces import select_interfaces, select_namespaces
from ptcpdump.net.linktypes import ETHERNET

with lazy_modules:
    from ptcpdump.filters import expression, hooks, listing, translate
    from ptcpdump.run import interfaces
    from ptcpdump.sources import savefile

EBPF = 4


def run(options: Options) -> int:
    """Compile for the link type of -r, -i or -y, else for Ethernet."""
    program = _compiled(options)
    if options.dump_filter < EBPF:
        say.show_columns(*program.listing(options.dump_filter).splitlines())
        return 0
    # In a capture a match enters the capture program by a tail call; here it is shown as the verdict 1.
    code = expression.kernel_instructions(program, hooks.tc("in"), translate.Verdict(1))
    say.show(*listing.listing(code).splitlines())
    return 0


def _compiled(options: Options) -> Program:
    if options.interfaces and not options.reads_files:
        interface = select_interfaces(options.interfaces, select_namespaces(options.netns))[0]
        return expression.compile_live(
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
        with savefile.open_savefile(options.read_file, interfaces.InterfaceTable()) as reader:
            return reader.interfaces[0].linktype if reader.interfaces else ETHERNET
    if options.linktype:
        return linktype_by_name(options.linktype)
    say.tell("Warning: assuming Ethernet")
    return ETHERNET
