"""Fields from the library's packets."""

import copy
import dataclasses
import pickle
import struct
from pathlib import Path

import hellos
import pytest
import wire

import ptcpdump
from ptcpdump.dissect.core import tally

HELLO = wire.tcp(hellos.client_hello("www.example.org"), 40000, 443)
PACKETS = [
    HELLO,
    wire.udp(wire.dns(7, 0x0100, [wire.question("example.com", 1)]), 40000, 53, wire.IP6_A, wire.IP6_B),
    wire.tcp(b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n", 40000, 80),
    wire.icmp(8, payload=bytes(8)),
    wire.ip4(HELLO, 4, source="192.0.2.7"),
    wire.udp(
        hellos.quic_initial(hellos.crypto_frame(0, hellos.handshake_message(hellos.client_hello("q.example")))),
        40000,
        443,
    ),
    wire.ip4(bytes(8), 17, ident=5, flags=3),
]


@pytest.fixture
def packets(tmp_path: Path) -> list[ptcpdump.Packet]:
    wire.write_pcap(tmp_path / "x.pcap", wire.LINKTYPE_RAW, PACKETS)
    with ptcpdump.open(tmp_path / "x.pcap") as savefile:
        return list(savefile)


def test_fields_of_packets(packets: list[ptcpdump.Packet]) -> None:
    tls, dns, http, icmp, tunnel, quic, fragment = packets
    assert (str(tls.source), str(tls.destination), tls.protocol) == ("192.0.2.1:40000", "192.0.2.2:443", 6)
    assert tls.tls.server_name == "www.example.org"
    assert tls.tcp.flags == ptcpdump.TcpFlags.ACK
    assert (tls.udp, tls.icmp, tls.dns, tls.http, tls.quic, tls.tunnel, tls.fragment) == (None,) * 7
    assert (dns.dns.name, str(dns.source), dns.ethertype) == ("example.com", "[2001:db8::1]:40000", 0x86DD)
    assert (http.http.method, http.http.path, http.http.host) == ("GET", "/x", "a.example")
    assert http.payload.startswith(b"GET /x")
    assert (icmp.icmp.type, icmp.source.port, str(icmp.source)) == (8, None, "192.0.2.1")
    assert (str(tunnel.tunnel.source), tunnel.tunnel.kind) == ("192.0.2.7", ptcpdump.TunnelKind.IPIP)
    assert tunnel.tls.server_name == "www.example.org"
    assert quic.quic.tls.server_name == "q.example"
    assert fragment.fragment == ptcpdump.Fragment(5, 24, False)
    assert (fragment.vlans, fragment.source_mac, fragment.destination_mac) == ((), None, None)


def test_found_when_asked_for(packets: list[ptcpdump.Packet]) -> None:
    packet = packets[0]
    assert packet._fields is None
    assert packet.fields is packet.fields
    assert packet.tls is packet.tls


def test_packets_stay_plain_data(packets: list[ptcpdump.Packet]) -> None:
    packet = packets[0]
    other = pickle.loads(pickle.dumps(packet))
    assert other == packet
    assert packet.tls == other.tls
    assert copy.deepcopy(packet) == packet == pickle.loads(pickle.dumps(packet))
    assert hash(packet) == hash(other)
    assert "_fields" not in repr(packet)
    assert dataclasses.replace(packet, data=PACKETS[2]).http is not None


def test_snapshot_length(tmp_path: Path) -> None:
    wire.write_pcap(tmp_path / "x.pcap", wire.LINKTYPE_RAW, PACKETS[:1], snaplen=60)
    with ptcpdump.open(tmp_path / "x.pcap") as savefile:
        packet = next(iter(savefile))
    assert (len(packet.payload), packet.fields.payload_length) == (20, len(HELLO) - 40)
    assert packet.tls is not None
    assert not packet.tls.complete


def test_tally(tmp_path: Path) -> None:
    wire.write_pcap(tmp_path / "x.pcap", wire.LINKTYPE_RAW, PACKETS)
    capture = (tmp_path / "x.pcap").read_bytes()
    assert tally(capture + struct.pack("<IIII", 0, 0, 100, 100)) == {
        "packets": 7,
        "payload": sum(len(packet.payload) for packet in ptcpdump.open(tmp_path / "x.pcap")),
        "ip": 7,
        "tcp": 3,
        "udp": 2,
        "icmp": 1,
        "dns": 1,
        "hellos": 2,
        "http": 1,
        "quic": 1,
        "fragments": 1,
        "tunnels": 1,
        "broken": 0,
    }


@pytest.mark.parametrize("capture", [b"", bytes(24), b"\xa1\xb2\xc3\xd4" + bytes(20)])
def test_tally_of_something_else(capture: bytes) -> None:
    with pytest.raises(ValueError, match="not a pcap file"):
        tally(capture)
