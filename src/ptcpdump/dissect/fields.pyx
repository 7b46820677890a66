"""The fields of a packet, for Python: one pass over its bytes when it is made, objects when they are asked for."""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from ptcpdump.dissect.core cimport dissect
from ptcpdump.dissect.decode cimport address_of, bytes_of, http_of, tls_of
from ptcpdump.dissect.packet_fields cimport *

from ptcpdump.dissect.dns_message import read_message
from ptcpdump.dissect.model import (
    Endpoint, Fragment, Icmp, MplsLabel, Tcp, TcpFlags, Tunnel, TunnelKind, Udp, Vlan)
from ptcpdump.dissect.quic import read_quic

# By the values of the C enum TunnelType
cdef tuple KINDS = (
    None, TunnelKind.IPIP, TunnelKind.SIT, TunnelKind.GRE, TunnelKind.PPTP, TunnelKind.VXLAN, TunnelKind.VXLAN_GPE,
    TunnelKind.GENEVE, TunnelKind.L2TP, TunnelKind.GTP, TunnelKind.MPLS, TunnelKind.ETHERNET,
    TunnelKind.ERSPAN)


cdef str mac_of(const uint8_t *address):
    return address[:6].hex(":")


cdef object end_of(Ends *ends, bint has_ports, bint destination):
    cdef const uint8_t *address = ends.source
    cdef uint32_t port = ends.source_port
    if destination:
        address = ends.destination
        port = ends.destination_port
    return Endpoint(address_of(ends.version, address), port if has_ports else None)


cdef bytes flow_of(const Ends *ends, bint reverse):
    cdef Ends other = ends[0]
    if reverse:
        memcpy(other.source, ends.destination, 16)
        memcpy(other.destination, ends.source, 16)
        other.source_port = ends.destination_port
        other.destination_port = ends.source_port
    return (<const char *>&other)[:sizeof(Ends)]


