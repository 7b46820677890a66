"""libpcap: filter expressions compiled to classic BPF, its interpreter, and the names of link types."""

from typing import final

DEFAULT_SNAPLEN: int
"""tcpdump's default snapshot length, bytes."""
NETMASK_UNKNOWN: int
"""PCAP_NETMASK_UNKNOWN: with it, `ip broadcast` is an error instead of a test against the netmask."""

@final
class Program:
    """A filter expression compiled to classic BPF for one link type."""

    expression: str
    linktype: int
    """LINKTYPE_ value."""

    def matches(self, data: bytes | bytearray | memoryview, length: int | None = None) -> bool:
        """Whether libpcap's interpreter takes the packet; `length` is its size on the wire (default: all of data)."""

    @property
    def instructions(self) -> tuple[tuple[int, int, int, int], ...]:
        """The program as (code, jt, jf, k), the fields of struct sock_filter."""

    def listing(self, level: int = 1) -> str:
        """What tcpdump prints for -d (1), -dd (2: rows of a C array) and -ddd (3: decimal), with the last line feed."""

def compile_expression(
    expression: str,
    linktype: int = 1,
    *,
    snaplen: int = ...,
    optimize: bool = True,
    netmask: int = 0,
) -> Program:
    """Compile for packets as savefiles of `linktype` (LINKTYPE_ value) hold them, VLAN tags among the data.

    snaplen: bytes, 0 = default; netmask: network byte order in memory, for `ip broadcast`.
    Raises FilterError with libpcap's own words.
    """

def compile_on_interface(
    expression: str,
    interface: str,
    *,
    snaplen: int = ...,
    optimize: bool = True,
    netmask: int = 0,
) -> Program:
    """Compile for live packets of `interface` (of the current namespace): `vlan` also looks at the kernel's metadata.

    Opens a packet socket for a moment (some 40 ms, CAP_NET_RAW), so use it only where :func:`compile_live
    <ptcpdump.filters.expression.compile_live>` says it matters. Raises FilterError, InterfaceError.
    """

def interface_netmask(interface: str) -> int:
    """IPv4 netmask as libpcap wants it; 0 when the interface has none, as tcpdump takes it."""

def library_version() -> str:
    """For instance "libpcap version 1.10.3 (with TPACKET_V3)"."""

def linktype_name(linktype: int) -> str:
    """For instance "EN10MB"; the number as text for an unknown one."""

def linktype_description(linktype: int) -> str:
    """For instance "Ethernet"; empty for an unknown one."""

def linktype_by_name(name: str) -> int:
    """LINKTYPE_ value of a name as -y takes it; raises UsageError."""
