"""Packets that cost much to print, to take apart, or to remember."""

import struct

from bombs.pieces import Bomb, on_one_interface
from savefiles import UDP, packet

ETHERNET = UDP[:12]
QUIC_INITIAL = bytes.fromhex("c000000001 08 0001020304050607 00 00 4496")


def ethernet(kind: int, data: bytes) -> bytes:
    return ETHERNET + struct.pack("!H", kind) + data


def ip(protocol: int, data: bytes, *, number: int = 0, fragment: int = 0) -> bytes:
    return struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(data), number & 0xFFFF, fragment, 64, protocol, 0, number,
                       0x0A000001) + data


def ip6(protocol: int, data: bytes) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(data), protocol, 64) + bytes(32) + data


def over_ip(protocol: int, data: bytes, number: int = 0) -> bytes:
    return packet(ethernet(0x0800, ip(protocol, data, number=number)))


def udp(port: int, data: bytes, number: int = 0, source: int = 1000) -> bytes:
    return over_ip(17, struct.pack("!HHHH", source, port, 8 + len(data), 0) + data, number)


def tcp_header(number: int, sequence: int, flags: int, options: bytes = b"", port: int = 80) -> bytes:
    return struct.pack("!HHIIBBHHH", 1024 + number % 60000, port, sequence, 1, (20 + len(options)) * 4, flags, 1000, 0,
                       0) + options


def tcp(port: int, data: bytes, *, number: int = 0, sequence: int = 1, flags: int = 0x18,
        options: bytes = b"") -> bytes:
    return over_ip(6, tcp_header(number, sequence, flags, options, port) + data, number // 60000)


def dns(number: int) -> bytes:
    """Answers whose names are all the same long one, by a pointer to it."""
    name = b"".join(bytes([60]) + b"a" * 60 for _ in range(4)) + b"\0"
    message = struct.pack("!HHHHHH", number & 0xFFFF, 0x8180, 1, 600, 0, 0) + name + struct.pack("!HH", 1, 1)
    message += (b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 1, 2) + b"\xc0\x0c") * 600
    return udp(1000, message, source=53)


def dns_pointers(number: int) -> bytes:
    """Names that are chains of pointers to pointers."""
    message = struct.pack("!HHHHHH", number & 0xFFFF, 0x8180, 0, 4000, 0, 0) + b"\1a\0"
    at, before = 15, 12
    for _ in range(1000):
        message += b"\1b" + struct.pack("!HHHIH", 0xC000 | before, 1, 1, 1, 0)
        at, before = at + 14, at
    return udp(1000, message, source=53)


def inside(data: bytes, header, times: int) -> bytes:
    for _ in range(times):
        data = header(data)
    return data


def gre(data: bytes) -> bytes:
    return ip(47, struct.pack("!HH", 0, 0x0800) + data)


def vxlan(data: bytes) -> bytes:
    data = struct.pack("!II", 0x08000000, 0) + ethernet(0x0800, data)
    return ip(17, struct.pack("!HHHH", 1, 4789, 8 + len(data), 0) + data)


def ber(number: int) -> bytes:
    """A get request of many variables."""
    variables = b"\x30\x05\x06\x01\x2b\x05\x00" * 120
    variables = b"\x30\x82" + struct.pack("!H", len(variables)) + variables
    pdu = b"\x02\x01\1\x02\x01\0\x02\x01\0" + variables
    pdu = b"\xa0\x82" + struct.pack("!H", len(pdu)) + pdu
    message = b"\x02\x01\x01\x04\x06public" + pdu
    return udp(161, b"\x30\x82" + struct.pack("!H", len(message)) + message)


def ospf(number: int) -> bytes:
    """An update of many router links."""
    links = struct.pack("!IIBBH", 1, 2, 3, 0, 1) * 4000
    lsa = struct.pack("!HBBIIIHHBBH", 1, 0, 1, 1, 1, number, 0, 24 + len(links), 0, 0, 4000) + links
    body = struct.pack("!I", 1) + lsa
    return over_ip(89, struct.pack("!BBHIIHHQ", 2, 4, 24 + len(body), 1, 0, 0, 0, 0) + body)


def bgp(number: int) -> bytes:
    """Updates that withdraw as many short prefixes as fit."""
    withdrawn = b"\0" * 4000
    update = b"\xff" * 16 + struct.pack("!HBH", 23 + len(withdrawn), 2, len(withdrawn)) + withdrawn + b"\0\0"
    return tcp(179, update * 15, number=number)


