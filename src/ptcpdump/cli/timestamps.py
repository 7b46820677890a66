"""`-J`: the time stamp types of the interfaces of -i, as tcpdump prints them."""

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.net.interfaces import select_interfaces, select_namespaces


def run(options: Options) -> int:
    """Print the one type that there is: the clock of the kernel."""
    for interface in select_interfaces(options.interfaces, select_namespaces(options.netns)):
        say.show(f"Time stamp types for {interface.shown} (use option -j to set):")
        say.show("  host (Host)")
    return 0
