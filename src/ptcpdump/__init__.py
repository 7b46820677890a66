"""tcpdump with the process, container and pod of every packet, as a library.

``with ptcpdump.capture("any") as packets: for packet in packets: print(packet)``, and
``for packet in ptcpdump.open("x.pcapng"): print(packet.process)``. What is neither in ``__all__`` nor in the modules
``ptcpdump.dissect.names``, ``stream`` and ``streams`` is private.
"""

import importlib

from ptcpdump import linked

linked.install()    # before anything else of the package is imported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ptcpdump.api import Capture, capture
    from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
    from ptcpdump.dissect.fields import Fields
    from ptcpdump.dissect.model import (
        Dns,
        DnsQuestion,
        DnsRecord,
        Endpoint,
        Fragment,
        Http,
        Icmp,
        MplsLabel,
        Quic,
        Tcp,
        TcpFlags,
        Tls,
        Tunnel,
        TunnelKind,
        Udp,
        Vlan,
    )
    from ptcpdump.errors import PtcpdumpError
    from ptcpdump.net.interface import Interface
    from ptcpdump.packets import Direction, Packet
    from ptcpdump.savefile import Savefile, open, write
    from ptcpdump.sinks.options import TextOptions

__version__ = "0.1.0"
__all__ = [
    "Capture",
    "Container",
    "Context",
    "Direction",
    "Dns",
    "DnsQuestion",
    "DnsRecord",
    "Endpoint",
    "Fields",
    "Found",
    "Fragment",
    "Http",
    "Icmp",
    "Interface",
    "MplsLabel",
    "Packet",
    "Pod",
    "Process",
    "PtcpdumpError",
    "Quic",
    "Savefile",
    "Tcp",
    "TcpFlags",
    "TextOptions",
    "Thread",
    "Tls",
    "Tunnel",
    "TunnelKind",
    "Udp",
    "Vlan",
    "__version__",
    "capture",
    "open",
    "write",
]

_HOMES = {
    "ptcpdump.api": ("Capture", "capture"),
    "ptcpdump.context.model": ("Container", "Context", "Found", "Pod", "Process", "Thread"),
    "ptcpdump.dissect.fields": ("Fields",),
    "ptcpdump.dissect.model": (
        "Dns", "DnsQuestion", "DnsRecord", "Endpoint", "Fragment", "Http", "Icmp", "MplsLabel", "Quic", "Tcp",
        "TcpFlags", "Tls", "Tunnel", "TunnelKind", "Udp", "Vlan",
    ),
    "ptcpdump.errors": ("PtcpdumpError",),
    "ptcpdump.net.interface": ("Interface",),
    "ptcpdump.packets": ("Direction", "Packet"),
    "ptcpdump.savefile": ("Savefile", "open", "write"),
    "ptcpdump.sinks.options": ("TextOptions",),
}


def __getattr__(name: str) -> "Any":
    """Import on first use: the command starts without what it does not need."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
