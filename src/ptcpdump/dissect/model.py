"""What a packet says, as plain data: made when it is asked for, never changed.

Text in these classes was written by whoever sent the packet. It is given as it was sent, with bytes that are no ASCII
as ``\\xNN`` (names in DNS in the presentation format of RFC 1035, 5.1): who shows it must escape control characters.
"""

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a packet: an IP address, and a port where the transport protocol has ports."""

    address: Address
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return str(self.address)
        return f"{self.address}:{self.port}" if self.address.version == 4 else f"[{self.address}]:{self.port}"


@dataclass(frozen=True, slots=True)
class Vlan:
    """A VLAN tag (IEEE 802.1Q, 9.6)."""

    id: int                     # 0 to 4095
    priority: int               # 0 to 7
    drop_eligible: bool


@dataclass(frozen=True, slots=True)
class MplsLabel:
    """An entry of an MPLS label stack (RFC 3032, RFC 5462)."""

    label: int                  # 20 bits
    traffic_class: int          # 0 to 7
    ttl: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """Which part of a fragmented datagram this is (RFC 791, RFC 8200)."""

    id: int                     # IPv4: 16 bits, IPv6: 32 bits
    offset: int                 # bytes from the start of what was cut into fragments
    more: bool                  # it is not the last one


class TcpFlags(IntFlag):
    """Flags of a TCP segment (RFC 9293; AE: RFC 9768)."""

    FIN = 0x001
    SYN = 0x002
    RST = 0x004
    PSH = 0x008
    ACK = 0x010
    URG = 0x020
    ECE = 0x040
    CWR = 0x080
    AE = 0x100


@dataclass(frozen=True, slots=True)
class Tcp:
    """A TCP header (RFC 9293)."""

    flags: TcpFlags
    seq: int                    # 32 bits, as sent
    ack: int
    window: int                 # as sent, without the scale of RFC 7323
    options: bytes              # with padding, as far as they were captured


@dataclass(frozen=True, slots=True)
class Udp:
    """A UDP datagram (RFC 768)."""

    length: int                 # bytes of header and payload, as sent; 0 in what the network card will cut up


@dataclass(frozen=True, slots=True)
class Icmp:
    """An ICMP (RFC 792) or, if version is 6, an ICMPv6 message (RFC 4443)."""

    version: int
    type: int
    code: int


class TunnelKind(StrEnum):
    """What stands between an outer and an inner packet. What `Tunnel.id` then is, stands behind it."""

    IPIP = "ipip"               # IPv4 in IP (RFC 2003); 0
    SIT = "sit"                 # IPv6 in IP (RFC 4213); 0
    GRE = "gre"                 # RFC 2784, RFC 2890; the key, 0 without one
    PPTP = "pptp"               # RFC 2637; the call
    VXLAN = "vxlan"             # RFC 7348; the VNI
    VXLAN_GPE = "vxlan-gpe"     # draft-ietf-nvo3-vxlan-gpe; the VNI
    GENEVE = "geneve"           # RFC 8926; the VNI
    L2TP = "l2tp"               # RFC 2661; tunnel << 16 | session
    GTP = "gtp"                 # 3GPP TS 29.281; the TEID
    MPLS = "mpls"               # in IP (RFC 4023) or UDP (RFC 7510); the outermost label
    ETHERNET = "ethernet"       # in IPv6 (RFC 8986), EtherIP (RFC 3378); 0
    ERSPAN = "erspan"           # in GRE (draft-foschiano-erspan); the session


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The outermost tunnel that a packet goes through, between these two ends."""

    kind: TunnelKind
    id: int
    source: Endpoint
    destination: Endpoint
    protocol: int               # IP protocol of the outer packet
    depth: int                  # how many packets are wrapped in others: 1 for one tunnel


@dataclass(frozen=True, slots=True)
class DnsQuestion:
    """What a DNS message asks for."""

    name: str
    type: int                   # IANA, "Resource Record (RR) TYPEs": 1 A, 28 AAAA, 5 CNAME ...


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A resource record (RFC 1035, 4.1.3)."""

    name: str
    type: int
    ttl: int                    # seconds
    data: bytes                 # as sent; names in it may point into the message
    address: Address | None = None      # of A and AAAA records
    target: str | None = None           # of CNAME, DNAME, NS, PTR, MX and SRV records


@dataclass(frozen=True, slots=True)
class Dns:
    """A DNS message (RFC 1035), also multicast DNS (RFC 6762)."""

    id: int
    response: bool
    opcode: int
    code: int                   # response code: 0 no error, 3 no such name ...
    questions: tuple[DnsQuestion, ...]
    answers: tuple[DnsRecord, ...]
    complete: bool              # False: questions or answers that the header counts could not be read

    @property
    def name(self) -> str | None:
        """The name of the first question."""
        return self.questions[0].name if self.questions else None


@dataclass(frozen=True, slots=True)
class Tls:
    """A Client or Server Hello of TLS (RFC 8446); the numbers are those of IANA's "TLS Parameters"."""

    hello: Literal["client", "server"]
    version: int                # the highest one offered, or the one chosen: 0x0303 is TLS 1.2, 0x0304 TLS 1.3
    versions: tuple[int, ...]   # offered by a client in supported_versions, in its order
    server_name: str | None     # SNI (RFC 6066)
    protocols: tuple[str, ...]  # ALPN (RFC 7301): offered, or the one chosen
    random: bytes
    cipher_suite: int | None    # chosen by a server
    complete: bool              # False: the hello goes on in another segment, or was cut off


@dataclass(frozen=True, slots=True)
class Http:
    """The head of an HTTP/1 request (method, path and, mostly, host) or response (status)."""

    method: str | None = None
    path: str | None = None     # the request target, as sent
    host: str | None = None
    status: int | None = None
    complete: bool = True       # False: the request line goes on in another segment, or was cut off


@dataclass(frozen=True, slots=True)
class Quic:
    """An Initial packet of QUIC (RFC 9000, RFC 9369)."""

    version: int
    destination_id: bytes
    source_id: bytes
    tls: Tls | None             # the Client Hello in it; needs the package `cryptography`
