"""Every field of every packet of the corpus, and of the project's own captures, against tshark's."""

import sys
from collections import Counter
from pathlib import Path

import pytest
import tshark
from bounded import bounded
from records import Record, records

sys.path.insert(0, str(Path(__file__).parent))

from mixture import mixture

from ptcpdump.dissect.fields import Fields

LINKTYPES = {0, 1, 9, 50, 51, 101, 104, 108, 113, 166, 228, 229, 258, 276}  # those that are dissected
PER_FILE = 400  # packets of one file; the largest ones repeat themselves
CAPTURES = Path(__file__).parents[2] / "golden" / "captures"

# The headers that are read, by tshark's names. What it shows behind any other one (the datagram that an ICMP error
# quotes, frames within OpenFlow or sFlow, what PIM and NHRP carry ...) is not part of the packet's own ends.
READ = {
    "pktap", "pcap_pktdata", "eth", "ethertype", "vlan", "ieee8021ad", "llc", "sll", "raw", "null", "ppp", "pppoes",
    "chdlc", "mpls", "macsec", "nsh", "ip", "ipv6", "ipv6.hopopts", "ipv6.routing", "ipv6.dstopts", "ipv6.fraghdr",
    "ah", "gre", "erspan", "vxlan", "vxlan_gpe", "geneve", "gtp", "l2tp", "tcp", "udp", "udplite", "sctp", "dccp",
    "icmp", "icmpv6",
}  # fmt: skip
# First words of what is no header
NAMES = ("DNS", "HTTP", "QUIC", "ALPN", "server", "random", "TTL", "answers", "dns.a", "dns.aaaa")
# Where tshark has the number of a tunnel, by the header that stands for it
NUMBERS = {
    "vxlan": ("vxlan.vni",), "geneve": ("geneve.vni",), "gtp": ("gtp.teid",),
    "gre": ("erspan.spanid", "gre.key.call_id", "gre.key"),
}  # fmt: skip
TRANSPORTS = ("tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmpv6")

# Differences that are meant: file, or packet in it, field (all of them: "*"), and why.
EXPLAINED = (
    *(
        (f"bigtcp-{name}.pcap", "*", "tshark 4.0 stops where a length is 0 because the network card cuts the packet up")
        for name in ("ipv4-geneve-ipv6", "ipv4-vxlan-ipv4", "ipv6-geneve-ipv4", "ipv6-geneve-ipv6", "ipv6")
    ),
    ("DTP.pcap", "destination MAC", "tshark takes these frames for Cisco's ISL"),
    ("bgp-bgp_capabilities_print-oobr-2.pcap", "payload length", "longer than the frame: tshark gives none"),
    ("bgp_pmsi_tunnel-oobr.pcap", "payload length", "longer than the frame: tshark gives none"),
    ("dns-badlabel.pcap", "DNS name", "a name that does not end: tshark says so in its place"),
    ("dns-badlabel.pcap", "DNS type", "behind a name that does not end"),
    ("dns_fwdptr.pcap", "DNS name", "a name that points at itself: tshark says so in its place"),
    ("dns_fwdptr.pcap", "DNS type", "behind a name that does not end"),
    ("dns-tcp.pcap:2", "*", "the message is shorter than the length before it: another segment may hold the rest"),
    ("eapon1.pcap", "*", "SSDP: tshark calls its lines HTTP, though they go over UDP"),
    ("ip-options.pcap:2", "*", "a source route: tshark shows the final destination, not the one in the header"),
    ("kday3.pcap:2", "*", "EtherType IPv4 and version 6: tshark believes the version, tcpdump and we neither"),
    ("quic.pcap", "*", "no real Initial: too short for a sample of what protects it, where tshark fails"),
    *((f"{name}.pcap:{number}", "random", "a server's Initial, opened with the id that its client sent (dissect.names)")
      for name, number in (("quic_handshake", 2), ("quic_handshake_truncated", 2), ("quic_retry", 4))),
    ("quic_retry.pcap:3", "*", "the Initial behind a Retry: its keys come from the id that the Retry gave"),
    ("routing.pcap:13", "*", "a TCP data offset of 0: tshark shows the first fields of such a header"),
    ("rtp-seg-fault-1.pcapng", "DNS id", "less than a DNS header"),
    ("text-protocols.pcap:4", "*", "a request line that does not end, with a method that is not a common one"),
    ("tls.pcap", "*", "a hello that was cut off: tshark waits for the rest"),
)


