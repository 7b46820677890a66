"""Fields of link, network and transport headers, of packets built byte by byte."""

import struct
from ipaddress import ip_address

import pytest
import wire

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.model import Endpoint, Fragment, Icmp, MplsLabel, Tcp, TcpFlags, Udp, Vlan

DATAGRAM4 = wire.udp(b"hello", 1000, 2000)
DATAGRAM6 = wire.udp(b"hello", 1000, 2000, wire.IP6_A, wire.IP6_B)
ENDS4 = Endpoint(ip_address(wire.IP_A), 1000), Endpoint(ip_address(wire.IP_B), 2000)
ENDS6 = Endpoint(ip_address(wire.IP6_A), 1000), Endpoint(ip_address(wire.IP6_B), 2000)
SNAP = bytes.fromhex("aaaa03 000000")
MAC = bytes.fromhex("020000000001")


def cooked(protocol: int, device: int = 1) -> bytes:
    return struct.pack(">HHH8sH", 0, device, 6, MAC, protocol)


def cooked2(protocol: int) -> bytes:
    return struct.pack(">HHIHBB8s", protocol, 0, 3, 1, 0, 6, MAC)


def pktap(linktype: int) -> bytes:
    return struct.pack("<III", 108, 1, linktype) + bytes(96)


def ends(fields: Fields) -> tuple[Endpoint | None, Endpoint | None]:
    return fields.source, fields.destination


FRAMES = {
    "Ethernet": (1, wire.ethernet(DATAGRAM4)),
    "802.3 with SNAP": (
        1,
        wire.MAC_B + wire.MAC_A + struct.pack(">H", len(DATAGRAM4) + 8) + SNAP + b"\x08\x00" + DATAGRAM4,
    ),
    "802.3 with the SAP of IP": (
        1,
        wire.MAC_B + wire.MAC_A + struct.pack(">H", len(DATAGRAM4) + 3) + b"\6\6\3" + DATAGRAM4,
    ),
    "VLAN": (1, wire.ethernet(struct.pack(">HH", 0x6005, 0x0800) + DATAGRAM4, 0x8100)),
    "PPPoE": (1, wire.ethernet(struct.pack(">BBHHH", 0x11, 0, 1, len(DATAGRAM4) + 2, 0x21) + DATAGRAM4, 0x8864)),
    "MPLS": (1, wire.ethernet(struct.pack(">II", 16 << 12 | 64, 17 << 12 | 0x100 | 63) + DATAGRAM4, 0x8847)),
    "MACsec in the clear": (1, wire.ethernet(bytes.fromhex("0000 00000001 0800") + DATAGRAM4 + bytes(16), 0x88E5)),
    "NSH": (1, wire.ethernet(struct.pack(">HBBI", 6, 2, 1, 0) + bytes(16) + DATAGRAM4, 0x894F)),
    "NULL, little endian": (0, struct.pack("<I", 2) + DATAGRAM4),
    "NULL, big endian": (0, struct.pack(">I", 2) + DATAGRAM4),
    "LOOP": (108, struct.pack(">I", 2) + DATAGRAM4),
    "RAW": (101, DATAGRAM4),
    "IPV4": (228, DATAGRAM4),
    "SLL": (113, cooked(0x0800) + DATAGRAM4),
    "SLL, VLAN": (113, cooked(0x8100) + b"\0\5\x08\x00" + DATAGRAM4),
    "SLL, 802.2": (113, cooked(4) + SNAP + b"\x08\x00" + DATAGRAM4),
    "SLL2": (276, cooked2(0x0800) + DATAGRAM4),
    "PPP": (9, b"\xff\x03\x00\x21" + DATAGRAM4),
    "PPP, compressed fields": (9, b"\x21" + DATAGRAM4),
    "PPP of pppd": (166, b"\x01\x03\x00\x21" + DATAGRAM4),
    "PPP in HDLC": (50, b"\xff\x03\x00\x21" + DATAGRAM4),
    "Cisco HDLC": (104, b"\x0f\x00\x08\x00" + DATAGRAM4),
    "PPPoE alone": (51, struct.pack(">BBHHH", 0x11, 0, 1, len(DATAGRAM4) + 2, 0x21) + DATAGRAM4),
    "PKTAP": (258, pktap(1) + wire.ethernet(DATAGRAM4)),
}
FRAMES6 = {
    "Ethernet": (1, wire.ethernet(DATAGRAM6, 0x86DD)),
    "NULL of NetBSD": (0, struct.pack("<I", 24) + DATAGRAM6),
    "NULL of FreeBSD": (0, struct.pack("<I", 28) + DATAGRAM6),
    "NULL of Darwin": (0, struct.pack("<I", 30) + DATAGRAM6),
    "RAW": (101, DATAGRAM6),
    "IPV6": (229, DATAGRAM6),
    "SLL2": (276, cooked2(0x86DD) + DATAGRAM6),
    "PPP": (9, b"\xff\x03\x00\x57" + DATAGRAM6),
}


