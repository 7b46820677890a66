"""The backends, a row each: where packets are taken, and what that way sees. Add a row and a module to add one.

Only data: the module of the backend that a run asks for is imported by open_backend(), the others never.
"""

from importlib import import_module

from ptcpdump.errors import UsageError
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import RAW
from ptcpdump.records import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ptcpdump.kernel.backends.base import Backend, Expression
    from ptcpdump.kernel.backends.keeper import FilterKeeper
    from ptcpdump.kernel.loading.loader import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a backend is like, for whoever would otherwise have to ask for its name."""

    name: str                       # of --backend
    home: str                       # module and class
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


TC = Traits(name="tc", home="ptcpdump.kernel.backends.tc:TcBackend",
            finds_sockets=True, translations=True, kept_filters=True, uninterrupted=True)
CGROUP_SKB = Traits(name="cgroup-skb", home="ptcpdump.kernel.backends.cgroup_skb:CgroupBackend",
                    finds_sockets=True, link_headers=False, across_namespaces=True, needs_cgroup=True,
                    always_thread=True)
SOCKET_FILTER = Traits(name="socket-filter", home="ptcpdump.kernel.backends.packet_socket:PacketSocketBackend",
                       capabilities=("CAP_NET_RAW",))
TP_BTF = Traits(name="tp-btf", home="ptcpdump.kernel.backends.tracepoint:TracepointBackend",
                across_namespaces=True, shared_packets=False)

BACKENDS = {row.name: row for row in (TC, CGROUP_SKB, SOCKET_FILTER, TP_BTF)}
DEFAULT = TC                        # what works on the most kernels and knows the most


def traits(name: str) -> Traits:
    """The row of a backend. Raises UsageError for an unknown one."""
    if name not in BACKENDS:
        raise UsageError(f"there is no backend {name}; there are: {', '.join(BACKENDS)}")
    return BACKENDS[name]


def open_backend(row: Traits, loaded: "Loaded", expression: "Expression", direction: str,
                 keeper: "FilterKeeper | None" = None) -> "Backend":
    """The backend of a run, attached to nothing yet. direction: as -Q. Raises PtcpdumpError.

    keeper: for a backend whose filters may have to be kept.
    """
    module, name = row.home.split(":")
    more = {"keeper": keeper} if row.kept_filters else {}
    backend: Backend = getattr(import_module(module), name)(loaded, expression, direction, **more)
    return backend