def layers(row: dict[str, list[str]]) -> list[tuple[str, int]]:
    """The headers that are read, each with its number among those of its name."""
    found: list[tuple[str, int]] = []
    seen: Counter[str] = Counter()
    for name in row.get("frame.protocols", [""])[0].split(":"):
        if name not in READ:
            break
        found.append((name, seen[name]))
        seen[name] += 1
        if name in ("icmp", "icmpv6"):
            break
    return found


def wanted(row: dict[str, list[str]]) -> dict[str, str]:
    """What tshark says, by the names that got() uses; fields that it does not show are missing."""
    chain = layers(row)
    found: dict[str, str | None] = {}

    def value(field: str, number: int = 0) -> str | None:
        values = row.get(field, [])
        return values[number] if number < len(values) else None

    networks = [
        index for index, (name, number) in enumerate(chain) if name in ("ip", "ipv6") and value(f"{name}.dst", number)
    ]
    if networks:
        name, number = chain[networks[-1]]
        found |= {"source": value(f"{name}.src", number), "destination": value(f"{name}.dst", number)}
        found["ttl"] = value("ip.ttl" if name == "ip" else "ipv6.hlim", number)
        traffic_class = value("ip.dsfield" if name == "ip" else "ipv6.tclass", number)
        found["traffic class"] = traffic_class and str(int(traffic_class, 16))
        name, number = chain[networks[0]]
        found |= {"outer source": value(f"{name}.src", number), "outer destination": value(f"{name}.dst", number)}
        found |= fragment(chain, value)
        inner = [layer for layer in chain[networks[-1] :] if layer[0] in TRANSPORTS]
        if inner:
            found |= transport(*inner[-1], value)
    frame = chain[: networks[0]] if networks else chain
    found["source MAC"] = value("eth.src") if ("eth", 0) in frame else value("sll.src.eth")
    found["destination MAC"] = value("eth.dst") if ("eth", 0) in frame else None
    found["MPLS labels"] = " ".join(row.get("mpls.label", [])) if ("mpls", 0) in chain else None
    tunnel = next((NUMBERS[name] for name, _ in chain if name in NUMBERS), None)
    found["tunnel"] = str(int(next(filter(None, map(value, tunnel)), "0"), 0)) if tunnel else None
    tags = [value(f"{name}.id", number) or "" for name, number in frame if name in ("vlan", "ieee8021ad")]
    found["VLANs"] = " ".join(tags[:4])
    if not chain or chain[-1][0] in ("tcp", "udp"):
        found |= names(row)
    return {key: text for key, text in found.items() if text}


def fragment(chain, value) -> dict[str, str | None]:
    """Of the innermost header that is one of a fragment."""
    for name, number in reversed(chain):
        if name == "ipv6.fraghdr":
            return {
                "fragment": value("ipv6.fraghdr.offset", number) and str(int(value("ipv6.fraghdr.offset", number)) * 8),
                "more fragments": flag(value("ipv6.fraghdr.more", number)),
                "fragment id": value("ipv6.fraghdr.ident", number) and str(int(value("ipv6.fraghdr.ident", number), 0)),
            }
        if name == "ip" and (value("ip.frag_offset", number) not in (None, "0") or more(value, number) == "yes"):
            return {
                "fragment": str(int(value("ip.frag_offset", number) or 0) * 8),
                "more fragments": more(value, number),
                "fragment id": value("ip.id", number) and str(int(value("ip.id", number), 0)),
            }
    return {}


