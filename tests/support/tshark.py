"""tshark as the judge: one run over many packets, its fields by name."""

import os
import struct
import subprocess
from pathlib import Path

from records import Record

# Without what tshark remembers between packets: each is taken for itself, as the dissection under test does.
PREFERENCES = (
    "tcp.desegment_tcp_streams:FALSE", "ip.defragment:FALSE", "ipv6.defragment:FALSE",
    "tcp.analyze_sequence_numbers:FALSE", "tcp.relative_sequence_numbers:FALSE", "tls.desegment_ssl_records:FALSE",
)  # fmt: skip
FIELDS = (
    "frame.protocols", "eth.src", "eth.dst", "sll.src.eth", "vlan.id", "ieee8021ad.id", "ip.src", "ip.dst", "ip.ttl",
    "ip.dsfield", "ip.id", "ip.frag_offset", "ip.flags.mf", "ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.tclass",
    "ipv6.fraghdr.ident", "ipv6.fraghdr.offset", "ipv6.fraghdr.more", "tcp.srcport", "tcp.dstport", "tcp.seq_raw",
    "tcp.ack_raw", "tcp.flags", "tcp.window_size_value", "tcp.len", "udp.srcport", "udp.dstport", "udp.length",
    "sctp.srcport", "sctp.dstport", "dccp.srcport", "dccp.dstport", "icmp.type", "icmp.code", "icmpv6.type",
    "icmpv6.code", "vxlan.vni", "geneve.vni", "gre.key", "gre.key.call_id", "erspan.spanid", "gtp.teid", "mpls.label",
    "dns.id", "dns.qry.name", "dns.qry.type", "dns.resp.ttl", "dns.count.answers", "dns.a", "dns.aaaa",
    "tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "tls.handshake.random",
    "http.request.method", "http.request.uri", "http.host", "http.response.code", "quic.version", "quic.dcid",
    "quic.long.packet_type", "quic.long.packet_type_v2",
)  # fmt: skip


def write(path: Path, packets: list[Record]) -> None:
    """A pcapng file with an interface for each link type."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))

    linktypes = sorted({packet.linktype for packet in packets})
    whole = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    whole += [block(1, struct.pack("<HHI", linktype, 0, 0)) for linktype in linktypes]
    for packet in packets:
        head = struct.pack("<IIIII", linktypes.index(packet.linktype), 0, 0, len(packet.data), packet.length)
        whole.append(block(6, head + packet.data))
    path.write_bytes(b"".join(whole))


def dissect(path: Path) -> list[dict[str, list[str]]]:
    """All fields of all packets of a file: every value of a field, in the order of the packet."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, check=True, timeout=300, env={**os.environ, "LC_ALL": "C.UTF-8"})
    rows = run.stdout.decode().splitlines()
    return [
        {field: value.split("|") for field, value in zip(FIELDS, row.split("\t"), strict=True) if value} for row in rows
    ]
