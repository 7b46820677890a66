"""`ptcpdump --json` run over savefiles, and what an object should hold by the library's typed fields."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema
from savefiles import interface, packet, pump, section

import ptcpdump
from ptcpdump.context.render import Renderer
from ptcpdump.data.schema import json_schema
from ptcpdump.sinks.json import JsonSink
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.output import Output

COMMAND = [sys.executable, "-m", "ptcpdump"]
# comments of a packet that tell all that can be told of an owner
OWNER = (
    "PID: 4711\nFound: socket\nHostPID: 94711\nCmd: /usr/bin/curl\nArgs: curl -s http://example.com/",
    "ThreadId: 4712\nThreadName: worker", "UserId: 33",
    "ParentPID: 7\nParentCmd: /usr/bin/bash\nParentArgs: bash",
    'ContainerName: web\nContainerId: c0ffee\nContainerImage: nginx:1\nContainerLabels: {"tier":"front"}',
    'PodName: web-0\nPodNamespace: shop\nPodUID: 12-34\nPodLabels: {"app":"web"}\nPodAnnotations: {"note":"a b"}',
)  # fmt: skip


def write(path: Path, packets: list[tuple[int, bytes]]) -> Path:
    """A savefile of (link type, bytes), an interface for each link type."""
    linktypes = sorted({linktype for linktype, _ in packets})
    head = section() + b"".join(interface(linktype=linktype) for linktype in linktypes)
    path.write_bytes(head + b"".join(
        packet(data, interface=linktypes.index(linktype), units=1700000000_000000 + i)
        for i, (linktype, data) in enumerate(packets)))
    return path


def flat(group: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by dotted names; labels stay objects."""
    values = {}
    for name, value in group.items():
        if isinstance(value, dict) and name != "labels":
            values |= flat(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = value
    return values


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, which must not have a name twice."""
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


@cache
def validator() -> Any:
    return fastjsonschema.compile(json_schema())


def objects(path: Path, *words: str) -> list[dict[str, Any]]:
    """Every line that --json writes for a savefile, each held to the schema."""
    done = subprocess.run([*COMMAND, "--json", "-n", "-r", path, *words], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return parsed(done.stdout)


def objects_here(path: Path) -> list[dict[str, Any]]:
    """The same without a process of its own."""
    file = os.memfd_create("json")
    sink = JsonSink(Output(file, "json"), TextOptions(numeric=True), Renderer().chosen)
    try:
        pump(path, sink)
        sink.close()
        return parsed(os.pread(file, os.fstat(file).st_size, 0))
    finally:
        os.close(file)


def parsed(text: bytes) -> list[dict[str, Any]]:
    """The objects of all lines, each held to the schema."""
    assert text.isascii()
    found = [json.loads(line, object_pairs_hook=unique) for line in text.split(b"\n")[:-1]]
    for each in found:
        validator()(each)
    return found


def expected(packet: ptcpdump.Packet) -> dict[str, Any]:
    """The fields of the headers, from the library's; None: there is none."""
    source, destination, tcp, icmp = packet.source, packet.destination, packet.tcp, packet.icmp
    tunnel, fragment, tls, http = packet.tunnel, packet.fragment, packet.tls, packet.http
    server = tls if tls and tls.hello == "server" else None
    client = tls if tls and tls.hello == "client" else None
    host = http.host if http else None
    return {
        "source.ip": source and str(source.address), "source.port": source and source.port,
        "destination.ip": destination and str(destination.address),
        "destination.port": destination and destination.port,
        "source.mac": packet.source_mac and packet.source_mac.upper().replace(":", "-"),
        "destination.mac": packet.destination_mac and packet.destination_mac.upper().replace(":", "-"),
        "network.iana_number": str(packet.protocol) if source else None,
        "network.vlan.id": str(packet.vlans[0].id) if packet.vlans else None,
        "network.bytes": packet.length, "ptcpdump.length.original": packet.length,
        "ptcpdump.length.captured": len(packet.data), "ptcpdump.length.payload": packet.fields.payload_length,
        "ptcpdump.linktype": packet.linktype, "ptcpdump.ethertype": packet.ethertype,
        "ptcpdump.truncated": packet.fields.truncated or None, "ptcpdump.malformed": packet.fields.malformed or None,
        "ptcpdump.ip.ttl": packet.fields.ttl, "ptcpdump.ip.traffic_class": packet.fields.traffic_class,
        "ptcpdump.fragment.id": fragment and fragment.id, "ptcpdump.fragment.offset": fragment and fragment.offset,
        "ptcpdump.fragment.more": (fragment and fragment.more) or None,
        "ptcpdump.tcp.sequence": tcp and tcp.seq, "ptcpdump.tcp.acknowledgment": tcp and tcp.ack,
        "ptcpdump.tcp.window": tcp and tcp.window,
        "ptcpdump.icmp.type": icmp and icmp.type, "ptcpdump.icmp.code": icmp and icmp.code,
        "ptcpdump.tunnel.type": tunnel and str(tunnel.kind), "ptcpdump.tunnel.id": tunnel and tunnel.id,
        "ptcpdump.tunnel.depth": tunnel and tunnel.depth,
        "ptcpdump.tunnel.source.ip": tunnel and str(tunnel.source.address),
        "ptcpdump.tls.hello": tls and tls.hello,
        "tls.client.server_name": (client and client.server_name) or None,
        "ptcpdump.tls.protocols": (list(client.protocols) if client else None) or None,
        "tls.next_protocol": server.protocols[0] if server and server.protocols else None,
        "http.request.method": http and http.method, "url.original": http and http.path,
        "url.domain": (host.partition(":")[0] if host and not host.startswith("[") else host) or None,
        "http.response.status_code": http and http.status,
        **_dns(packet.dns),
        "ptcpdump.summary": packet.line,
    }  # fmt: skip


def _dns(dns: ptcpdump.Dns | None) -> dict[str, Any]:
    answers = [
        {"name": answer.name, "ttl": answer.ttl}
        | ({"data": str(data)} if (data := answer.address or answer.target) else {})
        for answer in dns.answers[:64]
    ] if dns else None  # fmt: skip
    return {
        "dns.id": str(dns.id) if dns else None,
        "dns.type": ("answer" if dns.response else "query") if dns else None,
        "dns.question.name": dns and dns.name,
        "dns.answers": answers or None,
        "dns.resolved_ip": [
            str(answer.address) for answer in (dns.answers[:64] if dns else ()) if answer.address] or None,
    }