def more(value, number: int) -> str | None:
    return flag(value("ip.flags.mf", number))


def flag(text: str | None) -> str | None:
    return None if text is None else "yes" if text in ("1", "True") else "no"


def transport(name: str, number: int, value) -> dict[str, str | None]:
    if name in ("icmp", "icmpv6"):
        return {"ICMP type": value(f"{name}.type"), "ICMP code": value(f"{name}.code")}
    field = "udp" if name == "udplite" else name
    found = {"source port": value(f"{field}.srcport", number), "destination port": value(f"{field}.dstport", number)}
    if name == "tcp":
        flags = value("tcp.flags", number)
        found |= {
            "seq": value("tcp.seq_raw", number),
            "ack": value("tcp.ack_raw", number),
            "window": value("tcp.window_size_value", number),
            "flags": flags and str(int(flags, 16) & 0x1FF),
            "payload length": value("tcp.len", number),
        }
    if name == "udp":
        found["UDP length"] = value("udp.length", number)
    return found


def names(row: dict[str, list[str]]) -> dict[str, str | None]:
    def first(field: str) -> str | None:
        return row.get(field, [None])[0]

    name = first("dns.qry.name")
    initial = first("quic.long.packet_type") == "0" or first("quic.long.packet_type_v2") == "1"
    found = {} if not initial else {"QUIC version": str(int(row["quic.version"][0], 16)), "QUIC id": first("quic.dcid")}
    return found | {
        "DNS id": first("dns.id") and str(int(row["dns.id"][0], 16)),
        "DNS name": "." if name == "<Root>" else name,
        "DNS type": first("dns.qry.type"),
        "server name": first("tls.handshake.extensions_server_name"),
        "random": first("tls.handshake.random"),
        "ALPN": " ".join(row.get("tls.handshake.extensions_alpn_str", [])),
        "HTTP method": first("http.request.method"),
        "HTTP path": first("http.request.uri"),
        "HTTP host": first("http.host"),
        "HTTP status": first("http.response.code"),
    }


def got(record: Record) -> dict[str, str]:
    """What the dissection says."""
    fields = Fields(record.data, record.linktype, record.length)
    found: dict[str, object] = {"source MAC": fields.source_mac, "destination MAC": fields.destination_mac}
    found["VLANs"] = " ".join(str(tag.id) for tag in fields.vlans)
    found["MPLS labels"] = " ".join(str(entry.label) for entry in fields.mpls)
    if fields.tunnel and fields.tunnel.kind in (*NUMBERS, "pptp", "erspan"):
        found["tunnel"] = fields.tunnel.id
    if fields.source and fields.destination:
        found |= {
            "source": fields.source.address,
            "destination": fields.destination.address,
            "ttl": fields.ttl,
            "traffic class": fields.traffic_class,
            "source port": fields.source.port,
            "destination port": fields.destination.port,
        }
        outer = fields.tunnel or fields
        found |= {"outer source": outer.source.address, "outer destination": outer.destination.address}
    if fields.fragment:
        found |= {"fragment": fields.fragment.offset, "fragment id": fields.fragment.id}
        found["more fragments"] = "yes" if fields.fragment.more else "no"
    if tcp := fields.tcp:
        found |= {
            "seq": tcp.seq,
            "ack": tcp.ack,
            "window": tcp.window,
            "flags": int(tcp.flags),
            "payload length": fields.payload_length,
        }
    if fields.udp:
        found["UDP length"] = fields.udp.length
    if fields.icmp:
        found |= {"ICMP type": fields.icmp.type, "ICMP code": fields.icmp.code}
    tls = fields.tls
    if dns := fields.dns:
        found |= {"DNS id": dns.id, "DNS name": dns.name, "DNS type": dns.questions[0].type if dns.questions else None}
    if http := fields.http:
        found |= {
            "HTTP method": http.method,
            "HTTP path": http.path,
            "HTTP host": http.host,
            "HTTP status": http.status,
        }
    if quic := fields.quic:
        found |= {"QUIC version": quic.version, "QUIC id": quic.destination_id.hex()}
        tls = quic.tls
    if tls:
        found |= {"server name": tls.server_name, "ALPN": " ".join(tls.protocols), "random": tls.random.hex()}
    return {key: str(value) for key, value in found.items() if value is not None and value != ""}


