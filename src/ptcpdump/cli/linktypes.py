"""`-L`: the link types of the interfaces of -i, as tcpdump prints them."""

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.filters.pcap import linktype_description, linktype_name
from ptcpdump.net.interfaces import select_interfaces, select_namespaces


def run(options: Options) -> int:
    """Print the one link type that packets of each interface have."""
    for interface in select_interfaces(options.interfaces, select_namespaces(options.netns)):
        say.show(f"Data link types for {interface.shown} (use option -y to set):")
        say.show(f"  {linktype_name(interface.linktype)} ({linktype_description(interface.linktype)})")
    return 0