@pytest.mark.parametrize(("linktype", "data"), FRAMES.values(), ids=FRAMES)
def test_every_link_type_leads_to_ipv4(linktype: int, data: bytes) -> None:
    fields = Fields(data, linktype)
    assert ends(fields) == ENDS4
    assert fields.payload == b"hello"
    assert not fields.truncated
    assert not fields.malformed


@pytest.mark.parametrize(("linktype", "data"), FRAMES6.values(), ids=FRAMES6)
def test_every_link_type_leads_to_ipv6(linktype: int, data: bytes) -> None:
    fields = Fields(data, linktype)
    assert ends(fields) == ENDS6
    assert fields.ethertype == 0x86DD
    assert fields.payload == b"hello"


@pytest.mark.parametrize(("linktype", "data"), [*FRAMES.values(), *FRAMES6.values()])
def test_what_is_cut_off_is_not_there(linktype: int, data: bytes) -> None:
    whole = Fields(data, linktype)
    for captured in range(len(data)):
        fields = Fields(data[:captured], linktype, len(data))
        assert fields.source in (None, whole.source, Endpoint(whole.source.address))
        assert whole.payload.startswith(fields.payload) or fields.source is None or fields.source.port is None
        assert fields.truncated or fields.payload_length == whole.payload_length


def test_addresses_of_the_frame() -> None:
    fields = Fields(wire.ethernet(DATAGRAM4))
    assert (fields.source_mac, fields.destination_mac) == ("02:00:00:00:00:01", "02:00:00:00:00:02")
    cooked_fields = Fields(cooked(0x0800) + DATAGRAM4, 113)
    assert (cooked_fields.source_mac, cooked_fields.destination_mac) == ("02:00:00:00:00:01", None)
    assert Fields(DATAGRAM4, 101).source_mac is None


def test_messages_of_a_netlink_device_are_no_packets() -> None:
    assert Fields(cooked(0x0800, device=824) + DATAGRAM4, 113).source is None


def test_vlan_tags() -> None:
    tags = struct.pack(">HHHH", 0x2000 | 7, 0x8100, 0x1000 | 4095, 0x0800)
    fields = Fields(wire.ethernet(tags + DATAGRAM4, 0x88A8))
    assert fields.vlans == (Vlan(7, 1, False), Vlan(4095, 0, True))
    assert fields.ethertype == 0x0800
    assert Fields(wire.ethernet(DATAGRAM4)).vlans == ()


def test_more_tags_than_are_kept() -> None:
    tags = b"".join(struct.pack(">HH", number, 0x8100) for number in range(1, 7))
    fields = Fields(wire.ethernet(tags + struct.pack(">HH", 7, 0x0800) + DATAGRAM4, 0x8100))
    assert [tag.id for tag in fields.vlans] == [1, 2, 3, 4]
    assert ends(fields) == ENDS4


