"""--json as users get it, field by field against `tshark -T json`, over the project's own captures."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import tshark
from json_lines import flat, objects
from records import Record, records

GOLDEN = Path(__file__).parents[2] / "golden" / "captures"
LINKTYPES = {1, 101, 113, 276}
PER_FILE = 40
# Where one of the two reads on and the other does not (see dissect/test_tshark.py for most of them)
EXPLAINED = {
    "dns-tcp.pcap:2",           # a message longer than its segment
    "ip-options.pcap:2",        # a source route, of which tshark shows the end
    "text-protocols.pcap:4",    # a request line without an end
    "tls.pcap:2",               # a Client Hello longer than its segment
    "tunnels.pcap:5",           # a tunnel that is over for tshark
}
HEADERS = {"eth", "ethertype", "vlan", "sll", "raw", "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6"}
# Ours, and tshark's names for the same, of which one is there; all are compared as texts
SAME = {
    "source.mac": ("eth.src", "sll.src.eth"), "destination.mac": ("eth.dst",),
    "source.ip": ("ip.src", "ipv6.src"), "destination.ip": ("ip.dst", "ipv6.dst"),
    "source.port": ("tcp.srcport", "udp.srcport"), "destination.port": ("tcp.dstport", "udp.dstport"),
    "ptcpdump.length.original": ("frame.len",), "ptcpdump.length.captured": ("frame.cap_len",),
    "ptcpdump.tcp.sequence": ("tcp.seq_raw",), "ptcpdump.tcp.acknowledgment": ("tcp.ack_raw",),
    "ptcpdump.tcp.window": ("tcp.window_size_value",),
    "ptcpdump.icmp.type": ("icmp.type", "icmpv6.type"), "ptcpdump.icmp.code": ("icmp.code", "icmpv6.code"),
    "dns.question.name": ("dns.qry.name",), "http.request.method": ("http.request.method",),
    "url.original": ("http.request.uri",), "http.response.status_code": ("http.response.code",),
    "tls.client.server_name": ("tls.handshake.extensions_server_name",),
}  # fmt: skip


def theirs(path: Path) -> list[dict[str, list[str]]]:
    fields = [word for names in (("frame.protocols",), *SAME.values()) for name in names for word in ("-e", name)]
    settings = [word for each in tshark.PREFERENCES for word in ("-o", each)]
    command = ["tshark", "-n", "-r", path, "-T", "json", *settings, *fields]
    done = subprocess.run(command, capture_output=True, check=True)
    return [each["_source"]["layers"] for each in json.loads(done.stdout)]


def layers(protocols: str) -> list[str]:
    """The headers of a packet from its frame to its transport."""
    names = protocols.split(":")
    ends = [names.index(each) for each in ("tcp", "udp", "icmp", "icmpv6") if each in names]
    return names[: min(ends) + 1] if ends else []


def text(name: str, value: object) -> str:
    """A value of ours as tshark writes it."""
    return str(value).lower().replace("-", ":") if name.endswith(".mac") else str(value)


def comparable(row: dict[str, list[str]]) -> bool:
    """Without tunnels and fragments, and not an error that quotes another packet: each field is there once."""
    found = layers(row["frame.protocols"][0])
    return bool(found) and set(found) <= HEADERS and len({*found}) == len(found) and all(
        len(row.get(name, ())) <= 1 for names in SAME.values() for name in names)


def test_fields(tmp_path: Path) -> None:
    packets: list[Record] = []
    for path in sorted(GOLDEN.glob("*.pcap*")):
        packets += [record for record in list(records(path))[:PER_FILE] if record.linktype in LINKTYPES]
    tshark.write(tmp_path / "all.pcapng", packets)
    counts: Counter[str] = Counter()
    wrong = []
    rows = list(map(flat, objects(tmp_path / "all.pcapng")))
    for record, ours, row in zip(packets, rows, theirs(tmp_path / "all.pcapng"), strict=True):
        if record.origin in EXPLAINED or not comparable(row):
            continue
        for name, names in SAME.items():
            value = next((row[each][0] for each in names if each in row), None)
            if (text(name, ours[name]) if name in ours else None) != value:
                wrong.append(f"{record.origin} {name}: tshark {value}, ours {ours.get(name)}")
            counts[name] += name in ours
    assert not wrong
    assert counts.keys() == SAME.keys()
    assert all(counts.values()), counts
