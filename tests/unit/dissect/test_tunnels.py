"""Packets within packets: the outermost and the innermost ends."""

import struct
from ipaddress import ip_address

import pytest
import wire

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.model import Endpoint, Tunnel, TunnelKind

INNER4 = wire.tcp(b"inner", 1234, 80, source="10.1.0.1", target="10.1.0.2")
INNER6 = wire.tcp(b"inner", 1234, 80, source="fd00::1", target="fd00::2")
FRAME = wire.ethernet(INNER4)
OUTER = ip_address(wire.IP_A), ip_address(wire.IP_B)


def gre(protocol: int, payload: bytes, flags: int = 0, options: bytes = b"") -> bytes:
    return wire.ip4(struct.pack(">HH", flags, protocol) + options + payload, 47)


def vxlan(payload: bytes, vni: int = 5) -> bytes:
    return struct.pack(">II", 0x08000000, vni << 8) + payload


def udp(port: int, payload: bytes) -> bytes:
    return wire.udp(payload, 50000, port)


CASES = {
    "IPIP": (wire.ip4(INNER4, 4), TunnelKind.IPIP, 0),
    "IPv4 in IPv6": (wire.ip6(INNER4, 4), TunnelKind.IPIP, 0),
    "SIT": (wire.ip4(INNER6, 41), TunnelKind.SIT, 0),
    "IPv6 in IPv6": (wire.ip6(INNER6, 41), TunnelKind.SIT, 0),
    "GRE": (gre(0x0800, INNER4), TunnelKind.GRE, 0),
    "GRE, key": (gre(0x86DD, INNER6, 0x2000, b"\0\0\0\7"), TunnelKind.GRE, 7),
    "GRE, all fields": (gre(0x0800, INNER4, 0xB000, bytes(4) + b"\0\0\0\7" + bytes(4)), TunnelKind.GRE, 7),
    "GRE, Ethernet": (gre(0x6558, FRAME), TunnelKind.GRE, 0),
    "GRE, MPLS": (gre(0x8847, struct.pack(">I", 16 << 12 | 0x100) + INNER4), TunnelKind.GRE, 0),
    "GRE, WCCP 1": (gre(0x883E, INNER4), TunnelKind.GRE, 0),
    "GRE, WCCP 2": (gre(0x883E, bytes(4) + INNER4), TunnelKind.GRE, 0),
    "PPTP": (
        wire.ip4(struct.pack(">HHHHI", 0x3001, 0x880B, len(INNER4) + 4, 9, 1) + b"\xff\x03\x00\x21" + INNER4, 47),
        TunnelKind.PPTP,
        9,
    ),
    "ERSPAN I": (gre(0x88BE, FRAME), TunnelKind.ERSPAN, 0),
    "ERSPAN II": (gre(0x88BE, struct.pack(">IHHI", 1, 0x1000, 77, 0) + FRAME, 0x1000), TunnelKind.ERSPAN, 77),
    "ERSPAN III": (gre(0x22EB, struct.pack(">IHHIHH", 1, 0x2000, 77, 0, 0, 0) + FRAME, 0x1000), TunnelKind.ERSPAN, 77),
    "ERSPAN III with subheader": (
        gre(0x22EB, struct.pack(">IHHIHHQ", 1, 0x2000, 77, 0, 0, 1, 0) + FRAME, 0x1000),
        TunnelKind.ERSPAN,
        77,
    ),
    "VXLAN": (udp(4789, vxlan(FRAME)), TunnelKind.VXLAN, 5),
    "VXLAN of old Linux": (udp(8472, vxlan(FRAME)), TunnelKind.VXLAN, 5),
    "VXLAN-GPE, IPv4": (udp(4790, struct.pack(">II", 0x0C000001, 5 << 8) + INNER4), TunnelKind.VXLAN_GPE, 5),
    "VXLAN-GPE, Ethernet": (udp(4790, struct.pack(">II", 0x0C000003, 5 << 8) + FRAME), TunnelKind.VXLAN_GPE, 5),
    "Geneve": (udp(6081, struct.pack(">HHII", 1 << 8, 0x6558, 5 << 8, 0) + FRAME), TunnelKind.GENEVE, 5),
    "Geneve, IPv6": (udp(6081, struct.pack(">HHI", 0, 0x86DD, 5 << 8) + INNER6), TunnelKind.GENEVE, 5),
    "L2TP": (
        udp(1701, struct.pack(">HHHH", 0x4002, len(INNER4) + 12, 3, 4) + b"\xff\x03\x00\x21" + INNER4),
        TunnelKind.L2TP,
        3 << 16 | 4,
    ),
    "GTP": (udp(2152, struct.pack(">BBHI", 0x30, 255, len(INNER4), 0xABCD) + INNER4), TunnelKind.GTP, 0xABCD),
    "GTP with an extension header": (
        udp(2152, struct.pack(">BBHIHBB", 0x34, 255, len(INNER6) + 8, 0xABCD, 0, 0, 0x85) + b"\1\0\0\0" + INNER6),
        TunnelKind.GTP,
        0xABCD,
    ),
    "MPLS in UDP": (udp(6635, struct.pack(">I", 99 << 12 | 0x100) + INNER4), TunnelKind.MPLS, 99),
    "MPLS in IP": (wire.ip4(struct.pack(">I", 99 << 12 | 0x100) + INNER4, 137), TunnelKind.MPLS, 99),
    "EtherIP": (wire.ip4(b"\x30\0" + FRAME, 97), TunnelKind.ETHERNET, 0),
    "Ethernet in IPv6": (wire.ip6(FRAME, 143), TunnelKind.ETHERNET, 0),
}


