"""Packets as the library's users see them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.model import Dns, Endpoint, Fragment, Http, Icmp, Quic, Tcp, Tls, Tunnel, Udp, Vlan
from ptcpdump.errors import PtcpdumpError
from ptcpdump.net.interface import Interface


class Direction(IntEnum):
    """Which way a packet went, seen from the interface; the values are those of pcapng's epb_flags."""

    UNKNOWN = 0
    IN = 1
    OUT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet.

    time_ns: nanoseconds since the epoch (UTC). data: what was captured, from the link-level header on (see linktype, a
    LINKTYPE_ value). length: bytes on the wire. line: as the command prints it, without line feed.
    """

    time_ns: int
    interface: Interface
    direction: int = Direction.UNKNOWN
    data: bytes
    length: int
    linktype: int
    context: Context | None = None
    line: str = ""
    _fields: Fields | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def time(self) -> datetime:
        """Time of capture in UTC, to the microsecond."""
        seconds, nanoseconds = divmod(self.time_ns, 1_000_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)

    @property
    def process(self) -> Process | None:
        """The process that the packet belongs to, if that is known."""
        return self.context.process if self.context else None

    @property
    def parent(self) -> Process | None:
        """The parent of that process."""
        return self.context.parent if self.context else None

    @property
    def thread(self) -> Thread | None:
        """The thread, where the kernel told it apart from the process."""
        return self.context.thread if self.context else None

    @property
    def uid(self) -> int | None:
        """The user id of the process."""
        return self.context.uid if self.context else None

    @property
    def container(self) -> Container | None:
        """The container of the process."""
        return self.context.container if self.context else None

    @property
    def pod(self) -> Pod | None:
        """The Kubernetes pod of the process."""
        return self.context.pod if self.context else None

    @property
    def found(self) -> Found | None:
        """How the process was found."""
        return self.context.found if self.context else None

    # ------------------------------------------------------------------- what its bytes say

    @property
    def fields(self) -> Fields:
        """All that its headers say, found by one pass over data when it is first asked for.

        The properties below are the most wanted ones of them: None where the packet has no such header. If the packet
        goes through tunnels, they tell of the innermost packet, `tunnel` of the outermost one.
        """
        fields = self._fields
        if fields is None:
            fields = Fields(self.data, self.linktype, self.length)
            object.__setattr__(self, "_fields", fields)     # the rest of the packet is frozen, this is a cache
        return fields

    @property
    def source_mac(self) -> str | None:
        """Link address of the sender, as 02:00:00:00:00:01."""
        return self.fields.source_mac

    @property
    def destination_mac(self) -> str | None:
        """Link address of the receiver."""
        return self.fields.destination_mac

    @property
    def ethertype(self) -> int | None:
        """What the frame carries, behind VLAN tags: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP ... (IEEE 802 Numbers)."""
        return self.fields.ethertype

    @property
    def vlans(self) -> tuple[Vlan, ...]:
        """VLAN tags, the outer one first; at most four of them."""
        return self.fields.vlans

    @property
    def source(self) -> Endpoint | None:
        """IP address of the sender, and its port where the protocol has ports. Later fragments have none."""
        return self.fields.source

    @property
    def destination(self) -> Endpoint | None:
        """IP address of the receiver, and its port."""
        return self.fields.destination

    @property
    def protocol(self) -> int | None:
        """IP protocol: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6 ... (IANA, "Assigned Internet Protocol Numbers")."""
        return self.fields.protocol

    @property
    def fragment(self) -> Fragment | None:
        """Which fragment of a datagram this is."""
        return self.fields.fragment

    @property
    def tunnel(self) -> Tunnel | None:
        """The outermost tunnel that the packet goes through."""
        return self.fields.tunnel

    @property
    def tcp(self) -> Tcp | None:
        """The TCP header."""
        return self.fields.tcp

    @property
    def udp(self) -> Udp | None:
        """The UDP header."""
        return self.fields.udp

    @property
    def icmp(self) -> Icmp | None:
        """The ICMP or ICMPv6 header."""
        return self.fields.icmp

    @property
    def payload(self) -> bytes:
        """What the innermost header carries, as far as it was captured."""
        return self.fields.payload

    @property
    def dns(self) -> Dns | None:
        """A DNS message: question, answers with addresses and times to live."""
        return self.fields.dns

    @property
    def tls(self) -> Tls | None:
        """A TLS Client or Server Hello that begins in this packet: server name (SNI), application protocols (ALPN)."""
        return self.fields.tls

    @property
    def http(self) -> Http | None:
        """An HTTP/1 request or response that begins in this packet: method, path and host, or status."""
        return self.fields.http

    @property
    def quic(self) -> Quic | None:
        """A QUIC Initial packet; with the package `cryptography` installed, with its Client Hello."""
        return self.fields.quic

    def scapy(self) -> Any:
        """The packet as scapy dissects it, with its time. Raises PtcpdumpError without the package scapy."""
        try:
            from scapy.all import conf  # noqa: PLC0415  slow, and few have it
        except ImportError as error:
            raise PtcpdumpError("Packet.scapy() needs the package scapy: pip install scapy") from error
        try:
            layer = conf.l2types[self.linktype]
        except KeyError:
            layer = conf.raw_layer
        made = layer(self.data)
        made.time = self.time_ns / 1e9
        made.wirelen = self.length
        return made

    def __str__(self) -> str:
        return self.line