def test_mpls_labels() -> None:
    stack = struct.pack(">II", 16 << 12 | 3 << 9 | 64, 17 << 12 | 0x100 | 63)
    fields = Fields(wire.ethernet(stack + DATAGRAM6, 0x8847))
    assert fields.mpls == (MplsLabel(16, 3, 64), MplsLabel(17, 0, 63))
    assert fields.ethertype == 0x8847
    assert ends(fields) == ENDS6


def test_no_ip() -> None:
    fields = Fields(wire.ethernet(bytes(28), 0x0806))
    assert (fields.ethertype, fields.source, fields.destination, fields.protocol) == (0x0806, None, None, None)
    assert (fields.tcp, fields.udp, fields.icmp, fields.fragment, fields.tunnel) == (None,) * 5
    assert (fields.dns, fields.tls, fields.http, fields.quic) == (None,) * 4
    assert fields.payload_length == 28


def test_unknown_link_type() -> None:
    fields = Fields(b"abc", 147)
    assert (fields.source, fields.payload, fields.malformed) == (None, b"abc", False)


def test_padding_is_no_payload() -> None:
    fields = Fields(wire.ethernet(wire.udp(b"x", 1, 2) + bytes(20)))
    assert (fields.payload, fields.payload_length) == (b"x", 1)


# --------------------------------------------------------------------------- IP


def test_tcp() -> None:
    segment = wire.tcp(b"data", 40000, 80, seq=0xFFFFFFFF, ack=7, flags=0x1FF, window=512, options=b"\2\4\5\xb4")
    fields = Fields(segment, 101)
    assert fields.tcp == Tcp(TcpFlags(0x1FF), 0xFFFFFFFF, 7, 512, b"\2\4\5\xb4")
    assert (fields.protocol, fields.ttl, fields.traffic_class) == (6, 64, 0)
    assert (fields.payload, fields.payload_offset, fields.payload_length) == (b"data", 44, 4)
    assert fields.udp is None


def test_flags_have_names() -> None:
    tcp = Fields(wire.tcp(flags=0x12), 101).tcp
    assert tcp is not None
    assert tcp.flags == TcpFlags.SYN | TcpFlags.ACK


def test_udp() -> None:
    fields = Fields(DATAGRAM6, 101)
    assert (fields.udp, fields.protocol) == (Udp(13), 17)