def isis(number: int) -> bytes:
    tlvs = b"\x02\0" * 700
    pdu = bytes([0x83, 27, 1, 0, 18, 1, 0, 0]) + struct.pack("!HH", 27 + len(tlvs), 1000) + bytes(15) + tlvs
    return packet(ETHERNET + struct.pack("!H", 3 + len(pdu)) + b"\xfe\xfe\x03" + pdu)


def quic(number: int) -> bytes:
    """A first packet of a connection of its own, as short as a server would take it."""
    connection = number.to_bytes(8, "big")
    head = b"\xc0\0\0\0\1\x08" + connection + b"\0\0" + struct.pack("!H", 0x4000 | 1178)
    return udp(443, head + bytes(1178), number)


def short_quic(number: int) -> bytes:
    head = b"\xc0\0\0\0\1\x08" + number.to_bytes(8, "big") + b"\0\0" + struct.pack("!H", 0x4000 | 30)
    return udp(443, head + bytes(30), number)


def client_hello(number: int) -> bytes:
    hello = b"\x03\x03" + number.to_bytes(32, "big") + b"\0\0\2\x13\x01\1\0"
    record = b"\x01" + len(hello).to_bytes(3, "big") + hello
    return tcp(443, b"\x16\x03\x01" + struct.pack("!H", len(record)) + record, number=number)


