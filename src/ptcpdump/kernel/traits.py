"""The backends, a row each: where packets are taken, and what that way sees. Add a row and a module to add one.

Only data, so that whoever loads programs and whoever attaches them know it; kernel/backends/ has the modules.
"""

from ptcpdump.errors import UsageError
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import RAW
from ptcpdump.records import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a backend is like, for whoever would otherwise have to ask for its name."""

    name: str                       # of --backend
    home: str                       # module in kernel/backends/, and its class
    link_headers: bool = True       # packets begin with the link header of their device; else with the IP header
    across_namespaces: bool = False # sees the devices of all network namespaces without being attached to each
    needs_cgroup: bool = False      # is attached to the root of cgroup v2
    shared_packets: bool = True     # sees what comes in on a device above another (VLAN, macvlan, bond)
    finds_sockets: bool = False     # a helper finds the socket of a packet; else it is known by its addresses and ports
    translations: bool = False      # connection tracking may be asked for the other side of NAT
    always_thread: bool = False     # tells the thread also where it is the main one
    kept_filters: bool = False      # its programs may stand where they would outlive us: a keeper removes them
    capabilities: tuple[str, ...] = ()  # what opening it needs beside what all need
    uninterrupted: bool = False     # no other packet's program interrupts this one's on a CPU: lanes can be used

    def as_seen(self, interface: Interface) -> Interface:
        """The interface with the link type that its packets have here."""
        return interface if self.link_headers else replace(interface, linktype=RAW)


TC = Traits(name="tc", home="tc:TcBackend",
            finds_sockets=True, translations=True, kept_filters=True, uninterrupted=True)
CGROUP_SKB = Traits(name="cgroup-skb", home="cgroup_skb:CgroupBackend",
                    finds_sockets=True, link_headers=False, across_namespaces=True, needs_cgroup=True,
                    always_thread=True)
SOCKET_FILTER = Traits(name="socket-filter", home="packet_socket:PacketSocketBackend",
                       capabilities=("CAP_NET_RAW",))
TP_BTF = Traits(name="tp-btf", home="tracepoint:TracepointBackend",
                across_namespaces=True, shared_packets=False)

BACKENDS = {row.name: row for row in (TC, CGROUP_SKB, SOCKET_FILTER, TP_BTF)}
DEFAULT = TC                        # what works on the most kernels and knows the most


def traits(name: str) -> Traits:
    """The row of a backend. Raises UsageError for an unknown one."""
    if name not in BACKENDS:
        raise UsageError(f"there is no backend {name}; there are: {', '.join(BACKENDS)}")
    return BACKENDS[name]
