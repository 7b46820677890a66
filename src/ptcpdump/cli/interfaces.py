"""`-D`: the interfaces of the chosen network namespaces."""

from ptcpdump.cli import say
from ptcpdump.cli.options import Options
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interfaces import is_wireless, list_links, select_namespaces
from ptcpdump.net.linktypes import linktype
from ptcpdump.net.netlink import IFF_POINTOPOINT, Link
from ptcpdump.net.netns import Namespace

with lazy_modules:
    from ptcpdump.filters import pcap


def run(options: Options) -> int:
    """Print one line a device: number, name, namespace; with -v what it is."""
    lines = []
    for namespace in sorted(select_namespaces(options.netns), key=lambda each: each.inode):
        for link in list_links(namespace):
            line = f"{link.index}.{link.name}, netns {namespace.inode}"
            line += f" {namespace.name}" if namespace.name else ""
            lines.append(line + (details(link, namespace) if options.verbose else ""))
    say.show(*lines)
    return 0


def details(link: Link, namespace: Namespace) -> str:
    """What -v adds, for instance " [Up, Running, Loopback], link-type EN10MB, veth, master 3"."""
    flags = {
        "Up": link.up,
        "Running": link.running,
        "Loopback": link.loopback,
        "Point-to-point": bool(link.flags & IFF_POINTOPOINT),
        "Wireless": namespace.own and is_wireless(link),
    }
    kind = linktype(link.hardware)
    parts = [
        " [" + (", ".join(name for name, is_set in flags.items() if is_set) or "none") + "]",
        f"hardware type {link.hardware}, not supported" if kind is None else f"link-type {pcap.linktype_name(kind)}",
    ]
    if link.kind:
        parts.append(link.kind)
    if link.master:
        parts.append(f"master {link.master}")
    if link.peer:
        parts.append(f"peer {link.peer}" + (" in another namespace" if link.peer_netns else ""))
    if link.alternatives:
        parts.append("also " + ", ".join(link.alternatives))
    return ", ".join(parts)