@pytest.mark.parametrize(("packet", "kind", "number"), CASES.values(), ids=CASES)
def test_both_pairs(packet: bytes, kind: TunnelKind, number: int) -> None:
    fields = Fields(packet, 101)
    tunnel = fields.tunnel
    assert tunnel is not None
    assert (tunnel.kind, tunnel.id, tunnel.depth) == (kind, number, 1)
    six = packet[0] >> 4 == 6
    assert (str(tunnel.source.address), str(tunnel.destination.address)) == (
        (wire.IP6_A, wire.IP6_B) if six else (wire.IP_A, wire.IP_B)
    )
    assert (tunnel.source.port, tunnel.protocol) == (
        (50000, 17) if packet[9] == 17 and not six else (None, packet[6 if six else 9])
    )
    assert fields.source in (Endpoint(ip_address("10.1.0.1"), 1234), Endpoint(ip_address("fd00::1"), 1234))
    assert fields.destination.port == 80
    assert (fields.protocol, fields.payload) == (6, b"inner")
    assert fields.udp is None


@pytest.mark.parametrize(("packet", "kind", "number"), CASES.values(), ids=CASES)
def test_cut_anywhere(packet: bytes, kind: TunnelKind, number: int) -> None:
    for captured in range(len(packet)):
        fields = Fields(packet[:captured], 101, len(packet))
        if fields.tunnel:
            assert (fields.tunnel.kind, fields.tunnel.id) == (kind, number)
        assert fields.payload_offset <= captured


def test_the_frame_described_is_the_outer_one() -> None:
    inner = wire.ethernet(struct.pack(">HH", 9, 0x0800) + INNER4, 0x8100, source=b"\4" * 6)
    fields = Fields(wire.ethernet(udp(4789, vxlan(inner))))
    assert (fields.source_mac, fields.ethertype, fields.vlans) == ("02:00:00:00:00:01", 0x0800, ())


def test_tunnels_within_tunnels() -> None:
    fields = Fields(
        wire.ip4(udp(4789, vxlan(wire.ethernet(wire.ip4(INNER6, 41, source="10.9.9.9")))), 4, source="192.0.2.7"), 101
    )
    assert fields.tunnel == Tunnel(TunnelKind.IPIP, 0, Endpoint(ip_address("192.0.2.7")), Endpoint(OUTER[1]), 4, 3)
    assert fields.source == Endpoint(ip_address("fd00::1"), 1234)


def test_what_holds_no_ip_keeps_the_outer_ends() -> None:
    fields = Fields(udp(4789, vxlan(wire.ethernet(bytes(28), 0x0806))), 101)
    assert fields.source == Endpoint(OUTER[0], 50000)
    assert fields.tunnel is not None
    assert fields.tunnel.source == fields.source


def test_fragments_of_the_outer_packet() -> None:
    fields = Fields(wire.ip4(INNER4, 4, ident=3, flags=0x2000), 101)
    assert fields.fragment is not None
    assert fields.fragment.id == 3
    assert fields.source.port == 1234


@pytest.mark.parametrize(
    "packet",
    [
        udp(4789, bytes(60)),
        udp(6081, b"\x40" + bytes(60)),
        udp(1701, b"\xc8\x02" + bytes(60)),
        udp(2152, b"\x32\x01" + bytes(60)),
        udp(4790, b"\x0d" + bytes(60)),
        wire.ip4(bytes(60), 97),
    ],
    ids=["VXLAN without VNI", "Geneve 1", "L2TP control", "GTP echo", "GPE OAM", "EtherIP 0"],
)
def test_control_messages_are_no_tunnels(packet: bytes) -> None:
    assert Fields(packet, 101).tunnel is None