@pytest.mark.parametrize(("protocol", "header"), [(132, 12), (136, 8), (33, 12)])
def test_other_protocols_with_ports(protocol: int, header: int) -> None:
    body = struct.pack(">HHB", 5, 6, header // 4).ljust(header, b"\0") + b"rest"
    fields = Fields(wire.ip4(body, protocol), 101)
    assert (fields.source.port, fields.destination.port, fields.payload) == (5, 6, b"rest")


def test_icmp_quotes_no_ends() -> None:
    fields = Fields(wire.icmp(3, 1, payload=DATAGRAM4, source="192.0.2.9"), 101)
    assert fields.icmp == Icmp(4, 3, 1)
    assert fields.source == Endpoint(ip_address("192.0.2.9"))
    assert Fields(wire.icmp6(135, 0, bytes(20)), 101).icmp == Icmp(6, 135, 0)


def test_icmp_of_the_other_version_is_none() -> None:
    assert Fields(wire.ip4(bytes(8), 58), 101).icmp is None
    assert Fields(wire.ip6(bytes(8), 1), 101).icmp is None


def test_fragments_of_ipv4() -> None:
    whole = wire.udp_datagram(bytes(24), 1000, 2000)
    first = Fields(wire.ip4(whole[:16], 17, ident=7, flags=0x2000), 101)
    assert first.fragment == Fragment(7, 0, True)
    assert first.source.port == 1000
    later = Fields(wire.ip4(whole[16:], 17, ident=7, flags=2), 101)
    assert later.fragment == Fragment(7, 16, False)
    assert later.source == Endpoint(ip_address(wire.IP_A))
    assert (later.protocol, later.udp, later.payload) == (17, None, bytes(16))
    assert Fields(DATAGRAM4, 101).fragment is None


def test_fragments_of_ipv6() -> None:
    whole = wire.udp_datagram(bytes(24), 1000, 2000, wire.IP6_A, wire.IP6_B)
    first = Fields(wire.ip6(struct.pack(">BBHI", 17, 0, 1, 0xDEADBEEF) + whole[:16], 44), 101)
    assert first.fragment == Fragment(0xDEADBEEF, 0, True)
    assert first.source.port == 1000
    later = Fields(wire.ip6(struct.pack(">BBHI", 17, 0, 16, 0xDEADBEEF) + whole[16:], 44), 101)
    assert (later.fragment, later.protocol) == (Fragment(0xDEADBEEF, 16, False), 17)
    assert later.source == Endpoint(ip_address(wire.IP6_A))


def test_extension_headers() -> None:
    datagram = wire.udp_datagram(b"hello", 1000, 2000, wire.IP6_A, wire.IP6_B)
    hop_by_hop, options, routing = (
        bytes([60, 0, 1, 4, 0, 0, 0, 0]),
        bytes([43, 0, 1, 4, 0, 0, 0, 0]),
        bytes([51, 0, 59, 0, 0, 0, 0, 0]),
    )
    authentication = struct.pack(">BBHII", 17, 4, 0, 1, 1) + bytes(12)
    fields = Fields(wire.ip6(hop_by_hop + options + routing + authentication + datagram, 0), 101)
    assert ends(fields) == ENDS6
    assert (fields.protocol, fields.payload) == (17, b"hello")


def test_authentication_header_of_ipv4() -> None:
    datagram = wire.udp_datagram(b"hello", 1000, 2000)
    fields = Fields(wire.ip4(struct.pack(">BBHII", 17, 4, 0, 1, 1) + bytes(12) + datagram, 51), 101)
    assert ends(fields) == ENDS4


def test_lengths_that_the_network_card_fills_in() -> None:
    tcp = struct.pack(">HHIIHHHH", 1, 2, 3, 4, 5 << 12, 9, 0, 0)
    four = bytearray(wire.ip4(tcp, 6))
    four[2:4] = bytes(2)
    six = bytearray(wire.ip6(tcp, 6))
    six[4:6] = bytes(2)
    for packet in (four, six):
        fields = Fields(bytes(packet) + bytes(70000), 101)
        assert fields.payload_length == 70000
        assert fields.tcp is not None


def test_jumbogram() -> None:
    datagram = struct.pack(">HHHH", 1000, 2000, 0, 0) + bytes(70000)
    options = bytes([17, 0, 0xC2, 4]) + struct.pack(">I", 8 + len(datagram))
    fields = Fields(wire.ip6(b"", 0) + options + datagram + b"padding", 101)
    assert fields.payload_length == 70000


# --------------------------------------------------------------------------- what can't be right


@pytest.mark.parametrize(
    "packet",
    [
        b"\x46" + DATAGRAM4[1:10],
        b"\x44" + DATAGRAM4[1:],
        DATAGRAM4[:2] + b"\0\x13" + DATAGRAM4[4:],
        DATAGRAM4[:24] + b"\0\7" + DATAGRAM4[26:],
        wire.tcp()[:32] + b"\x40" + wire.tcp()[33:],
        wire.tcp()[:32] + b"\xf0" + wire.tcp()[33:],
        wire.ip6(bytes([17, 9, 0, 0]), 60),
        wire.ip6(b"", 0),
    ],
    ids=[
        "short",
        "header length",
        "total length",
        "UDP length",
        "offset too small",
        "offset too large",
        "extension",
        "empty",
    ],
)
def test_malformed(packet: bytes) -> None:
    fields = Fields(packet, 101)
    assert fields.malformed
    assert fields.payload_length <= len(packet)


def test_nesting_ends() -> None:
    packet = DATAGRAM4
    for _ in range(200):
        packet = wire.ip4(packet, 4)
    fields = Fields(packet, 101)
    assert fields.malformed
    assert fields.tunnel.depth < 200


def test_an_empty_record() -> None:
    fields = Fields(b"", 1, 0)
    assert (fields.source, fields.payload) == (None, b"")
