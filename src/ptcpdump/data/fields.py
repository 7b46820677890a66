"""The table of fields that a packet has as data: JSON, its schema, Parquet and docs/data.md are made of it.

Names, types and values are those of the Elastic Common Schema (ECS 8, https://www.elastic.co/docs/reference/ecs) where
it has them; all others stand below `ptcpdump.`. The fields of one group stand together, in the order in which they are
written. Those that the packet's bytes and the capture tell are numbered by their place among each other, in record.pxd
again for C.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds."""

    KEYWORD = "keyword"         # text
    LONG = "long"               # a whole number, not negative
    BOOLEAN = "boolean"         # true; left out where it is not
    DATE = "date"               # UTC with nine digits of the second
    IP = "ip"                   # an address as text (RFC 5952), in Parquet once more as bytes
    KEYWORDS = "keyword[]"      # several texts
    IPS = "ip[]"                # several addresses
    LABELS = "flattened"        # an object whose values are texts; in Parquet it is JSON
    OBJECTS = "object[]"        # several objects; in Parquet they are JSON


@dataclass(frozen=True, slots=True)
class Field:
    """One row.

    about: what it is; got: where it comes from; owner: told by the packet's owner, not by the packet; rare: values
    differ from packet to packet, so that a dictionary of them is of no use in Parquet.
    """

    name: str
    kind: Kind
    about: str
    got: str
    owner: bool = False
    rare: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the groups that it stands in, and its own."""
        return (self.name,) if self.name.startswith("@") else tuple(self.name.split("."))


_IP = "innermost IP header"
_LINK = "outermost link header"
_DNS = "DNS message (over TCP: one that the segment holds whole)"
_CLIENT, _SERVER = "TLS Client Hello that begins in the packet", "TLS Server Hello that begins in the packet"
_HTTP = "HTTP/1 head that begins in the packet"
_TCP = "TCP header"
_TUNNEL = "outermost tunnel"


def _own(name: str, kind: Kind, about: str, got: str) -> Field:
    return Field(name, kind, about, got, owner=True)


_PROCESS = "process that owns the packet"
_PARENT = "its parent"
_RUNTIME = "container runtime"
_CRI = "Kubernetes' runtime (CRI)"
_K, _L = Kind.KEYWORD, Kind.LONG

FIELDS: tuple[Field, ...] = (
    Field("@timestamp", Kind.DATE, "when the packet was captured", "capture", rare=True),
    Field("source.ip", Kind.IP, "address of the sender", _IP),
    Field("source.port", _L, "port of the sender", "transport header"),
    Field("source.mac", _K, "link address of the sender, as 02-00-00-00-00-0A", _LINK),
    Field("destination.ip", Kind.IP, "address of the receiver", _IP),
    Field("destination.port", _L, "port of the receiver", "transport header"),
    Field("destination.mac", _K, "link address of the receiver", _LINK),
    Field("network.type", _K, "ipv4, ipv6 or arp", "link header, IP header"),
    Field("network.iana_number", _K, "number of the protocol that IP carries", f"{_IP}, behind extension headers"),
    Field("network.transport", _K, "its name: tcp, udp, icmp, ipv6-icmp, sctp ...", "the same"),
    Field("network.protocol", _K, "dns, tls, http or quic", "payload"),
    Field("network.bytes", _L, "bytes of the packet on the wire, link header included", "capture"),
    Field("network.direction", _K, "ingress or egress", "capture, savefile"),
    Field("network.vlan.id", _K, "VLAN of the outermost tag", _LINK),
    Field("dns.id", _K, "number of the message", _DNS),
    Field("dns.type", _K, "query or answer", _DNS),
    Field("dns.op_code", _K, "QUERY, NOTIFY, UPDATE ...", _DNS),
    Field("dns.header_flags", Kind.KEYWORDS, "AA, TC, RD, RA, AD, CD", _DNS),
    Field("dns.response_code", _K, "NOERROR, NXDOMAIN ... of an answer", _DNS),
    Field("dns.question.name", _K, "name of the first question (RFC 1035, 5.1: \\DDD for odd bytes)", _DNS),
    Field("dns.question.type", _K, "type of the first question: A, AAAA, TYPE65 ...", _DNS),
    Field("dns.answers", Kind.OBJECTS, "name, type, ttl and data (address or name) of at most 64 answers", _DNS),
    Field("dns.resolved_ip", Kind.IPS, "the addresses among them", _DNS),
    Field("tls.version", _K, "version that the server chose: 1.2, 1.3", _SERVER),
    Field("tls.cipher", _K, "cipher suite that the server chose, by IANA's name or as 0x1301", _SERVER),
    Field("tls.client.server_name", _K, "name that the client asks for (SNI)", _CLIENT),
    Field("tls.next_protocol", _K, "application protocol that the server chose (ALPN)", _SERVER),
    Field("http.request.method", _K, "GET, POST ...", _HTTP),
    Field("http.response.status_code", _L, "200, 404 ...", _HTTP),
    Field("url.original", _K, "request target", _HTTP),
    Field("url.domain", _K, "host that is asked, without port", f"Host header of the {_HTTP}"),
    _own("process.pid", _L, "process id, in the pid namespace where the capture ran", _PROCESS),
    _own("process.name", _K, "what ps(1) calls the program, in full", _PROCESS),
    _own("process.executable", _K, "path of its executable", _PROCESS),
    _own("process.command_line", _K, "its arguments, joined by blanks, at most 16 KiB of them", _PROCESS),
    _own("process.args", Kind.KEYWORDS, "its arguments, at most 512 of them",
         f"{_PROCESS}; a savefile without process blocks has them as one text, cut at blanks"),
    _own("process.start", Kind.DATE, "when it was started", f"{_PROCESS}; in savefiles: its process block"),
    _own("process.thread.id", _L, "thread id", "thread that used the socket, where it was seen"),
    _own("process.thread.name", _K, "the thread's name", "the same"),
    _own("process.parent.pid", _L, "process id", _PARENT),
    _own("process.parent.name", _K, "name of the program", _PARENT),
    _own("process.parent.executable", _K, "path of the executable", _PARENT),
    _own("process.parent.command_line", _K, "its arguments, joined by blanks, at most 16 KiB of them", _PARENT),
    _own("process.parent.start", Kind.DATE, "when it was started", f"{_PARENT}; in savefiles: its process block"),
    _own("process.parent.args", Kind.KEYWORDS, "its arguments, at most 512 of them", _PARENT),
    _own("user.id", _K, "number of the user whose process it is", _PROCESS),
    _own("user.name", _K, "the user's name",
         "/etc/passwd, for processes that are in no container; in savefiles: process block"),
    _own("container.id", _K, "id of the process's container", _RUNTIME),
    _own("container.name", _K, "its name", _RUNTIME),
    _own("container.image.name", _K, "its image", _RUNTIME),
    _own("container.labels", Kind.LABELS, "its labels, at most 24 KiB of them", _RUNTIME),
    _own("orchestrator.type", _K, "kubernetes", _CRI),
    _own("orchestrator.namespace", _K, "namespace of the process's pod", _CRI),
    _own("orchestrator.resource.type", _K, "pod", _CRI),
    _own("orchestrator.resource.name", _K, "name of the pod", _CRI),
    _own("orchestrator.resource.id", _K, "UID of the pod", _CRI),
    _own("orchestrator.resource.label", Kind.KEYWORDS, "its labels as KEY:VALUE, at most 24 KiB of them", _CRI),
    _own("orchestrator.resource.annotation", Kind.KEYWORDS, "its annotations, likewise", _CRI),
    _own("ptcpdump.found", _K,
         "how the owner was found: socket, listener, flow, translated, scan, peer, kernel, savefile", "capture"),
    _own("ptcpdump.process.host_pid", _L, "process id on the host, where it is another one", _PROCESS),
    _own("ptcpdump.process.outside", Kind.BOOLEAN, "the process is of no pid namespace of ours: pid is the host's",
         _PROCESS),
    _own("ptcpdump.process.args_truncated", Kind.BOOLEAN, "there were more arguments", _PROCESS),
    Field("ptcpdump.interface", _K, "interface, as lines name it", "capture, savefile"),
    Field("ptcpdump.direction", _K, "in or out", "capture, savefile"),
    Field("ptcpdump.length.original", _L, "bytes on the wire", "capture"),
    Field("ptcpdump.length.captured", _L, "bytes that were captured", "capture"),
    Field("ptcpdump.length.payload", _L, "bytes on the wire behind the last header that is understood",
          "lengths in headers"),
    Field("ptcpdump.linktype", _L, "LINKTYPE_ value (https://www.tcpdump.org/linktypes.html)", "interface"),
    Field("ptcpdump.ethertype", _L, "what the frame carries (IEEE 802 Numbers)", f"{_LINK}, behind VLAN tags"),
    Field("ptcpdump.truncated", Kind.BOOLEAN, "a header reaches beyond what was captured", "headers"),
    Field("ptcpdump.malformed", Kind.BOOLEAN, "a header contradicts itself or the one around it", "headers"),
    Field("ptcpdump.ip.ttl", _L, "TTL or hop limit", _IP),
    Field("ptcpdump.ip.traffic_class", _L, "DSCP and ECN", _IP),
    Field("ptcpdump.fragment.id", _L, "number of the datagram that this is a fragment of", _IP),
    Field("ptcpdump.fragment.offset", _L, "where in the datagram it begins, in bytes", _IP),
    Field("ptcpdump.fragment.more", Kind.BOOLEAN, "further fragments follow", _IP),
    Field("ptcpdump.tcp.flags", _K,
          "flags as lines show them: S SYN, F FIN, R RST, P PSH, . ACK, U URG, E ECE, W CWR, e AE", _TCP),
    Field("ptcpdump.tcp.sequence", _L, "sequence number as sent", _TCP, rare=True),
    Field("ptcpdump.tcp.acknowledgment", _L, "acknowledgment number as sent", _TCP, rare=True),
    Field("ptcpdump.tcp.window", _L, "window as sent, without its scale", _TCP),
    Field("ptcpdump.icmp.type", _L, "type of the ICMP or ICMPv6 message", "ICMP header"),
    Field("ptcpdump.icmp.code", _L, "its code", "ICMP header"),
    Field("ptcpdump.tls.hello", _K, "client or server", "TLS hello that begins in the packet"),
    Field("ptcpdump.tls.protocols", Kind.KEYWORDS, "application protocols that the client offers (ALPN)", _CLIENT),
    Field("ptcpdump.tunnel.type", _K,
          "ipip, sit, gre, pptp, vxlan, vxlan-gpe, geneve, l2tp, gtp, mpls, ethernet, erspan", _TUNNEL),
    Field("ptcpdump.tunnel.id", _L, "its key, VNI, TEID or session", _TUNNEL),
    Field("ptcpdump.tunnel.depth", _L, "tunnels around the innermost IP header", "headers"),
    Field("ptcpdump.tunnel.source.ip", Kind.IP, "address that the tunnel begins at", "outermost IP header"),
    Field("ptcpdump.tunnel.destination.ip", Kind.IP, "address that it leads to", "outermost IP header"),
    Field("ptcpdump.summary", _K, "the line that is printed without --json, by the same flags", "all of this",
          rare=True),
)

PACKET_FIELDS = tuple(field for field in FIELDS if not field.owner)     # numbered as in record.pxd
OWNER_FIELDS = tuple(field for field in FIELDS if field.owner)