def differences(records: list[Record], path: Path) -> list[str]:
    """One line for each field of each packet that is neither tshark's nor explained."""
    tshark.write(path, records)
    lines: list[str] = []
    for record, row in zip(records, tshark.dissect(path), strict=True):
        theirs, ours = wanted(row), got(record)
        if "fragment" in ours:  # whose payload tshark leaves alone
            theirs, ours = (
                {name: value for name, value in side.items() if name.partition(" ")[0] not in (*NAMES, "payload")}
                for side in (theirs, ours)
            )
        lines += [f"{record.origin} {line}" for line in answers(record, row)]
        for name in sorted(theirs.keys() | ours.keys()):
            if theirs.get(name) != ours.get(name) and not explained(record, name):
                lines.append(
                    f"{record.origin} {name}: tshark {theirs.get(name)}, ours {ours.get(name)}; "
                    f"{row.get('frame.protocols', ['?'])[0]}"
                )
    return lines


def answers(record: Record, row: dict[str, list[str]]) -> list[str]:
    """What differs among addresses and times of DNS answers; tshark lists those of further sections behind them."""
    dns = Fields(record.data, record.linktype, record.length).dns
    if dns is None or "dns.id" not in row:
        return []
    found = []
    if dns.complete and row.get("dns.count.answers") != [str(len(dns.answers))]:
        found.append(f"answers: tshark {row.get('dns.count.answers')}, ours {len(dns.answers)}")
    for kind, field in ((1, "dns.a"), (28, "dns.aaaa")):
        ours = [str(answer.address) for answer in dns.answers if answer.type == kind]
        if ours != row.get(field, [])[: len(ours)]:
            found.append(f"{field}: tshark {row.get(field)}, ours {ours}")
    times = [str(answer.ttl) for answer in dns.answers]
    if times != row.get("dns.resp.ttl", [])[: len(times)]:
        found.append(f"TTL: tshark {row.get('dns.resp.ttl')}, ours {times}")
    return found


def explained(record: Record, field: str) -> bool:
    places = (record.origin, record.origin.partition(":")[0])
    return any(place in places and fields in (field, "*") for place, fields, _ in EXPLAINED)


def load(folder: Path) -> list[Record]:
    files = sorted(folder.glob("*.pcap*"))
    return [
        record for path in files for record in list(records(path))[:PER_FILE] if record.linktype in LINKTYPES
    ]


@pytest.mark.parametrize("folder", ["tcpdump", "tcpdump-more"])
def test_corpus(folder: str, corpus: Path, tmp_path: Path) -> None:
    assert not differences(load(corpus / folder), tmp_path / "all.pcapng")


def test_own_captures(tmp_path: Path) -> None:
    assert not differences(load(CAPTURES), tmp_path / "all.pcapng")


def test_generated_traffic(tmp_path: Path) -> None:
    packets = [
        Record(f"generated:{number}", linktype, data, len(data))
        for number, (linktype, data) in enumerate(mixture(1, bounded(300)), 1)
    ]
    assert not differences(packets, tmp_path / "all.pcapng")


def test_generated_traffic_with_a_snapshot_length(tmp_path: Path) -> None:
    """What was cut off may be missing, where tshark shows the start of a header; what is there must be right."""
    packets = [
        Record(f"generated:{number}", linktype, data[:96], len(data))
        for number, (linktype, data) in enumerate(mixture(2, bounded(150)), 1)
    ]
    lines = differences(packets, tmp_path / "all.pcapng")
    assert not [line for line in lines if line.split()[1].rstrip(":") not in NAMES and ", ours None;" not in line]
