"""Link layers and what stands directly on them. Expected texts are those of tcpdump 4.99.3 where it agrees with
tcpdump's master, otherwise they follow the cited standards."""

import struct

import pytest

from ptcpdump.printers.base import core, families

families.load()

MACS = bytes.fromhex("0102030405060708090a0b0c")
SHOWN = "07:08:09:0a:0b:0c > 01:02:03:04:05:06"
ARP = bytes.fromhex("0001080006040001 0708090a0b0c 7f000001 000000000000 7f000002")
FOREIGN = 162     # LINKTYPE_USER15, which nothing prints
QUESTION = "Request who-has 127.0.0.2 tell 127.0.0.1, length 28"


def text(linktype: int, data: bytes | str, **options: int) -> str:
    data = bytes.fromhex(data) if isinstance(data, str) else data
    return core.render(data, linktype, **options).decode("ascii")


def ethernet(kind: int, payload: bytes | str) -> bytes:
    payload = bytes.fromhex(payload) if isinstance(payload, str) else payload
    return MACS + struct.pack(">H", kind) + payload


ETHERNET = [
    (ethernet(0x0806, ARP), {}, f"ARP, {QUESTION}"),
    (ethernet(0x0806, ARP), {"link_header": 1}, f"{SHOWN}, ethertype ARP (0x0806), length 42: {QUESTION}"),
    (ethernet(0x0806, ARP), {"link_header": 1, "quiet": 1}, f"{SHOWN}, ARP, length 42: {QUESTION}"),
    (ethernet(0x88A8, bytes.fromhex("00c8 8100 27d1 0806") + ARP), {"link_header": 1},
     f"{SHOWN}, ethertype 802.1Q-QinQ (0x88a8), length 50: vlan 200, p 0, ethertype 802.1Q (0x8100), vlan 2001, p 1, "
     f"ethertype ARP (0x0806), {QUESTION}"),
    (ethernet(0x8100, bytes.fromhex("3001 0806") + ARP), {"link_header": 1},
     f"{SHOWN}, ethertype 802.1Q (0x8100), length 46: vlan 1, p 1, DEI, ethertype ARP (0x0806), {QUESTION}"),
    (ethernet(0x8100, "30"), {}, " [|vlan]"),
    (MACS, {}, " [|ether]"),
    (ethernet(0x9999, b"abc"), {},
     f"{SHOWN}, ethertype Unknown (0x9999), length 17: \n\t0x0000:  6162 63" + " " * 34 + "abc"),
    (ethernet(0x9999, b"abc"), {"hex": 1},
     f"{SHOWN}, ethertype Unknown (0x9999), length 17: \n\t0x0000:  6162 63"),
    (ethernet(0x9999, b"abc"), {"quiet": 1}, f"{SHOWN}, Unknown Ethertype (0x9999), length 17: "),
    (ethernet(0x88E5, "0c0000000001" + "00" * 4), {},
     f"{SHOWN} 802.1AE MACsec, an 0, pn 1, flags EC, \n\t0x0000:  0000 0000" + " " * 32 + "...."),
    (ethernet(0x88E5, bytes.fromhex("000000000001 0806") + ARP + bytes(16)), {}, f"ARP, {QUESTION}"),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "options", "expected"), ETHERNET)
def test_ethernet(frame: bytes, options: dict[str, int], expected: str) -> None:
    assert text(1, frame, **options) == expected


LLC = [
    ("0010 020203" + "00" * 13, {"quiet": 1}, f"{SHOWN} 802.1B I Unnumbered, ui, Flags [Command], length 16"),
    ("0003 0606af", {"link_header": 1},
     f"{SHOWN}, 802.3, length 3: LLC, dsap IP (0x06) Individual, ssap IP (0x06) Command, ctrl 0xaf: "
     "Unnumbered, xid, Flags [Command], length 3"),
    ("0006 0607af810100", {}, f"{SHOWN} IP Unnumbered, xid, Flags [Response], length 6: 01 00"),
    ("0004 06060105", {}, f"{SHOWN} IP Supervisory, Receiver Ready, rcv seq 2, Flags [Poll], length 4"),
    ("0006 aaaa03000000", {}, " [|snap]"),
    ("0024 aaaa03 000000 0806" + ARP.hex(), {}, f"ARP, {QUESTION}"),
    ("0010 aaaa03 00000c 9999" + "00" * 8, {"quiet": 1},
     f"{SHOWN} SNAP, oui Cisco (0x00000c), pid Unknown (0x9999), length 8: "),
]  # fmt: skip


@pytest.mark.parametrize(("rest", "options", "expected"), LLC)
def test_llc(rest: str, options: dict[str, int], expected: str) -> None:
    assert text(1, MACS + bytes.fromhex(rest), **options) == expected


ARPS = [
    ("0001 0800 06 04 0002 0708090a0b0c 01020304 010203040506 05060708",
     "Reply 1.2.3.4 is-at 07:08:09:0a:0b:0c, length 28"),
    ("0001 0800 06 04 0003 0708090a0b0c 01020304 010203040506 05060708",
     "Reverse Request who-is 01:02:03:04:05:06 tell 07:08:09:0a:0b:0c, length 28"),
    ("0001 0800 06 04 0008 0708090a0b0c 01020304 010203040506 05060708",
     "Inverse Request who-is 01:02:03:04:05:06 tell 07:08:09:0a:0b:0c, length 28"),
    ("000f 0800 02 04 0009 1841 01020304 2c51 05060708", "Inverse Reply DLCI 100 at 1.2.3.4, length 20"),
    ("0001 86dd 06 10 0001" + "00" * 44, "Ethernet (len 6), IPv6 (len 16), length 52"),
    ("0013 0800 02 00 000a 04 00 00 04 0001 01020304 05060708",
     "NACK Reply for 1.2.3.4, length 22"),
]  # fmt: skip