cdef class Fields:
    """What one packet says: typed, None where it says nothing.

    data: what was captured, from the link header on; linktype: a LINKTYPE_ value; length: bytes on the wire (default:
    those of data). Source, destination and all that belongs to the network and transport header are those of the
    innermost packet, if it is sent through tunnels; `tunnel` tells the outermost ends.
    """

    def __init__(self, bytes data not None, int linktype=1, length=None):
        self.data = data
        self.length = len(data) if length is None else length
        dissect(&self.f, data, <uint32_t>len(data), self.length, linktype)

    def __reduce__(self):
        return Fields, (self.data, self.linktype, self.length)

    # ----------------------------------------------------------------------- link

    @property
    def linktype(self) -> int:
        """LINKTYPE_ value (https://www.tcpdump.org/linktypes.html)."""
        return self.f.linktype

    @property
    def source_mac(self) -> str | None:
        """Link address of the outermost frame's sender, as 02:00:00:00:00:01."""
        return mac_of(self.f.mac_source) if self.f.found & FOUND_MAC_SOURCE else None

    @property
    def destination_mac(self) -> str | None:
        """Link address that the outermost frame is for."""
        return mac_of(self.f.mac_destination) if self.f.found & FOUND_MAC_DESTINATION else None

    @property
    def ethertype(self) -> int | None:
        """What the outermost frame carries, behind VLAN tags; 0x0800 and 0x86dd also where there is no Ethernet."""
        return self.f.ethertype if self.f.found & FOUND_ETHERTYPE else None

    @property
    def vlans(self) -> tuple[Vlan, ...]:
        """VLAN tags of the outermost frame, the outer one first; at most four of them."""
        cdef uint32_t i
        return tuple([Vlan(self.f.vlan[i] & 0xfff, self.f.vlan[i] >> 13, bool(self.f.vlan[i] & 0x1000))
                      for i in range(min(self.f.vlans, <uint32_t>VLANS_KEPT))])

    @property
    def mpls(self) -> tuple[MplsLabel, ...]:
        """The outermost MPLS label stack, its top first."""
        cdef uint32_t i
        stack = bytes_of(self.data, &self.f.mpls)
        return tuple([MplsLabel(stack[i] << 12 | stack[i + 1] << 4 | stack[i + 2] >> 4, stack[i + 2] >> 1 & 7, stack[i + 3])
                      for i in range(0, len(stack), 4)])

    # ----------------------------------------------------------------------- network

    @property
    def source(self) -> Endpoint | None:
        """Sender: address, and port where the protocol has ports and they are in this fragment."""
        return end_of(&self.f.ends, self.f.found & FOUND_PORTS, False) if self.f.found & FOUND_IP else None

    @property
    def destination(self) -> Endpoint | None:
        """Receiver, likewise."""
        return end_of(&self.f.ends, self.f.found & FOUND_PORTS, True) if self.f.found & FOUND_IP else None

    @property
    def flow(self) -> bytes | None:
        """Addresses and ports, packed: equal for all packets that go from the one end to the other."""
        return flow_of(&self.f.ends, False) if self.f.found & FOUND_IP else None

    @property
    def reverse_flow(self) -> bytes | None:
        """What `flow` is for the packets that go the other way."""
        return flow_of(&self.f.ends, True) if self.f.found & FOUND_IP else None

    @property
    def protocol(self) -> int | None:
        """IP protocol behind extension headers (IANA, "Assigned Internet Protocol Numbers"): 6 TCP, 17 UDP ..."""
        return self.f.ends.protocol if self.f.found & FOUND_IP else None

    @property
    def ttl(self) -> int | None:
        """TTL or hop limit."""
        return self.f.ttl if self.f.found & FOUND_IP else None

    @property
    def traffic_class(self) -> int | None:
        """DSCP (6 bits) and ECN (2 bits)."""
        return self.f.traffic_class if self.f.found & FOUND_IP else None

    @property
    def fragment(self) -> Fragment | None:
        """Which fragment of a datagram this is; of several fragmented headers the innermost one counts."""
        if not self.f.found & FOUND_FRAGMENT:
            return None
        return Fragment(self.f.fragment_id, self.f.fragment_offset, self.f.more_fragments)

    @property
    def tunnel(self) -> Tunnel | None:
        """The outermost tunnel, with the ends of the outermost packet."""
        if not self.f.tunnels:
            return None
        cdef bint has_ports = self.f.outer.protocol == 17
        return Tunnel(
            KINDS[<int>self.f.tunnel], self.f.tunnel_id, end_of(&self.f.outer, has_ports, False),
            end_of(&self.f.outer, has_ports, True), self.f.outer.protocol, self.f.tunnels)

    # ----------------------------------------------------------------------- transport

    @property
    def tcp(self) -> Tcp | None:
        """The TCP header."""
        if not self.f.found & FOUND_TCP:
            return None
        return Tcp(TcpFlags(self.f.tcp_flags), self.f.seq, self.f.ack, self.f.window,
                   bytes_of(self.data, &self.f.tcp_options))

    @property
    def udp(self) -> Udp | None:
        """The UDP header."""
        return Udp(self.f.udp_length) if self.f.found & FOUND_UDP else None

    @property
    def icmp(self) -> Icmp | None:
        """The ICMP or ICMPv6 header."""
        if not self.f.found & FOUND_ICMP:
            return None
        return Icmp(self.f.ends.version, self.f.icmp_type, self.f.icmp_code)

    @property
    def payload(self) -> bytes:
        """What the innermost header that was understood carries, as far as it was captured."""
        return bytes_of(self.data, &self.f.payload)

    @property
    def payload_offset(self) -> int:
        """Where in data the payload starts."""
        return self.f.payload.at

    @property
    def payload_length(self) -> int:
        """How many bytes of payload there were on the wire."""
        return self.f.payload_length

    @property
    def truncated(self) -> bool:
        """Whether a header reaches beyond what was captured."""
        return bool(self.f.found & FOUND_TRUNCATED)

    @property
    def malformed(self) -> bool:
        """Whether a header contradicts itself or the one around it."""
        return bool(self.f.found & FOUND_MALFORMED)

    # ----------------------------------------------------------------------- names

    @property
    def dns(self) -> Dns | None:
        """A DNS message; over TCP one that this segment holds whole."""
        if self.made_dns is None and self.f.found & FOUND_DNS:
            self.made_dns = read_message(bytes_of(self.data, &self.f.dns))
        return self.made_dns

    @property
    def tls(self) -> Tls | None:
        """A TLS Client or Server Hello that begins in this segment."""
        if self.made_tls is None:
            self.made_tls = tls_of(self.data, &self.f)
        return self.made_tls

    @property
    def http(self) -> Http | None:
        """The head of an HTTP/1 message that begins in this segment."""
        if self.made_http is None:
            self.made_http = http_of(self.data, &self.f)
        return self.made_http

    @property
    def quic_initial(self) -> bytes | None:
        """The datagram that begins with a QUIC Initial packet, as it was captured."""
        return bytes_of(self.data, &self.f.quic_initial) if self.f.found & FOUND_QUIC_INITIAL else None

    @property
    def quic(self) -> Quic | None:
        """A QUIC Initial packet; its Client Hello, if `cryptography` is installed and this datagram holds it."""
        if self.made_quic is None and self.f.found & FOUND_QUIC_INITIAL:
            self.made_quic = read_quic(bytes_of(self.data, &self.f.quic_initial))
        return self.made_quic