BOMBS: dict[str, Bomb] = {
    **{f"smallest packets of link type {kind}": on_one_interface(lambda n: packet(bytes(4)), kind)
       for kind in (0, 1, 6, 9, 10, 50, 51, 101, 104, 105, 108, 109, 113, 117, 127, 147, 149, 187, 192, 195, 220, 228,
                    229, 239, 251, 252, 258, 276, 290, 65535)},
    **{f"smallest IP packets of protocol {kind}": on_one_interface(lambda n, kind=kind: over_ip(kind, bytes(8), n))
       for kind in (0, 1, 2, 4, 6, 17, 33, 41, 46, 47, 50, 51, 58, 88, 89, 103, 108, 112, 115, 132, 255)},
    "names by pointers": on_one_interface(dns),
    "names by chains of pointers": on_one_interface(dns_pointers),
    "questions": on_one_interface(lambda n: udp(
        53, struct.pack("!HHHHHH", n & 0xFFFF, 0, 8000, 0, 0, 0) + b"\0\0\1\0\1" * 8000)),
    "addresses in answers": on_one_interface(lambda n: udp(
        1000, struct.pack("!HHHHHH", n & 0xFFFF, 0x8180, 0, 3000, 0, 0) + b"\0\0\1\0\1\0\0\0\1\0\4abcd" * 3000,
        source=53)),
    "texts in answers": on_one_interface(lambda n: udp(
        1000, struct.pack("!HHHHHH", n & 0xFFFF, 0x8180, 0, 1, 0, 0) + b"\0\0\x10\0\1\0\0\0\1\xf0\0" + b"\0" * 0xf000,
        source=53)),
    "tunnels in tunnels": on_one_interface(
        lambda n: packet(ethernet(0x0800, inside(n.to_bytes(4), lambda data: ip(4, data), 60)))),
    "GRE in GRE": on_one_interface(lambda n: packet(ethernet(0x0800, inside(n.to_bytes(4), gre, 60)))),
    "VXLAN in VXLAN": on_one_interface(lambda n: packet(ethernet(0x0800, inside(n.to_bytes(4), vxlan, 60)))),
    "VLAN tags": on_one_interface(lambda n: packet(ETHERNET + b"\x81\0\0\1" * 16000)),
    "MPLS labels": on_one_interface(lambda n: packet(ethernet(0x8847, bytes(4) * 16000))),
    "headers of IPv6": on_one_interface(lambda n: packet(ethernet(0x86DD, ip6(60, b"\x3c\0\1\4\0\0\0\0" * 8000)))),
    "options of IPv6": on_one_interface(
        lambda n: packet(ethernet(0x86DD, ip6(0, (b"\x3b\xff" + b"\0" * 2046) + bytes(100))))),
    "options of IPv4": on_one_interface(lambda n: packet(ethernet(0x0800, b"\x4f" + ip(17, b"\1" * 40)[1:]))),
    "options of TCP": on_one_interface(lambda n: tcp(80, b"", number=n, options=b"\1" * 40)),
    "unknown options of TCP": on_one_interface(lambda n: tcp(80, b"", number=n, options=b"\xfa\2" * 20)),
    "fragments": on_one_interface(
        lambda n: packet(ethernet(0x0800, ip(17, b"a", number=n, fragment=0x2000 | n & 0x1FFF)))),
    "connections of a packet": on_one_interface(lambda n: tcp(80, b"", number=n, flags=2)),
    "streams with gaps": on_one_interface(lambda n: tcp(80, b"a", number=n % 1000, sequence=3 * n)),
    "a stream backwards": on_one_interface(lambda n: tcp(443, b"a", sequence=(1 << 31) - 2 * n)),
    "a stream of bytes": on_one_interface(lambda n: tcp(443, b"\x16", sequence=n + 1)),
    "overlapping segments": on_one_interface(lambda n: tcp(443, bytes(1000), sequence=n + 1)),
    "short TLS records": on_one_interface(lambda n: tcp(443, b"\x17\3\3\0\1a" * 10000, sequence=n * 60000 + 1)),
    "empty TLS records": on_one_interface(lambda n: tcp(443, b"\x17\3\3\0\0" * 10000, sequence=n * 50000 + 1)),
    "client hellos": on_one_interface(client_hello),
    "QUIC connections": on_one_interface(quic),
    "short QUIC connections": on_one_interface(short_quic),
    "requests of HTTP": on_one_interface(lambda n: tcp(80, b"GET / HTTP/1.1\r\n\r\n" * 3000, sequence=n * 54000 + 1)),
    "header lines of HTTP": on_one_interface(
        lambda n: tcp(80, b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 15000, sequence=n * 60016 + 1)),
    "an endless header of HTTP": on_one_interface(lambda n: tcp(80, b"a" * 1000, sequence=n * 1000 + 1)),
    "lines of RESP": on_one_interface(lambda n: tcp(6379, b"+\r\n" * 20000)),
    "nested arrays of RESP": on_one_interface(lambda n: tcp(6379, b"*1\r\n" * 15000)),
    "empty bulk strings of RESP": on_one_interface(lambda n: tcp(6379, b"*9999\r\n" + b"$0\r\n\r\n" * 9999)),
    "lines of SMTP": on_one_interface(lambda n: tcp(25, b"\r\n" * 30000)),
    "line feeds of HTTP": on_one_interface(lambda n: tcp(80, b"GET /\n" * 10000)),
    "commands of telnet": on_one_interface(lambda n: tcp(23, b"\xff\xf1" * 30000)),
    "updates of BGP": on_one_interface(bgp),
    "links of OSPF": on_one_interface(ospf),
    "TLVs of IS-IS": on_one_interface(isis),
    "variables of SNMP": on_one_interface(ber),
    "attributes of RADIUS": on_one_interface(
        lambda n: udp(1812, struct.pack("!BBH", 1, 0, 20 + 4000) + bytes(16) + b"\x01\x02" * 2000)),
    "options of DHCP": on_one_interface(
        lambda n: udp(67, b"\1\1\6\0" + bytes(232) + b"\x63\x82\x53\x63" + b"\x0c\0" * 600, source=68)),
    "options of DHCPv6": on_one_interface(lambda n: packet(ethernet(0x86DD, ip6(17, struct.pack(
        "!HHHH", 546, 547, 8 + 16004, 0) + b"\1\0\0\0" + b"\0\x08\0\0" * 4000)))),
    "chunks of SCTP": on_one_interface(lambda n: over_ip(132, bytes(12) + b"\x0b\0\0\4" * 15000)),
    "groups of IGMP": on_one_interface(
        lambda n: over_ip(2, struct.pack("!BBHHH", 0x22, 0, 0, 0, 8000) + bytes(8) * 7000)),
    "routes of RIP": on_one_interface(
        lambda n: udp(520, b"\2\2\0\0" + struct.pack("!HHIIII", 2, 0, 1, 2, 3, 1) * 3000)),
    "options of neighbours": on_one_interface(
        lambda n: packet(ethernet(0x86DD, ip6(58, b"\x86\0\0\0" + bytes(12) + b"\x01\x01" + bytes(6)) + (
            b"\x01\x01" + bytes(6)) * 8000))),
    "ARP": on_one_interface(lambda n: packet(ethernet(0x0806, b"\0\1\x08\0\6\4\0\1" + bytes(20)))),
    "LLDP": on_one_interface(lambda n: packet(ethernet(0x88CC, b"\x08\0" * 700))),
    "names by many questions": on_one_interface(lambda n: udp(
        53, struct.pack("!HHHHHH", n & 0xFFFF, 0x100, 1, 0, 0, 0) + b"\x08%08d\0\0\1\0\1" % n, n)),
    "addresses of many names": on_one_interface(lambda n: udp(
        1000, struct.pack("!HHHHHH", n & 0xFFFF, 0x8180, 1, 1, 0, 0) + b"\x08%08d\0\0\1\0\1" % n
        + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + n.to_bytes(4), n, source=53)),
}