@pytest.mark.parametrize(("packet", "expected"), ARPS)
def test_arp(packet: str, expected: str) -> None:
    assert text(1, ethernet(0x0806, packet)) == f"ARP, {expected}"


def test_arp_cut_anywhere() -> None:
    for size in range(1, len(ARP)):
        assert core.render(ethernet(0x0806, ARP[:size]), 1, 42) == b" [|arp]"


def test_cooked() -> None:
    sll = bytes.fromhex("0004 0001 0006 0102030405060000 0806") + ARP
    assert text(113, sll) == f"ARP, {QUESTION}"
    assert text(113, sll, link_header=1) == f"Out 01:02:03:04:05:06 ethertype ARP (0x0806), length 44: {QUESTION}"
    sll2 = bytes.fromhex("0806 0000 7ffffffe 0001 00 06 0102030405060000") + ARP
    assert text(276, sll2) == f"?     In  ARP, {QUESTION}"
    assert text(276, sll2, link_header=1) == (
        f"?     In  ifindex 2147483646 01:02:03:04:05:06 ethertype ARP (0x0806), length 48: {QUESTION}")


def test_loopback() -> None:
    for linktype in (0, 108):
        for order in ("<", ">"):
            unknown = struct.pack(order + "I", 99) + b"abcd"
            assert text(linktype, unknown, quiet=1) == "Unknown AF 99, length 8: "
    assert text(0, "0200") == " [|null]"


def test_unknown_link_type() -> None:
    assert text(FOREIGN, b"ab\x00") == "UNSUPPORTED\n\t0x0000:  6162 00" + " " * 34 + "ab."
    assert text(FOREIGN, b"ab\x00", hex=1) == "UNSUPPORTED\n\t0x0000:  6162 00"


def test_ascii_dump_drops_carriage_returns_at_ends_of_lines() -> None:
    assert text(FOREIGN, b"a\r\nb\tc\rdd\x00\xff\r", ascii=1).partition("c")[2] == ".dd.."


def test_dump_without_and_with_link_header() -> None:
    frame = ethernet(0x0806, ARP)
    assert text(1, frame, hex=1).splitlines()[1] == "\t0x0000:  0001 0800 0604 0001 0708 090a 0b0c 7f00"
    assert text(1, frame, hex=2).splitlines()[1] == "\t0x0000:  0102 0304 0506 0708 090a 0b0c 0806 0001"


def test_mpls() -> None:
    assert text(1, ethernet(0x8847, "00064140 99"), hex=1).startswith("MPLS (label 100, tc 0, [S], ttl 64)")
    assert text(1, ethernet(0x8847, "0006")) == "MPLS (invalid)"


def test_pppoe() -> None:
    padi = "1109 0000 000c 01010000 01030004 c8c9cacb"
    assert text(1, ethernet(0x8863, padi)) == "PPPoE PADI [Service-Name] [Host-Uniq 0xC8C9CACB]"
    session = "1100 1234 000a c021 09 07 0008 deadbeef"
    assert text(1, ethernet(0x8864, session)) == (
        "PPPoE  [ses 0x1234] LCP, Echo-Request (0x09), id 7, length 10")


def test_ppp_options() -> None:
    request = "ff03 c021 01 07 000e 010405dc 0506deadbeef"
    assert text(9, request, verbose=1) == (
        "LCP, Conf-Request (0x01), id 7, length 16\n\tencoded length 14 (=Option(s) length 10)\n"
        "\t  MRU Option (0x01), length 4: 1500\n\t  Magic-Num Option (0x05), length 6: 0xdeadbeef")


def test_spanning_tree() -> None:
    bpdu = "0026 424203 0000 00 00 81 8000000102030405 00000004 8001111213141516 8002 0100 1400 0200 0f00"
    assert text(1, MACS + bytes.fromhex(bpdu)) == (
        "STP 802.1d, Config, Flags [Topology change, Topology change ACK], "
        "bridge-id 8001.11:12:13:14:15:16.8002, length 35")


def test_discovery() -> None:
    lldp = "0207 04010203040506 0405 0565746830 0602 0078 0a04 686f7374 0000"
    assert text(1, ethernet(0x88CC, lldp)) == "LLDP, length 28: host"
    cdp = "aaaa03 00000c 2000 02b4 1234 0001 000b 73776974636831"
    assert text(1, ethernet(0x0017, cdp)) == "CDPv2, ttl: 180s, Device-ID 'switch1', length 15"


def test_slow_and_eapol() -> None:
    assert text(1, ethernet(0x8809, "0101 0000")) == "LACPv1, length 4"
    assert text(1, ethernet(0x888E, "01 01 0000")) == "EAPOL start (1) v1, len 0"
    assert text(1, ethernet(0x888E, "02 00 0009 02 01 0009 01 75736572"), verbose=1) == (
        "EAP packet (0) v2, len 9, Response (2), id 1, len 9\n\t\t Type Identity (1), Identity: user")
