"""Packets of nothing but the smallest parts that a printer knows: options, elements, prefixes, names."""

import struct

from bombs.packets import ethernet, ip6, over_ip, tcp, udp
from bombs.pieces import Bomb, on_one_interface
from savefiles import packet


def each(data: bytes, linktype: int = 1) -> Bomb:
    return on_one_interface(lambda n: data, linktype)


def over_udp6(port: int, data: bytes) -> bytes:
    return packet(ethernet(0x86DD, ip6(17, struct.pack("!HHHH", 1000, port, 8 + len(data), 0) + data)))


def of_bgp(kind: int, data: bytes) -> bytes:
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(data), kind) + data


def updates(attributes: bytes) -> Bomb:
    return each(tcp(179, of_bgp(2, b"\0\0" + struct.pack("!H", len(attributes)) + attributes) * 15))


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("!BBH", 0x50, kind, len(data)) + data


def ber(tag: int, data: bytes) -> bytes:
    return bytes([tag, 0x82]) + struct.pack("!H", len(data)) + data


def variables(data: bytes) -> Bomb:
    pdu = ber(0xA2, b"\x02\x01\1\x02\x01\0\x02\x01\0" + ber(0x30, data))
    return each(udp(161, ber(0x30, b"\2\1\1\4\6public" + pdu)))


def of_radius(attributes: bytes) -> Bomb:
    return each(udp(1812, struct.pack("!BBH", 1, 0, 20 + len(attributes)) + bytes(16) + attributes))


def of_dhcp(options: bytes) -> Bomb:
    return each(udp(67, b"\1\1\6\0" + bytes(232) + b"\x63\x82\x53\x63" + options, source=68))


def of_ppp(protocol: int, options: bytes) -> Bomb:
    return each(packet(struct.pack("!HBBH", protocol, 1, 1, 4 + len(options)) + options), 9)


def of_dccp(options: bytes) -> Bomb:
    return each(over_ip(33, bytes(4) + b"\xff\0\0\0\4" + bytes(3) + options))


BOMBS: dict[str, Bomb] = {
    "attributes of BGP": updates(b"\0\1\0" * 1300),
    "segments of BGP's paths": updates(attribute(2, b"\1\0" * 2000)),
    "prefixes of IPv6 in BGP": updates(attribute(15, b"\0\2\1" + bytes(3900))),
    "capabilities of BGP": each(tcp(179, of_bgp(1, bytes(9) + b"\xff\2\xfd" + b"\2\0" * 126) * 200)),
    "no marker of BGP": each(tcp(179, b"\xfe" * 60000)),
    "empty variables of SNMP": variables(b"\x30\4\6\0\5\0" * 10000),
    "long names of SNMP": variables(ber(0x30, ber(6, b"\x2b\6\1\2\1" + bytes(8000)) + b"\5\0") * 7),
    "attributes of RADIUS of a wrong length": of_radius(b"\6\3\1" * 20000),
    "vendors' attributes of RADIUS": of_radius((b"\x1a\xfe" + bytes(4) + b"\1\2" * 124) * 230),
    "options of DHCP with a byte": of_dhcp(b"\x0d\1a" * 20000),
    "padding and options of DHCP": of_dhcp(b"\0\x0c\0" * 20000),
    "names of DHCPv6": each(over_udp6(547, b"\1\0\0\0\0\x18\xe0\0" + bytes(0xE000))),
    "routes of RIPng": each(over_udp6(521, b"\2\1\0\0" + bytes(20) * 3000)),
    "options of LCP": of_ppp(0xC021, b"\3\2" * 30000),
    "options of IPCP": of_ppp(0x8021, b"\x63\2" * 30000),
    "capabilities of LLDP": each(packet(ethernet(0x88CC, b"\x0e\4\xff\xff\xff\xff" * 10000))),
    "ports in LLDP": each(packet(ethernet(0x88CC, b"\xfe\x09\0\x12\x0f\1\xff\xff\xff\xff\xff" * 5000))),
    "names in LLDP": each(packet(ethernet(0x88CC, b"\x0a\1a" * 20000))),
    "elements of LACP": each(packet(ethernet(0x8809, b"\1\1" + b"\4\2" * 30000))),
    "information of OAM": each(packet(ethernet(0x8809, b"\3\0\0\0" + b"\4\2" * 30000))),
    "options of DCCP": of_dccp(bytes(1008)),
    "long options of DCCP": of_dccp(b"\x20\2" * 504),
    "options of RPL": each(packet(ethernet(0x86DD, ip6(58, b"\x9b\1\0\0" + bytes(24) + b"\1\0" * 30000)))),
    "elements of EIGRP": each(over_ip(88, b"\2\1" + bytes(18) + b"\0\1\0\4" * 15000)),
    "options of PIM": each(over_ip(103, b"\x20\0\0\0" + b"\0\1\0\2\xff\xff" * 10000)),
    "options of TFTP": each(udp(69, b"\0\6" + b"a\0" * 30000)),
    "AVPs of L2TP": each(udp(1701, b"\xc0\2\xea\x68" + bytes(4) + b"\0\6\0\1\0\x63" * 10000)),
    "PDUs of LDP": each(udp(646, b"\0\1\0\0" * 15000)),
    "elements of Babel": each(udp(6696, b"\x2a\2\xea\x60" + bytes(60000))),
    "a long field of Zephyr": each(udp(2103, b"ZEPH0.2\0" + b"\0" * 7 + b"\x80" * 60000 + b"\0" * 9)),
    "names of Kerberos": each(udp(750, b"\4\2" + b"\x80" * 60000 + b"\0\0\0")),
    "fields of Zephyr": each(udp(2103, b"ZEPH0.2\0" + bytes(60000))),
}
